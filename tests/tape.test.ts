import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AutogradError, DTypeError, ShapeError, type Tensor, detectAnomaly, grad, noGrad, NonFiniteError, ones, printTape, tensor } from '../index.js';
import { add, div, mul } from '../kernels/binary/op.js';
import { sum } from '../kernels/reduce/op.js';
import { applyOp } from '../core/apply.js';
import { type KernelOp, defineOp } from '../core/op.js';
import { assertNoLeak } from './support.js';

const test = suite('tape');

const leaf = (values: number[], options = {}): Tensor => tensor(values, [values.length], { requiresGrad: true, dtype: 'float64', ...options });
const values = async (t: Tensor | null): Promise<number[]> => [...(await t!.data())];

test('a tensor used twice accumulates', () =>
  assertNoLeak(async () => {
    const x = leaf([2, 3]);
    sum(mul(x, x)).backward();
    assert.equal(await values(x.grad), [4, 6]);
  }));

test('a second backward adds to grad, zeroGrad drops it', () =>
  assertNoLeak(async () => {
    const x = leaf([1, 2]);
    sum(mul(x, 3)).backward();
    sum(mul(x, 4)).backward();
    assert.equal(await values(x.grad), [7, 7]);
    x.zeroGrad();
    assert.is(x.grad, null);
  }));

test('a diamond of 40 levels is walked once a node, not once a path', () =>
  assertNoLeak(async () => {
    const x = leaf([1]);
    let y: Tensor = x;
    for (let level = 0; level < 40; level++) y = add(y, y);
    sum(y).backward();
    assert.equal(await values(x.grad), [2 ** 40]);
  }));

test('a chain of 50,000 ops needs no recursion', () =>
  assertNoLeak(async () => {
    const x = leaf([1]);
    let y: Tensor = x;
    const one = tensor([1], [1], { dtype: 'float64' });
    for (let i = 0; i < 50_000; i++) y = add(y, one);
    sum(y).backward();
    assert.equal(await values(x.grad), [1]);
  }));

test('broadcasting is undone', () =>
  assertNoLeak(async () => {
    const row = leaf([1, 2, 3]);
    sum(mul(ones([4, 3], { dtype: 'float64' }), row)).backward();
    assert.equal(await values(row.grad), [4, 4, 4]);
  }));

test('backward twice needs retainGraph, and says so', () =>
  assertNoLeak(async () => {
    const x = leaf([2]);
    const y = sum(mul(x, x));
    y.backward(undefined, { retainGraph: true });
    y.backward();
    assert.equal(await values(x.grad), [8]);
    assert.throws(() => y.backward(), (error: Error) => error instanceof AutogradError && /mul: backward for a second time.*retainGraph/.test(error.message));
  }));

test('createGraph gives higher orders', () =>
  assertNoLeak(async () => {
    const x = leaf([2]);
    const y = sum(mul(mul(x, x), x));
    const [first] = grad(y, [x], { createGraph: true });
    const [second] = grad(sum(first), [x], { createGraph: true });
    const [third] = grad(sum(second), [x]);
    assert.equal([await first.item(), await second.item(), await third.item()], [12, 12, 6]);
    assert.is(x.grad, null, 'grad() leaves .grad alone');
  }));

test('grad() of an intermediate result, and of one not depended on', () =>
  assertNoLeak(async () => {
    const x = leaf([3]);
    const other = leaf([1]);
    const y = mul(x, x);
    const z = sum(mul(y, 5));
    const [dy] = grad(z, [y], { retainGraph: true });
    assert.equal(await values(dy), [5]);
    assert.throws(() => grad(z, [other], { retainGraph: true }), /do not depend on input 0.*allowUnused/);
    assert.equal(grad(z, [other], { allowUnused: true }), [null]);
  }));

test('asynchronous noGrads that overlap are refused, and leave recording on', async () => {
  let release = () => {};
  const blocked = new Promise<void>((resolve) => { release = resolve; });
  const first = noGrad(async () => { await blocked; });
  const second = noGrad(async () => { await blocked; await Promise.resolve(); });
  release();
  const results = await Promise.allSettled([first, second]);
  assert.match(String(results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))), /^AutogradError: noGrad: .*out of order; await/);
  const x = ones([1], { requiresGrad: true });
  const y = x.mul(x);
  assert.ok(y.requiresGrad, 'recording is on again');
  [x, y].forEach((t) => t.dispose());
});

