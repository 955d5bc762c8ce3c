import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Operand } from '../core/backend.js';
import { DTypeError, DeviceError, TapegradError } from '../core/errors.js';
import type { Launch } from '../core/webgpu/kernel.js';
import { packParams } from '../core/webgpu/uniforms.js';
import { throwsError } from './fixtures/expect.js';
import { Harness, axpb, axpbModule, lastOfTable } from './fixtures/webgpuOps.js';

const test = suite('webgpu: launch');
let h: Harness;
let x: Operand;

test.before(async () => {
  h = await Harness.open();
  x = h.upload(Float32Array.of(1, 2, 3));
});
test.after(() => {
  x.storage.release();
  assert.is(h.backend.memory().liveBytes, 0, 'a test left memory behind');
  h.backend.destroy();
});

/** Runs, reads and releases. */
async function values(operand: Operand): Promise<number[]> {
  const result = await h.read(operand);
  operand.storage.release();
  return result;
}

test('overrides specialise', async () => {
  assert.equal(await values(h.axpb(x, { scale: 2 })), [2, 4, 6]);
  assert.equal(await values(h.axpb(x, { scale: 2, launch: { overrides: { SIGN: -1 } } })), [-2, -4, -6]);
  throwsError(() => h.axpb(x, { launch: { overrides: { COLOUR: 1 } } }), TapegradError, /^axpb: .*axpb.wgsl declares no override COLOUR/);
});

test('tiles are rewritten by name, and only marked ones', async () => {
  const y = h.upload(Float32Array.of(1.75, -1.75));
  assert.equal(await values(h.axpb(y, { launch: { tiles: { Element: 'i32' } } })), [1, -1]);
  assert.equal(await values(h.axpb(y, { launch: { tiles: { WIDTH: 1 }, workgroups: [2, 1, 1] } })), [1.75, -1.75]);
  y.storage.release();
  throwsError(() => h.axpb(x, { launch: { tiles: { DEPTH: 4 } } }), TapegradError, /^axpb: .* no constant DEPTH marked '\/\/ tile' \(there is: WIDTH, Element\)/);
  throwsError(() => h.axpb(x, { launch: { tiles: { SIGN: 4 } } }), TapegradError, /no constant SIGN/);
});

test('grids past 65,535 workgroups fold', async () => {
  const count = 70_001;
  const state = h.upload(new Float32Array(count).fill(1));
  const step = h.upload(Float32Array.from({ length: count }, (_, i) => i));
  h.accumulate(state, step);
  assert.equal(await values(state), Array.from({ length: count }, (_, i) => i + 1));
  step.storage.release();
});

