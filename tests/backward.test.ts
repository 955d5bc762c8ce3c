import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AutogradError, DTypeError, DeviceError, type DeviceName, ShapeError, TapegradError, type Tensor, assign, clone, grad, keep,
  memory, noGrad, ones, scope, shutdown, tensor,
} from '../index.js';
import { LSTM, clipGradNorm } from '../nn/index.js';
import { applyOp } from '../core/apply.js';
import type { KernelOp } from '../core/op.js';
import { throwsError } from './fixtures/expect.js';
import { assertNoLeak, initBothDevices } from './support.js';

const test = suite('backward');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

const leaf = (values: number[], options = {}): Tensor => tensor(values, [values.length], { requiresGrad: true, device: 'cpu', ...options });
const values = async (t: Tensor | null): Promise<number[]> => [...(await t!.data())];

for (const device of ['cpu', 'webgpu'] as DeviceName[]) {
  test(`${device}: a leaf owns the memory of its gradient, whoever else was given the same values`, () =>
    assertNoLeak(async () => {
      const [a, b] = [leaf([1, 2], { device }), leaf([3, 4], { device })];
      const upstream = ones([2], { device });
      a.add(b).backward(upstream);
      const storages = [a.grad!.storage, b.grad!.storage, upstream.storage];
      assert.is(new Set(storages).size, 3);
      clipGradNorm([a, b], 1);
      assert.equal((await values(a.grad)).map((v) => v.toFixed(4)), ['0.5000', '0.5000']);
      assert.equal(await values(upstream), [1, 1]);
    }));

  test(`${device}: clone has memory of its own, and passes its gradient on`, () =>
    assertNoLeak(async () => {
      const x = leaf([1, 2], { device });
      const y = clone(x);
      y.mul(3).sum().backward();
      noGrad(() => assign(x.detach(), ones([2], { device })));
      assert.equal(await values(y), [1, 2]);
      assert.equal(await values(x.grad), [3, 3]);
      assert.equal(await values(tensor([7], { dtype: 'int32', device }).clone()), [7]);
    }));
}

test('both biases of an LSTM are clipped by the same factor as its weights', () =>
  assertNoLeak(async () => {
    const lstm = new LSTM(2, 3);
    const [output] = lstm.call(ones([4, 1, 2]));
    output.mul(100).sum().backward();
    const gradients = lstm.parameters().map((parameter) => parameter.grad!);
    assert.is(new Set(gradients.map(({ storage }) => storage)).size, gradients.length);
    clipGradNorm(lstm.parameters(), 1);
    const squares = await Promise.all(gradients.map(async (gradient) => (await values(gradient)).reduce((sum, v) => sum + v * v, 0)));
    assert.ok(Math.abs(squares.reduce((sum, v) => sum + v, 0) - 1) < 1e-3, `the norm is ${squares}`);
    lstm.dispose();
  }));

test('with createGraph a gradient that others share is copied on the tape', () =>
  assertNoLeak(async () => {
    const [a, b] = [leaf([2]), leaf([3])];
    a.add(b).square().sum().backward(undefined, { createGraph: true });
    a.grad!.add(b.grad!).sum().backward();
    assert.equal(await values(a.grad), [14]); // 2 (a + b), and d(4 (a + b))/da on top
  }));

test('grad runs what leads to its inputs, and nothing else', () =>
  assertNoLeak(async () => {
    const w = leaf([2]);
    let hooks = 0;
    w.registerHook(() => void hooks++);
    const y = w.square().square();
    const [dy] = grad(y.square().sum(), [y]);
    assert.equal(await values(dy), [32]);
    assert.is(hooks, 0, 'the pass stopped at y');
    y.sum().backward(); // what y came from is still there
    assert.equal(await values(w.grad), [32]);
    assert.is(hooks, 1);
  }));

test('grad: upstream gradients come one an output, or alone for one output', () =>
  assertNoLeak(async () => {
    const x = leaf([1, 2]);
    assert.equal(await values(grad(x.mul(2), [x], { gradOutputs: tensor([5, 1], { device: 'cpu' }) })[0]), [10, 2]);
    assert.equal(await values(grad(x.sum(), [x], { gradOutputs: tensor(5, { device: 'cpu' }) })[0]), [5, 5]);
    const twice = () => grad([x.sum(), x.sum()], [x], { gradOutputs: [tensor(1, { device: 'cpu' })] });
    throwsError(twice, ShapeError, /^grad: 1 gradOutputs do not fit 2 outputs/);
    throwsError(() => grad(x.mul(2), [x], { gradOutputs: 3 as never }), TapegradError, /^grad: gradOutputs must be an array, got 3$/);
    throwsError(() => grad(x.mul(2), [x], { gradOutputs: [3 as never] }), TapegradError, /^grad: the upstream gradient must be a tensor, got 3/);
    throwsError(() => grad(x.mul(2), [x]), ShapeError, /^grad: shape \[2\] is not a scalar/);
  }));

