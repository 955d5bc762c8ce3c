import { TapegradError } from '../errors.js';
import type { Launch, WgslModule } from './kernel.js';

type Member = WgslModule['uniforms'][string]['members'][number];

const RANGES = { u32: [0, 2 ** 32 - 1], i32: [-(2 ** 31), 2 ** 31 - 1] } as const;

/** The bits of a float32. */
const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

/**
 * `params` as 32-bit words, laid out as the WGSL struct behind the uniform `params` expects them. The layout is the one reflected at
 * build time: no offset is counted by hand. Throws when a member is missing, unknown, or has the wrong count or type of values.
 * Called for every launch.
 */
export function packParams(op: string, module: WgslModule, params: NonNullable<Launch['params']>): Uint32Array<ArrayBuffer> {
  const { size, members } = module.uniforms.params;
  const fail = (problem: string): never => {
    throw new TapegradError(`${op}: params of ${module.name}: ${problem}`);
  };
  const words = new Uint32Array(size / 4);
  for (const member of members) {
    const value = params[member.name];
    if (value === undefined) fail(`member ${member.name} is missing`);
    const first = member.offset / 4;
    const count = typeof value === 'number' ? 1 : value.length;
    if (count !== member.count) fail(`member ${member.name} takes ${member.count} values, got ${count}`);
    if (typeof value === 'number') words[first] = wordOf(value, member, fail);
    else for (let i = 0; i < count; i++) words[first + i] = wordOf(value[i], member, fail);
  }
  let given = 0;
  for (const _ in params) given++;
  if (given !== members.length) {
    fail(`there is no member ${Object.keys(params).find((name) => !members.some((member) => member.name === name))}`);
  }
  return words;
}

/** A whole number stands for itself: a Uint32Array keeps its low 32 bits. */
function wordOf(value: number, { name, type }: Member, fail: (problem: string) => never): number {
  if (type === 'f32') {
    if (typeof value !== 'number') fail(`member ${name} takes numbers, got ${value}`);
    float[0] = value;
    return floatBits[0];
  }
  const [low, high] = RANGES[type];
  if (!Number.isInteger(value) || value < low || value > high) {
    fail(`member ${name} takes whole numbers from ${low} to ${high}, got ${value}`);
  }
  return value;
}