test('a grid that the adapter does not take is refused', () => {
  const grids: [number, number, number][] = [[65_536, 1, 1], [1, 70_000, 1], [1, 1, 1.5], [-1, 1, 1]];
  for (const workgroups of grids) {
    throwsError(() => h.axpb(x, { launch: { workgroups } }), DeviceError, /^axpb: .* wants a grid of \[.*fold it with foldGrid/);
  }
});

test('parameters: every member, no other, whole numbers where whole numbers belong', () => {
  const params = { count: 3, offset: 0, scale: 1, unused: [0, 0, 0, 0] };
  const launch = (changed: Record<string, number | number[]>) => () => h.axpb(x, { launch: { params: changed } });
  const { scale, ...withoutScale } = params;
  throwsError(launch(withoutScale), TapegradError, /^axpb: params of .*axpb.wgsl: member scale is missing/);
  throwsError(launch({ ...params, sacle: scale }), TapegradError, /there is no member sacle/);
  throwsError(launch({ ...params, unused: [1, 2, 3] }), TapegradError, /member unused takes 4 values, got 3/);
  throwsError(launch({ ...params, scale: [1, 2] }), TapegradError, /member scale takes 1 values, got 2/);
  throwsError(launch({ ...params, count: 2.5 }), TapegradError, /count takes whole numbers from 0 to 4294967295, got 2.5/);
  throwsError(launch({ ...params, count: -1 }), TapegradError, /count takes whole numbers from 0/);
  throwsError(launch({ ...params, count: 2 ** 32 }), TapegradError, /count takes whole numbers from 0/);
  throwsError(launch({ ...params, offset: -(2 ** 31) - 1 }), TapegradError, /offset takes whole numbers from -2147483648/);
  throwsError(launch({ ...params, count: NaN }), TapegradError, /count takes whole numbers/);
  throwsError(() => h.axpb(x, { launch: { params: undefined } }), TapegradError, /member count is missing/);
});

test('parameters are packed at the reflected offsets', () => {
  const bytes = packParams('test', axpbModule, { count: 7, offset: -2, scale: 0.5, unused: [1, 2, 3, 2 ** 32 - 1] }).buffer;
  assert.is(bytes.byteLength, 32);
  assert.equal([...new Uint32Array(bytes, 0, 1), ...new Uint32Array(bytes, 16, 4)], [7, 1, 2, 3, 2 ** 32 - 1]);
  assert.is(new Int32Array(bytes)[1], -2);
  assert.is(new Float32Array(bytes)[2], 0.5);
});

test('a plan runs its launches in order, through scratch memory of its own', async () => {
  const twice = h.axpb(x, {
    scale: 3,
    plan(launch) {
      const first: Launch = { ...launch, bind: { out: 'middle' } };
      const second: Launch = { ...launch, bind: { x: 'middle' } };
      return { scratch: { middle: { shape: [3], dtype: 'float32' } }, launches: [first, second] };
    },
  });
  assert.equal(await values(twice), [9, 18, 27]);
});

test('names that a call does not have, and inputs that must not be written', () => {
  throwsError(() => h.axpb(x, { launch: { bind: { x: 'weight' } } }), TapegradError, /^axpb: .* binds weight; this call has: x, out/);
  throwsError(() => h.axpb(x, { launch: { bind: { out: 'x' } } }), TapegradError, /writes its input x; list it under mutates/);
  throwsError(() => h.axpb(x, { launch: { entryPoint: 'other' } }), TapegradError, /has no entry point other \(there is: main\)/);
});

test('memory that is changed in place must not be read under another name', () => {
  throwsError(() => h.accumulate(x, x), DeviceError, /^accumulate: state is changed in place, so x must not share its memory/);
  const out = { ...x, storage: x.storage };
  throwsError(() => h.backend.run(axpb, [x], [out], {}), DeviceError, /^axpb: out is changed in place, so x must not share/);
});

test('one buffer may be read under two names', async () => {
  const table = h.upload(new Float32Array(64).fill(21));
  const out = { ...x, storage: h.backend.allocate('lastOfTable', x) };
  h.backend.run(lastOfTable, [table, table], [out], {});
  assert.is((await values(out))[0], 42);
  table.storage.release();
});

test('more storage buffers than a kernel may bind', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `x${i}`);
  const module = {
    ...axpbModule,
    entryPoints: { main: { workgroupSize: [1, 1, 1], bindings: names } },
    bindings: names.map((name, binding) => ({ name, group: 0, binding, kind: 'read' as const })),
  };
  throwsError(() => h.axpb(x, { launch: { module } }), DeviceError, /^axpb: .* binds 1000 storage buffers, this adapter allows \d+/);
});

test('a tensor larger than a binding is refused before anything is allocated', () => {
  const length = h.backend.limits.maxStorageBufferBindingSize / 4 + 1;
  const before = h.backend.memory();
  throwsError(
    () => h.backend.allocate('matmul', { shape: [1, length], dtype: 'float32' }), DeviceError,
    new RegExp(`^matmul: a tensor of shape \\[1,${length}\\] takes \\d+ bytes, this adapter binds at most \\d+`),
  );
  assert.equal(h.backend.memory(), before);
});

test('float64 does not exist here', () => {
  assert.not(h.backend.supports('float64'));
  throwsError(() => h.backend.allocate('exp', { shape: [1], dtype: 'float64' }), DTypeError, /^exp: webgpu has no dtype 'float64', it has float32, int32; use one of them, or the device 'cpu'/);
});

test('warmUp compiles ahead', async () => {
  await h.backend.warmUp('axpb', [{ module: axpbModule, overrides: { SIGN: 5 }, workgroups: [1, 1, 1] }]);
  assert.equal(await values(h.axpb(x, { launch: { overrides: { SIGN: 5 } } })), [5, 10, 15]);
});

test.run();