test('noGrad records nothing; detach cuts', () =>
  assertNoLeak(async () => {
    const x = leaf([3]);
    assert.not(noGrad(() => mul(x, x)).requiresGrad);
    assert.not(x.detach().requiresGrad);
    assert.throws(() => noGrad(() => sum(x)).backward(), /depends on no tensor with requiresGrad/);
  }));

test('hooks see the complete gradient once and can replace it', () =>
  assertNoLeak(async () => {
    const x = leaf([1, 2]);
    const y = mul(x, 2);
    const seen: number[] = [];
    y.registerHook((gradient) => {
      seen.push(gradient.size);
      return mul(gradient, 10);
    });
    const remove = x.registerHook((gradient) => mul(gradient, -1));
    sum(add(y, y)).backward();
    assert.equal(seen, [2]);
    assert.equal(await values(x.grad), [-40, -40]);
    remove();
    x.zeroGrad();
    sum(mul(x, 3)).backward();
    assert.equal(await values(x.grad), [3, 3]);
  }));

test('an upstream gradient is asked for and checked', () =>
  assertNoLeak(async () => {
    const y = mul(leaf([1, 2]), 2);
    assert.throws(() => y.backward(), (error: Error) => error instanceof ShapeError && /backward: shape \[2\] is not a scalar/.test(error.message));
    assert.throws(() => y.backward(ones([3], { dtype: 'float64' })), /upstream gradient is float64 \[3\] on \w+, the tensor float64 \[2\] on/);
  }));

test('backward frees what its nodes saved', () =>
  assertNoLeak(async () => {
    const x = leaf([1, 2]);
    const y = sum(mul(mul(x, x), x));
    assert.match(printTape(y), /mul: \[2\] \[2\] -> \[2\], saved a\[2\] b\[2\] \(32 bytes\)/);
    y.backward();
    assert.match(printTape(y), /mul: \[2\] \[2\] -> \[2\], saved nothing \(0 bytes\)/);
  }));

test('a disposed tensor is refused by name', () =>
  assertNoLeak(async () => {
    const x = leaf([1]);
    x.dispose();
    x.dispose();
    assert.throws(() => add(x, x), /add: a tensor of shape \[1\] was used after dispose/);
  }));

const wrongShape = defineOp<KernelOp<object>>({
  name: 'testWrongShape',
  inputs: ['x'],
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  cpu: ([x], [out]) => out.data.set(x.data),
  kernel: () => ({ launches: [] }),
  vjp: ([gradient]) => [sum(gradient)],
});

test('a vjp that returns a wrong shape is named', () =>
  assertNoLeak(async () => {
    const [y] = applyOp(wrongShape, [leaf([1, 2])], {});
    assert.throws(() => sum(y).backward(), (error: Error) => error instanceof ShapeError && /testWrongShape: the gradient of input 0 has shape \[\], the input has \[2\]/.test(error.message));
  }));

test('int32 has no gradient', () =>
  assertNoLeak(async () => {
    const labels = tensor([1, 2], [2], { dtype: 'int32' });
    assert.throws(() => (labels.requiresGrad = true), (error: Error) => error instanceof DTypeError && /int32/.test(error.message));
  }));

test('anomaly mode names the op, forward and backward', () =>
  assertNoLeak(async () => {
    const x = leaf([0, 1]);
    const fault = async (body: () => unknown): Promise<Error> => {
      try {
        await detectAnomaly(body);
      } catch (error) {
        return error as Error;
      }
      throw new Error('no fault was found');
    };
    const forward = await fault(() => div(x, x));
    assert.instance(forward, NonFiniteError);
    assert.match(forward.message, /^div: the first result that is not finite: element 0 of shape \[2\] is NaN/);
    const backward = await fault(() => sum(x.sqrt()).backward());
    assert.match(backward.message, /not finite/);
    assert.is(await detectAnomaly(() => sum(x).item()), 1);
  }));

test.run();
