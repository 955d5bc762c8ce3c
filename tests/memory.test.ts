import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AutogradError, DTypeError, DeviceError, type DeviceName, type KernelOp, OutOfMemoryError, type Tensor, applyOp, keep, memory, ones, scope, shutdown, tensor,
} from '../index.js';
import { mul } from '../kernels/binary/op.js';
import { sum } from '../kernels/reduce/op.js';
import { rejectsWith, throwsError } from './fixtures/expect.js';
import { initBothDevices } from './support.js';

const test = suite('memory');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

for (const device of ['cpu', 'webgpu'] as DeviceName[]) {
  test(`${device}: a reshape shares its storage, and the storage outlives the first handle`, async () => {
    const before = memory();
    const x = tensor([1, 2, 3, 4], [4], { device });
    const bytes = memory().liveBytes;
    const y = x.reshape([2, 2]);
    assert.is(memory().liveBytes, bytes);
    x.dispose();
    assert.equal([...(await y.data())], [1, 2, 3, 4]);
    y.dispose();
    assert.is(memory().liveBytes, before.liveBytes);
    assert.is(memory().liveTensors, before.liveTensors);
  });

  test(`${device}: scope frees what is not returned, synchronous or not, nested, and when it throws`, async () => {
    const before = memory();
    const kept = scope(() => {
      const a = ones([8], { device });
      return { result: [mul(a, 2)] };
    });
    assert.is(memory().liveTensors, before.liveTensors + 1);
    const later = await scope(async () => {
      const inner = await scope(async () => mul(ones([2], { device }), 3));
      await inner.data();
      return mul(inner, 2);
    });
    assert.equal([...(await later.data())], [6, 6]);
    assert.throws(() => scope(() => { ones([4], { device }); throw new Error('on purpose'); }), /on purpose/);
    const saved: Tensor[] = [];
    scope(() => { saved.push(keep(ones([4], { device }))); });
    assert.equal([...(await saved[0].data())], [1, 1, 1, 1]);
    [kept.result[0], later, saved[0]].forEach((t) => t.dispose());
    assert.is(memory().liveTensors, before.liveTensors);
    assert.is(memory().liveBytes, before.liveBytes);
  });

  test(`${device}: a forward pass without backward leaves nothing on the tape`, () => {
    const before = memory();
    const x = ones([16], { device, requiresGrad: true });
    scope(() => { sum(mul(mul(x, x), x)); });
    x.dispose();
    assert.is(memory().liveBytes, before.liveBytes);
  });

  test(`${device}: a call for which there is no memory leaves nothing behind, on the tape or beside it`, () => {
    const before = memory();
    const huge = [2 ** 20, 2 ** 20];
    const halfHuge: KernelOp<object> = {
      name: 'halfHuge', inputs: ['x'], outputs: ['small', 'huge'],
      infer: ([x]) => [x, { shape: huge, dtype: x.dtype }],
      cpu: () => {}, kernel: () => ({ launches: [] }), vjp: () => [null],
    };
    const NoMemory = device === 'cpu' ? OutOfMemoryError : DeviceError;
    scope(() => {
      const x = ones([1, 1], { device, requiresGrad: true }).exp(); // exp keeps its output for backward
      throwsError(() => x.expand(huge), NoMemory, /^expand: .*shape \[1048576,1048576\] .*4398046511104 bytes/);
      throwsError(() => applyOp(halfHuge, [x], {}), NoMemory, /^halfHuge: .*shape \[1048576,1048576\]/);
    });
    assert.is(memory().liveBytes, before.liveBytes);
    assert.is(memory().liveTensors, before.liveTensors);
  });

  test(`${device}: backward gives saved values back as it goes`, () => {
    const empty = memory();
    const probe = ones([], { device });
    const scalarBytes = memory().liveBytes - empty.liveBytes;
    probe.dispose();
    const before = memory();
    const x = ones([1024], { device, requiresGrad: true });
    const y = scope(() => {
      let value: Tensor = x;
      for (let i = 0; i < 20; i++) value = mul(value, value);
      return sum(value);
    });
    assert.ok(memory().liveBytes > before.liveBytes + 19 * 4096, 'the tape keeps its operands');
    y.backward();
    assert.is(memory().liveBytes, before.liveBytes + 2 * 4096 + scalarBytes, 'x, its gradient and the scalar');
    x.dispose();
    y.dispose();
    assert.is(memory().liveBytes, before.liveBytes);
  });

  test(`${device}: using disposes`, async () => {
    const before = memory();
    {
      using x = ones([4], { device });
      assert.is(x.disposed, false);
    }
    assert.is(memory().liveTensors, before.liveTensors);
  });
}

