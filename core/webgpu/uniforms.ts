import { TapegradError } from '../errors.js';
import type { Launch, WgslModule } from './kernel.js';

type Layout = WgslModule['uniforms'][string];
type Member = Layout['members'][number];

const RANGES = { u32: [0, 2 ** 32 - 1], i32: [-(2 ** 31), 2 ** 31 - 1] } as const;

/**
 * Writes `params` as the WGSL struct behind the uniform `params` expects it. The layout is the one reflected at build
 * time: no offset is counted by hand. Throws when a member is missing, unknown, or has the wrong count or type of values.
 */
export function packParams(op: string, module: WgslModule, params: NonNullable<Launch['params']>): ArrayBuffer {
  const layout = module.uniforms.params;
  const fail = (problem: string): never => {
    throw new TapegradError(`${op}: params of ${module.name}: ${problem}`);
  };
  const bytes = new ArrayBuffer(layout.size);
  const view = new DataView(bytes);
  for (const member of layout.members) {
    const value = params[member.name];
    if (value === undefined) fail(`member ${member.name} is missing`);
    const values = typeof value === 'number' ? [value] : value;
    if (values.length !== member.count) {
      fail(`member ${member.name} takes ${member.count} values, got ${values.length}`);
    }
    values.forEach((x, i) => writeScalar(view, member, member.offset + 4 * i, x, fail));
  }
  for (const name in params) {
    if (!layout.members.some((member) => member.name === name)) fail(`there is no member ${name}`);
  }
  return bytes;
}

function writeScalar(
  view: DataView, { name, type }: Member, offset: number, value: number, fail: (problem: string) => never,
): void {
  if (type === 'f32') {
    if (typeof value !== 'number') fail(`member ${name} takes numbers, got ${value}`);
    view.setFloat32(offset, value, true);
    return;
  }
  const [low, high] = RANGES[type];
  if (!Number.isInteger(value) || value < low || value > high) {
    fail(`member ${name} takes whole numbers from ${low} to ${high}, got ${value}`);
  }
  if (type === 'u32') view.setUint32(offset, value, true);
  else view.setInt32(offset, value, true);
}