test('backward: an upstream gradient is a tensor of the same kind on the same device', () =>
  assertNoLeak(async () => {
    const y = leaf([1, 2]).mul(1);
    throwsError(() => y.backward({ retainGraph: true } as never), TapegradError, /^backward: the upstream gradient must be a tensor, got/);
    throwsError(() => y.backward([1, 1] as never), TapegradError, /^backward: the upstream gradient must be a tensor, got \[1,1\]/);
    const elsewhere = ones([2], { device: 'webgpu' });
    throwsError(() => y.backward(elsewhere), DeviceError, /^backward: the upstream gradient is float32 \[2\] on webgpu, .* on cpu; move one/);
  }));

test('grad gives nothing back when it throws', () =>
  assertNoLeak(async () => {
    const [x, unused] = [leaf([1]), leaf([2])];
    throwsError(() => grad(x.mul(2).sum(), [x, unused]), AutogradError, /^grad: the outputs do not depend on input 1/);
  }));

test('hooks: one may remove itself; what they make is freed; what they return is checked', () =>
  assertNoLeak(async () => {
    const x = leaf([1]);
    const calls: string[] = [];
    const removeFirst = x.registerHook(() => {
      calls.push('first');
      removeFirst();
    });
    let held: Tensor | undefined;
    x.registerHook((gradient) => {
      calls.push('second');
      gradient.mul(7);
      held = keep(gradient.alias());
    });
    const before = memory().liveTensors;
    scope(() => x.mul(2).sum().backward());
    assert.equal(calls, ['first', 'second']);
    assert.equal(await values(held!), [2]);
    held!.dispose();
    assert.is(memory().liveTensors, before + 1, 'the gradient alone is new');

    const y = leaf([1]);
    const failing = (hook: unknown) => () => {
      const remove = y.registerHook(hook as never);
      try {
        y.mul(2).sum().backward();
      } finally {
        remove();
      }
    };
    throwsError(failing(async () => {}), TapegradError, /^hook: what it returns must be a tensor, got \[object Promise\]/);
    throwsError(failing(() => 3), TapegradError, /^hook: what it returns must be a tensor, got 3/);
    throwsError(failing((gradient: Tensor) => gradient.to('float64')), DTypeError, /^hook: returned float64 for a gradient of float32/);
    throwsError(failing(7), TapegradError, /^registerHook: hook must be a function, got 7$/);
  }));

test('a vjp that gives more gradients than there are inputs, or what is no tensor, is named', () =>
  assertNoLeak(async () => {
    const opWith = (vjp: KernelOp<object>['vjp']): KernelOp<object> => ({
      name: 'own', inputs: ['x'], infer: ([x]) => [x], cpu: ([x], [out]) => out.data.set(x.data), kernel: () => ({ launches: [] }), vjp,
    });
    const passBack = (vjp: KernelOp<object>['vjp']) => () => applyOp(opWith(vjp), [leaf([1])], {})[0].sum().backward();
    throwsError(passBack(([g]) => [g, g]), AutogradError, /^own: its vjp gave 2 gradients for 1 inputs/);
    throwsError(passBack(() => [2 as never]), TapegradError, /^own: the gradient of input 0 must be a tensor, got 2/);
    throwsError(passBack(() => []), AutogradError, /^own: its vjp gave no gradient for input 0/);
  }));

test('what the tape knows is not changed in place', () =>
  assertNoLeak(async () => {
    const x = leaf([1, 2]);
    const plain = ones([2], { device: 'cpu' });
    throwsError(() => assign(x, plain), AutogradError, /^assign: changes destination in place.* and destination of shape \[2\] requires a gradient; .*noGrad/);
    throwsError(() => assign(x.mul(2), plain), AutogradError, /^assign: .*destination of shape \[2\] requires a gradient/);
    throwsError(() => assign(plain, x.mul(2)), AutogradError, /^assign: .*source of shape \[2\] requires a gradient/);
    noGrad(() => assign(x, plain));
  }));

test('a shape is nobody else\'s: neither the array it was made from nor one that was read', async () => {
  const shape = [2, 3];
  const x = ones(shape, { device: 'cpu', requiresGrad: true });
  shape[0] = 5;
  assert.equal(x.shape, [2, 3]);
  assert.throws(() => { (x.shape as number[])[0] = 1; }, TypeError);
  assert.is((await x.add(1).data()).length, 6);
});

test.run();
