import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ShapeError, TapegradError, prelu, shutdown, softshrink, tensor } from '../index.js';
import { gradcheck } from '../core/gradcheck.js';
import {
  CELU, ELU, GELU, GLU, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, LogSigmoid, LogSoftmax, Mish, type Module, PReLU, ReLU,
  ReLU6, SELU, SiLU, Sigmoid, Softmax, Softmin, Softplus, Softshrink, Softsign, Tanh, Tanhshrink, Threshold,
} from '../nn/index.js';
import { assertClose, assertNoLeak, initBothDevices } from './support.js';

/* Each activation against its formula, on both devices, and its gradient against numeric differentiation. */

const test = suite('nn: activations');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

const ROUNDING = { relative: 2e-6, absolute: 1e-6 };
const X = [-7, -3.5, -2, -0.75, -0.25, 0.25, 0.4, 1.5, 3, 6.5];

const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const hard = (x: number) => Math.min(Math.max((x + 3) / 6, 0), 1);

const ACTIVATIONS: [string, () => Module, (x: number) => number][] = [
  ['ReLU', () => new ReLU(), (x) => Math.max(x, 0)],
  ['LeakyReLU', () => new LeakyReLU(), (x) => (x > 0 ? x : 0.01 * x)],
  ['LeakyReLU 0.5', () => new LeakyReLU(0.5), (x) => (x > 0 ? x : 0.5 * x)],
  ['PReLU', () => new PReLU(), (x) => (x > 0 ? x : 0.25 * x)],
  ['PReLU, another start', () => new PReLU(1, { init: -1 }), Math.abs],
  ['ReLU6', () => new ReLU6(), (x) => Math.min(Math.max(x, 0), 6)],
  ['ELU', () => new ELU(), (x) => (x > 0 ? x : Math.expm1(x))],
  ['ELU 2', () => new ELU(2), (x) => (x > 0 ? x : 2 * Math.expm1(x))],
  ['CELU 2', () => new CELU(2), (x) => Math.max(0, x) + Math.min(0, 2 * Math.expm1(x / 2))],
  ['SELU', () => new SELU(), (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x))],
  ['GELU by tanh', () => new GELU({ approximate: 'tanh' }), (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))],
  ['SiLU', () => new SiLU(), (x) => x * logistic(x)],
  ['Mish', () => new Mish(), (x) => x * Math.tanh(Math.log1p(Math.exp(x)))],
  ['Sigmoid', () => new Sigmoid(), logistic],
  ['LogSigmoid', () => new LogSigmoid(), (x) => Math.log(logistic(x))],
  ['Hardsigmoid', () => new Hardsigmoid(), hard],
  ['Hardswish', () => new Hardswish(), (x) => x * hard(x)],
  ['Tanh', () => new Tanh(), Math.tanh],
  ['Hardtanh', () => new Hardtanh(), (x) => Math.min(Math.max(x, -1), 1)],
  ['Hardtanh [-2.5, 0.5]', () => new Hardtanh(-2.5, 0.5), (x) => Math.min(Math.max(x, -2.5), 0.5)],
  ['Tanhshrink', () => new Tanhshrink(), (x) => x - Math.tanh(x)],
  ['Softplus', () => new Softplus(), (x) => Math.log1p(Math.exp(x))],
  ['Softplus 3', () => new Softplus(3), (x) => Math.log1p(Math.exp(3 * x)) / 3],
  ['Softsign', () => new Softsign(), (x) => x / (1 + Math.abs(x))],
  ['Hardshrink', () => new Hardshrink(), (x) => (Math.abs(x) > 0.5 ? x : 0)],
  ['Hardshrink 2.5', () => new Hardshrink(2.5), (x) => (Math.abs(x) > 2.5 ? x : 0)],
  ['Softshrink', () => new Softshrink(), (x) => Math.sign(x) * Math.max(Math.abs(x) - 0.5, 0)],
  ['Softshrink 2.5', () => new Softshrink(2.5), (x) => Math.sign(x) * Math.max(Math.abs(x) - 2.5, 0)],
  ['Threshold', () => new Threshold(0.3, -20), (x) => (x > 0.3 ? x : -20)],
];

