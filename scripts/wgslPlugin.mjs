import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { ResourceType, WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';

/*
 * Imports a `.wgsl` file as code plus what wgsl_reflect finds in it: bindings, uniform layouts, entry points. Nobody
 * counts bindings or byte offsets by hand. The result is the WgslModule of core/webgpu/kernel.ts.
 */

/** Scalars that uniforms may hold, by the letter that ends a vector's short name (vec4u). */
const SCALARS = { u: 'u32', i: 'i32', f: 'f32' };

function scalarOf(typeName) {
  const scalar = /\b([uif]32)\b/.exec(typeName)?.[1] ?? SCALARS[/vec[234]([uif])\b/.exec(typeName)?.[1]];
  if (!scalar) throw new Error(`uniforms hold u32, i32 and f32, alone, in vectors or in arrays of vectors, not ${typeName}`);
  return scalar;
}

function describeBinding(variable) {
  const uniform = variable.resourceType === ResourceType.Uniform;
  const kind = uniform ? 'uniform' : variable.access === 'read_write' ? 'read_write' : 'read';
  const { name, group, binding } = variable;
  return { name, group, binding, kind };
}

function describeUniform(variable) {
  const members = (variable.members ?? []).map((member) => ({
    name: member.name,
    offset: member.offset,
    type: scalarOf(member.type.getTypeName()),
    count: member.size / 4,
  }));
  return { size: variable.size, members };
}

/** The workgroup size as written: wgsl_reflect evaluates names, the engine must be able to change them. */
function workgroupSizes(code) {
  const sizes = {};
  for (const [, inside, name] of code.matchAll(/@workgroup_size\(([^)]*)\)\s*fn\s+(\w+)/g)) {
    sizes[name] = inside.split(',').map((part) => (/^\s*\d+u?\s*$/.test(part) ? parseInt(part, 10) : part.trim()));
  }
  return sizes;
}

function describeOverrides(code) {
  const found = code.matchAll(/(?:@id\((\d+)\)\s*)?override\s+(\w+)\s*:\s*(\w+)/g);
  return [...found].map(([, id, name, type]) => (id === undefined ? { name, type } : { name, type, id: Number(id) }));
}

/** Lines marked `// tile`: constants and aliases that a launch may rewrite. */
function describeTiles(code) {
  const found = code.matchAll(/^\s*(?:const|alias)\s+(\w+)(?:\s*:\s*\w+)?\s*=\s*([^;]+);\s*\/\/ tile\b/gm);
  return [...found].map(([, name, value]) => ({ name, value: /^\d+u?$/.test(value) ? parseInt(value, 10) : value }));
}

function check(code, bindings) {
  if (!/^\/\/ \S/.test(code)) throw new Error('the file must open with a comment that says what it computes');
  const places = new Set();
  for (const { name, group, binding, kind } of bindings) {
    if (group !== 0) throw new Error(`${name}: bindings live in group 0, not ${group}`);
    if (places.has(binding)) throw new Error(`${name}: binding ${binding} is taken already`);
    if (kind === 'uniform' && name !== 'params') throw new Error(`the uniform is named params, not ${name}`);
    places.add(binding);
  }
}

/** Reflects one shader. Throws with the reason if it does not parse or breaks a rule of the house. */
export function reflectWgsl(code, name) {
  const reflection = new WgslReflect(code);
  const variables = [...reflection.uniforms, ...reflection.storage];
  const bindings = variables.map(describeBinding);
  check(code, bindings);
  const sizes = workgroupSizes(code);
  const entryPoints = Object.fromEntries(
    reflection.entry.compute.map((entry) => [
      entry.name,
      { workgroupSize: sizes[entry.name], bindings: entry.resources.map((resource) => resource.name) },
    ]),
  );
  const uniforms = Object.fromEntries(reflection.uniforms.map((variable) => [variable.name, describeUniform(variable)]));
  return { name, code, entryPoints, bindings, uniforms, overrides: describeOverrides(code), tiles: describeTiles(code) };
}

/** The esbuild plugin. */
export const wgslPlugin = {
  name: 'wgsl',
  setup(build) {
    build.onLoad({ filter: /\.wgsl$/ }, async ({ path }) => {
      const code = await readFile(path, 'utf8');
      try {
        const module = reflectWgsl(code, relative(process.cwd(), path));
        return { loader: 'json', contents: JSON.stringify(module), watchFiles: [path] };
      } catch (error) {
        const text = String(error.message ?? error);
        return { errors: [{ text, location: { file: path, line: Number(/Line: (\d+)/.exec(text)?.[1] ?? 1) } }] };
      }
    });
  },
};
