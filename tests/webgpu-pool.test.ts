import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { OutOfMemoryError } from '../core/errors.js';
import { bucketSize } from '../core/webgpu/pool.js';
import { rejectsWith } from './fixtures/expect.js';
import { limitMemory } from './fixtures/smallDevice.js';
import { Harness } from './fixtures/webgpuOps.js';

const test = suite('webgpu: pool');

const floats = (n: number, value = 1): Float32Array => new Float32Array(n).fill(value);

test('a size is rounded up by an eighth at most, and every rounded size is its own bucket', () => {
  assert.is(bucketSize(1), 256);
  assert.is(bucketSize(257), 512);
  assert.is(bucketSize(4096), 4096);
  assert.is(bucketSize(4097), 4608);
  assert.is(bucketSize(2 ** 33 + 1), 2 ** 33 + 2 ** 30);
  for (let bytes = 1; bytes < 2 ** 34; bytes = Math.ceil(bytes * 1.0371)) {
    const size = bucketSize(bytes);
    assert.ok(size >= bytes && size % 16 === 0, `${bytes} -> ${size}`);
    assert.ok(size <= Math.max(256, bytes + 255, bytes * 1.125), `${bytes} -> ${size} wastes too much`);
    assert.is(bucketSize(size), size);
  }
});

test('live, pooled and peak bytes are exact', async () => {
  const h = await Harness.open();
  const a = h.upload(floats(1024));
  const b = h.upload(floats(2048));
  assert.equal(h.backend.memory(), { liveBytes: 12288, pooledBytes: 0, peakBytes: 12288 });
  a.storage.release();
  assert.equal(h.backend.memory(), { liveBytes: 8192, pooledBytes: 4096, peakBytes: 12288 });
  const c = h.upload(floats(1000));
  assert.equal(h.backend.memory(), { liveBytes: 12288, pooledBytes: 0, peakBytes: 12288 }, 'a was reused for c');
  b.storage.release();
  c.storage.release();
  await h.settle();
  h.backend.emptyPool();
  assert.equal(h.backend.memory(), { liveBytes: 0, pooledBytes: 0, peakBytes: 12288 });
  h.backend.destroy();
});

test('a recycled buffer holds only the new values, the tail of its last vec4 included', async () => {
  const h = await Harness.open();
  for (let round = 0; round < 3; round++) {
    const x = h.upload(Float32Array.of(round, 10, 20, 30, 40));
    const y = h.axpb(x, { scale: 2 });
    assert.equal(await h.read(y), [2 * round, 20, 40, 60, 80]);
    x.storage.release();
    y.storage.release();
  }
  assert.is(h.backend.memory().peakBytes, 512);
  h.backend.destroy();
});

test('pooled bytes stay below the cap, and the oldest buffers go first', async () => {
  const h = await Harness.open({ maxPooledBytes: 10_000 });
  const [old, middle, young] = [1024, 1025, 1153].map((n) => h.upload(floats(n))); // 4096, 4608 and 5120 bytes
  await h.settle();
  for (const x of [old, middle, young]) x.storage.release();
  assert.is(h.backend.memory().pooledBytes, 4608 + 5120);
  const again = h.upload(floats(1025));
  assert.is(h.backend.memory().pooledBytes, 5120, 'the younger ones are still there');
  again.storage.release();
  h.backend.destroy();
});

test('memory that recorded work still needs is not destroyed', async () => {
  const h = await Harness.open({ maxPooledBytes: 0 });
  const x = h.upload(floats(100, 3));
  const y = h.axpb(x, { scale: 2 });
  x.storage.release(); // the launch that reads it is only recorded
  h.backend.emptyPool();
  assert.equal((await h.read(y))[99], 6);
  y.storage.release();
  h.backend.emptyPool();
  assert.is(h.backend.memory().pooledBytes, 0);
  h.backend.destroy();
});

test('5,000 rounds leave live and pooled bytes where they were after ten', async () => {
  const h = await Harness.open();
  const state = h.upload(floats(300, 0));
  const one = floats(300);
  const round = (): void => {
    const x = h.upload(one);
    const y = h.axpb(x, { scale: 2, offset: -1 });
    h.accumulate(state, y);
    x.storage.release();
    y.storage.release();
  };
  for (let i = 0; i < 10; i++) round();
  await h.settle();
  const early = h.backend.memory();
  for (let i = 10; i < 5000; i++) {
    round();
    if (i % 100 === 0) await h.settle();
  }
  assert.equal(await h.read(state), [...floats(300, 5000)]);
  assert.equal(h.backend.memory(), early);
  h.backend.destroy();
});

test('out of memory: the pool is emptied, and the second attempt succeeds', async () => {
  const h = await Harness.open();
  limitMemory(h.backend.device, 10_000);
  const pooled = h.upload(floats(2048)); // 8192 bytes
  const used = h.axpb(pooled, { offset: 1 });
  pooled.storage.release();
  used.storage.release();
  await h.settle();
  h.backend.emptyPool();
  const a = h.upload(floats(1024)); // 4096
  await h.settle();
  a.storage.release();
  const b = h.upload(floats(2048, 5)); // 8192 fit only without a's buffer
  const c = h.axpb(h.upload(floats(64, 7)), { offset: 1 });
  assert.is((await h.read(b))[2047], 5);
  assert.is((await h.read(c))[63], 8);
  assert.is(h.backend.memory().pooledBytes, 0);
  h.backend.destroy();
});

test('out of memory for good: the values and all that follows from them are missing, the rest is not', async () => {
  const h = await Harness.open();
  limitMemory(h.backend.device, 10_000);
  const x = h.upload(floats(1024));
  const big = h.upload(floats(4096), [64, 64]);
  const after = h.axpb(h.axpb(big));
  const fine = h.axpb(x, { offset: 1 });
  const message = /^test: no memory for an output of shape \[64,64\] \(16384 bytes\): 16384 bytes do not fit; use a smaller batch/;
  await rejectsWith(h.read(big), OutOfMemoryError, message);
  await rejectsWith(h.read(after), OutOfMemoryError, message);
  assert.is((await h.read(fine))[5], 2);
  for (const operand of [big, after, x]) operand.storage.release();
  h.backend.emptyPool();
  assert.is(h.backend.memory().liveBytes, 4096, 'only `fine` is left; missing memory is not counted');
  h.backend.destroy();
});

test.run();