for (const [name, make, formula] of ACTIVATIONS) {
  test(name, () =>
    assertNoLeak(async () => {
      const layer = make();
      assertClose(await layer.call(tensor(X)).data(), X.map(formula), ROUNDING, 'CPU');
      layer.dispose();
      const there = await make().to('webgpu');
      assertClose(await there.call(tensor(X, undefined, { device: 'webgpu' })).data(), X.map(formula), ROUNDING, 'WebGPU');
      there.dispose();
    }));

  if (name.startsWith('PReLU')) continue; // has parameters, and a test of its own
  test(`${name}: gradient`, () =>
    assertNoLeak(async () => {
      const { verdict, message } = await gradcheck((x) => make().call(x), [tensor(X, undefined, { dtype: 'float64', requiresGrad: true })]);
      assert.is(verdict, 'PASS', message);
    }));
}

test('GELU is exact unless told otherwise', () =>
  assertNoLeak(async () => {
    // x Phi(x), Phi from tables.
    assertClose(await new GELU().call(tensor([-1, 1, 2])).data(), [-0.158655254, 0.841344746, 1.954499736], ROUNDING, 'GELU');
  }));

test('Softmax, its logarithm and Softmin: along the last axis, or another', () =>
  assertNoLeak(async () => {
    const x = tensor([[0, Math.log(3)], [0, 0]]);
    assertClose(await new Softmax().call(x).data(), [0.25, 0.75, 0.5, 0.5], ROUNDING, 'last axis');
    assertClose(await new Softmax(0).call(x).data(), [0.5, 0.75, 0.5, 0.25], ROUNDING, 'axis 0');
    assertClose(await new LogSoftmax(0).call(x).data(), [0.5, 0.75, 0.5, 0.25].map(Math.log), ROUNDING, 'logarithm');
    assertClose(await new Softmin().call(x).data(), [0.75, 0.25, 0.5, 0.5], ROUNDING, 'Softmin');
  }));

test('GLU: one half gates the other', () =>
  assertNoLeak(async () => {
    const x = tensor([[1, 2, 0, Math.log(3)]]);
    assertClose(await new GLU().call(x).data(), [0.5, 1.5], ROUNDING, 'last axis');
    assertClose(await new GLU(0).call(x.reshape([4, 1])).data(), [0.5, 1.5], ROUNDING, 'axis 0');
    assert.throws(() => new GLU(0).call(x), (error: Error) => error instanceof ShapeError && /glu: axis 0 of x \[1,4\] has 1 places/.test(error.message));
  }));

test('PReLU: a weight a channel learns', () =>
  assertNoLeak(async () => {
    const layer = new PReLU(2);
    assert.equal(layer.namedParameters().map(([name, t]) => [name, t.shape]), [['weight', [2]]]);
    const x = tensor([-1, 2, -3, 0, 4, -5, -6, 7], [1, 2, 2, 2], { requiresGrad: true });
    const y = layer.call(x);
    assert.equal([...(await y.data())], [-0.25, 2, -0.75, 0, 4, -1.25, -1.5, 7]);
    y.sum().backward();
    assert.equal([...(await layer.weight.grad!.data())], [-4, -11]);
    assert.equal([...(await x.grad!.data())], [0.25, 1, 0.25, 0.25, 1, 0.25, 0.25, 1]);
    assert.throws(() => layer.call(tensor([[1, 2, 3]])), /prelu: weight \[2\] must be \[1\], or \[3\] for the channels of x \[1,3\]/);
    layer.dispose();
    const inputs = [tensor([[-1, 2], [3, -4]], undefined, { dtype: 'float64', requiresGrad: true }), tensor([0.1, 0.3], [2], { dtype: 'float64', requiresGrad: true })];
    const { verdict, message } = await gradcheck(prelu, inputs);
    assert.is(verdict, 'PASS', message);
  }));

test('settings that make no sense are refused', () => {
  const x = tensor([1]);
  assert.throws(() => softshrink(x, -1), (error: Error) => error instanceof TapegradError && /softshrink: lambda .*-1/.test(error.message));
  assert.throws(() => new CELU(0).call(x), /celu: alpha must be above 0, got 0/);
  x.dispose();
});

test.run();
