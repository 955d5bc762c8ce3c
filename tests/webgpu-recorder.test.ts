import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Operand } from '../core/backend.js';
import { Philox } from '../core/random.js';
import { Harness } from './fixtures/webgpuOps.js';

const test = suite('webgpu: recorder');
let h: Harness;

test.before(async () => {
  h = await Harness.open();
});
test.after(() => {
  assert.is(h.backend.memory().liveBytes, 0, 'a test left memory behind');
  h.backend.destroy();
});

test('thousands of launches in one go, each with its own uniforms', async () => {
  const x = h.upload(Float32Array.of(0));
  const outs: Operand[] = [];
  for (let i = 0; i < 3000; i++) outs.push(h.axpb(x, { offset: i }));
  const sum = h.upload(Float32Array.of(0));
  for (const out of outs) h.accumulate(sum, out);
  assert.equal(await h.read(outs[2999]), [2999]);
  assert.equal(await h.read(outs[1234]), [1234]);
  assert.equal(await h.read(sum), [2999 * 1500]);
  for (const operand of [x, sum, ...outs]) operand.storage.release();
});

test('a read gives the values of the moment it was asked for', async () => {
  const x = h.upload(Float32Array.of(1, 2));
  const state = h.upload(Float32Array.of(10, 20));
  const reads = [h.read(state)];
  h.accumulate(state, x);
  reads.push(h.read(state));
  h.accumulate(state, x);
  reads.push(h.read(state), h.read(x));
  state.storage.release();
  x.storage.release();
  const overwritten = h.upload(Float32Array.of(-1, -1)); // takes over the memory of x
  assert.equal(await Promise.all(reads), [[10, 20], [11, 22], [12, 24], [1, 2]]);
  overwritten.storage.release();
});

test('an upload copies: the array may change at once', async () => {
  const fresh = await Harness.open(); // nothing is allocated yet, so the upload has to wait in the queue
  const data = Float32Array.of(1, 2, 3);
  const waiting = fresh.upload(data);
  data.fill(9);
  assert.equal(await fresh.read(waiting), [1, 2, 3]);
  waiting.storage.release();
  const immediate = fresh.upload(data);
  data.fill(7);
  assert.equal(await fresh.read(immediate), [9, 9, 9]);
  fresh.backend.destroy();
});

test('int32 and empty tensors come back as they went', async () => {
  const ints = h.upload(Int32Array.of(-(2 ** 31), -1, 2 ** 31 - 1));
  assert.equal(await h.backend.read(ints.storage), Int32Array.of(-(2 ** 31), -1, 2 ** 31 - 1));
  const empty = h.upload(new Float32Array(0), [3, 0]);
  const mapped = h.axpb(empty);
  assert.equal(await h.backend.read(mapped.storage), new Float32Array(0));
  for (const operand of [ints, empty, mapped]) operand.storage.release();
});

/** What the device should hold, worked out on the host. */
interface Mirrored {
  operand: Operand;
  values: number[];
}

test('any interleaving of uploads, launches, disposals and reads does what its order says', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = new Philox(seed);
    const live: Mirrored[] = [];
    const reads: { actual: Promise<number[]>; expected: number[] }[] = [];
    const pick = (): Mirrored => live[random.below(live.length)];
    for (let step = 0; step < 400; step++) {
      const action = live.length < 2 ? 0 : random.below(5);
      if (action === 0) {
        const values = Array.from({ length: 4 }, () => random.below(100));
        live.push({ operand: h.upload(Float32Array.from(values)), values });
      } else if (action === 1) {
        const x = pick();
        const offset = random.below(9) - 4;
        live.push({ operand: h.axpb(x.operand, { scale: -1, offset }), values: x.values.map((v) => offset - v) });
      } else if (action === 2) {
        const [state, x] = [pick(), pick()];
        if (state === x) continue;
        h.accumulate(state.operand, x.operand);
        state.values = state.values.map((v, i) => v + x.values[i]);
      } else if (action === 3) {
        const [gone] = live.splice(random.below(live.length), 1);
        gone.operand.storage.release();
      } else {
        const x = pick();
        const read = { actual: h.read(x.operand), expected: x.values };
        reads.push(read);
        if (random.below(4) === 0) await read.actual;
      }
    }
    for (const { actual, expected } of reads) assert.equal(await actual, expected, `seed ${seed}`);
    for (const { operand } of live) operand.storage.release();
  }
});

test('a warm loop asks the device for nothing new, and submits on the spot', async () => {
  const x = h.upload(Float32Array.of(1));
  const step = (): void => {
    const y = h.axpb(x, { scale: 2 });
    h.accumulate(x, y);
    y.storage.release();
  };
  for (let i = 0; i < 100; i++) step();
  await h.settle();
  const { device } = h.backend;
  const calls: string[] = [];
  const spied = ['createBuffer', 'createBindGroup', 'createShaderModule', 'createComputePipelineAsync'] as const;
  for (const name of spied) {
    const original = device[name].bind(device) as (...args: never[]) => never;
    Object.assign(device, { [name]: (...args: never[]) => (calls.push(name), original(...args)) });
  }
  const submit = device.queue.submit.bind(device.queue);
  device.queue.submit = (buffers) => (calls.push('submit'), submit(buffers));
  for (let i = 0; i < 128; i++) step();
  for (const name of spied) Reflect.deleteProperty(device, name);
  Reflect.deleteProperty(device.queue, 'submit');
  assert.equal(calls, ['submit', 'submit', 'submit', 'submit'], '256 launches, 64 a batch');
  x.storage.release();
});

test('synchronize waits for everything recorded', async () => {
  const x = h.upload(Float32Array.of(1));
  let y = h.axpb(x);
  for (let i = 0; i < 200; i++) {
    const next = h.axpb(y, { offset: 1 });
    y.storage.release();
    y = next;
  }
  await h.backend.synchronize();
  assert.equal(await h.read(y), [201]);
  x.storage.release();
  y.storage.release();
});

test.run();
