import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DeviceError, DeviceLostError, detectAnomaly, init, shutdown, tensor } from '../index.js';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import { rejectsWith, throwsError } from './fixtures/expect.js';
import { Harness, axpbModule, lastOfTable } from './fixtures/webgpuOps.js';

const test = suite('webgpu: faults');

test('a lost device rejects every pending read at once, and every later call', async () => {
  const h = await Harness.open();
  const x = h.upload(Float32Array.of(1));
  const y = h.axpb(x);
  const pending = [h.read(x), h.read(y), h.backend.synchronize()];
  h.backend.device.destroy();
  for (const promise of pending) await rejectsWith(promise, DeviceLostError, /^(webgpu: the device is gone|read: the device went away)/);
  await rejectsWith(h.read(y), DeviceLostError, /^webgpu: the device is gone \(.+\); call init\(\) again/);
  await rejectsWith(h.backend.synchronize(), DeviceLostError, /the device is gone/);
  await rejectsWith(h.backend.warmUp('axpb', []), DeviceLostError, /the device is gone/);
  throwsError(() => h.upload(Float32Array.of(1)), DeviceLostError, /the device is gone/);
  throwsError(() => h.axpb(x), DeviceLostError, /the device is gone/);
  x.storage.release(); // giving memory back goes on as usual
  y.storage.release();
  assert.is(h.backend.memory().liveBytes, 0);
});

test('destroy() ends everything in the same way', async () => {
  const h = await Harness.open();
  const x = h.upload(Float32Array.of(1));
  await h.settle();
  const pending = h.read(x);
  h.backend.destroy();
  await rejectsWith(pending, DeviceLostError, /the device is gone \(destroyed\)/);
  throwsError(() => h.upload(Float32Array.of(1)), DeviceLostError, /the device is gone \(destroyed\)/);
});

test('of calls of init() that overlap, the last decides', async () => {
  const slow = init({ device: 'webgpu' });
  await init({ device: 'cpu' });
  await slow;
  assert.is(tensor([1]).device, 'cpu');
  shutdown('webgpu');
});

test('anomaly mode ends with what happened to the device, and no read is left without anyone who waits for it', async () => {
  const { backend } = await init({ device: 'webgpu' });
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', note);
  const watched = detectAnomaly(async () => {
    const x = tensor([1, 2]);
    for (let i = 0; i < 5; i++) x.add(i);
    (backend as WebGpuBackend).device.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
  await rejectsWith(watched, DeviceLostError, /the device/);
  await rejectsWith(detectAnomaly(() => { throw new Error('the body\'s own'); }), Error, /^the body's own$/);
  process.off('unhandledRejection', note);
  assert.equal(unhandled, []);
  shutdown('webgpu');
});

test('init() opens another device after a loss; what lived on the lost one is named, and can still be disposed', async () => {
  const first = (await init({ device: 'webgpu' })).backend;
  const before = tensor([1, 2]);
  (first as WebGpuBackend).device.destroy();
  await rejectsWith(before.add(1).data(), DeviceLostError, /call init\(\) again/);
  const second = (await init({ device: 'webgpu' })).backend;
  assert.is.not(second, first);
  const after = tensor([1, 2]);
  assert.equal(await after.add(1).toArray(), [2, 3]);
  throwsError(() => after.add(before), DeviceError, /^add: inputs are on webgpu and another webgpu; one was made before init\(\) opened it anew/);
  before.dispose();
  assert.is((await init({ device: 'webgpu' })).backend, second);
  shutdown('webgpu');
});

test('two calls of init() at once open one device', async () => {
  const [first, second] = await Promise.all([init({ device: 'webgpu' }), init({ device: 'webgpu' })]);
  assert.is(first.backend, second.backend);
  shutdown('webgpu');
});

test('a kernel that does not compile: file and line, at every read that depends on it and no other', async () => {
  const h = await Harness.open();
  const code = axpbModule.code.replace('params.scale', 'params.nonsense');
  const line = code.split('\n').findIndex((text) => text.includes('nonsense')) + 1;
  const x = h.upload(Float32Array.of(1, 2));
  const broken = h.axpb(x, { launch: { module: { ...axpbModule, code } } });
  const after = h.axpb(broken);
  const fine = h.axpb(x, { offset: 1 });
  const message = new RegExp(`^axpb: tests/fixtures/axpb.wgsl:${line}:\\d+: .*nonsense`);
  await rejectsWith(h.read(broken), DeviceError, message);
  await rejectsWith(h.read(after), DeviceError, message);
  assert.equal(await h.read(fine), [2, 3]);
  const module = { ...axpbModule, code };
  await rejectsWith(h.backend.warmUp('axpb', [{ module, workgroups: [1, 1, 1] }]), DeviceError, message);
  const again = h.axpb(x, { launch: { module } });
  await rejectsWith(h.read(again), DeviceError, message);
  h.backend.destroy();
});

test('a pipeline that the device refuses', async () => {
  const h = await Harness.open();
  const x = h.upload(Float32Array.of(1, 2));
  const y = h.axpb(x, { launch: { tiles: { WIDTH: 1 << 20 } } });
  await rejectsWith(h.read(y), DeviceError, /^axpb: tests\/fixtures\/axpb.wgsl, main: .*workgroup/i);
  h.backend.destroy();
});

test('what only the device notices surfaces at the next read, and stays', async () => {
  const h = await Harness.open();
  const short = h.upload(new Float32Array(4));
  const out = { ...short, storage: h.backend.allocate('lastOfTable', short) };
  h.backend.run(lastOfTable, [short, short], [out], {});
  const message = /^webgpu: the device refused a batch: .*lastOfTable/;
  await rejectsWith(h.read(out), DeviceError, message);
  await rejectsWith(h.read(short), DeviceError, message);
  await rejectsWith(h.backend.synchronize(), DeviceError, message);
  h.backend.destroy();
});

test('an error outside any batch surfaces too', async () => {
  const h = await Harness.open();
  const x = h.upload(Float32Array.of(1));
  h.backend.device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  await h.backend.device.queue.onSubmittedWorkDone();
  await rejectsWith(h.read(x), DeviceError, /^webgpu: the device refused a batch: .*usage/i);
  h.backend.destroy();
});

test.run();