test('two async scopes at once are refused, not mixed up', async () => {
  let release = () => {};
  const blocked = new Promise<void>((resolve) => { release = resolve; });
  const first = scope(async () => { await blocked; });
  const second = scope(async () => { await blocked; await Promise.resolve(); });
  release();
  const results = await Promise.allSettled([first, second]);
  assert.ok(results.some((result) => result.status === 'rejected' && /out of order/.test(String(result.reason))));

  const later = scope(() => { scope(() => {}); return ones([1], { device: 'cpu' }); });
  assert.not(later.disposed, 'no scope is left over');
  later.dispose();
});

/** Runs JavaScript's collector, and what it calls, until `done` or for two seconds. */
async function collectUntil(done: () => boolean): Promise<void> {
  for (let tries = 0; tries < 40 && !done(); tries++) {
    (globalThis as unknown as { gc(): void }).gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('results that nothing leads to any more are collected, however long the chain that goes on from them', async () => {
  const x = ones([1000], { device: 'cpu', requiresGrad: true });
  const before = memory();
  let y = x.mul(1);
  for (let i = 0; i < 100; i++) y = y.add(1);
  await collectUntil(() => memory().liveTensors <= before.liveTensors + 1);
  assert.ok(memory().liveTensors <= before.liveTensors + 1, `${memory().liveTensors - before.liveTensors} left: an addition keeps none of its inputs`);
  y.dispose();
  x.dispose();
});

test('what the tape saved is collected with the handles, even where gradients lead back to it', async () => {
  const before = memory();
  const cycle = () => {
    const x = ones([1e6], { device: 'cpu', requiresGrad: true });
    x.square().sum().backward(undefined, { createGraph: true }); // x.grad is on the tape, which leads to x
  };
  for (let i = 0; i < 5; i++) cycle();
  const isCollected = () => memory().liveBytes <= before.liveBytes && memory().liveTensors <= before.liveTensors;
  await collectUntil(isCollected);
  assert.ok(isCollected(), `${JSON.stringify(memory())}, before ${JSON.stringify(before)}`);
});

test('scopes that overlap free what they made, and the error of a body that failed is the one that is seen', async () => {
  const before = memory().liveTensors;
  const open = () => {
    let finish!: () => void;
    return { promise: new Promise<void>((resolve) => (finish = resolve)), finish: () => finish() };
  };
  const [first, second] = [open(), open()];
  const a = scope(async () => { ones([2]); await first.promise; return ones([2]); });
  const b = scope(async () => { ones([2]); await second.promise; throw new Error('the body\'s own'); });
  first.finish();
  await rejectsWith(a, AutogradError, /^scope: scopes ended out of order/);
  second.finish();
  await rejectsWith(b, Error, /^the body's own$/);
  assert.is(memory().liveTensors, before);
  const round: { again?: unknown } = {};
  round.again = round;
  assert.is(scope(() => { ones([2]); return round; }), round);
  assert.is(memory().liveTensors, before);
});

test('a tensor that cannot be made leaves nothing behind', () => {
  const before = memory().liveTensors;
  for (const make of [() => tensor([1], { dtype: 'int32', requiresGrad: true }), () => ones([2], { dtype: 'int32', requiresGrad: true })]) {
    throwsError(make, DTypeError, /^requiresGrad: int32 tensors have no gradient$/);
  }
  assert.is(memory().liveTensors, before);
});

test.run();
