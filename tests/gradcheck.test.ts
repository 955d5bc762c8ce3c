import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tensor, concat, grad, shutdown, tensor } from '../index.js';
import { compareGradients, gradcheck, gradgradcheck } from '../core/gradcheck.js';
import { STEP, extrapolate } from '../core/gradcheck/numeric.js';
import { type TensorFunction, elementwise, expectVerdict, input, ordinary, planted, withVjp } from './gradcheck/planted.js';
import { assertNoLeak, initBothDevices } from './support.js';

/* The checker, checked: what is wrong must fail, and what is right must pass. */

const test = suite('gradcheck');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

test('the extrapolated slope is good to 1e-11 of it, and says so', () => {
  const functions: [(x: number) => number, (x: number) => number][] = [
    [Math.exp, Math.exp],
    [Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
    [Math.log, (x) => 1 / x],
    [(x) => x ** 3, (x) => 3 * x ** 2],
    [(x) => 1 / (1 + Math.exp(-x)), (x) => Math.exp(-x) / (1 + Math.exp(-x)) ** 2],
  ];
  for (const [f, slope] of functions) {
    for (const x of [0.4, 0.9, 1.7, 2.6]) {
      const found = extrapolate([-1, -0.5, 0, 0.5, 1].map((t) => f(x + t * STEP)), STEP);
      assert.ok(Math.abs(found.slope / slope(x) - 1) < 1e-11, `${f} at ${x}: ${found.slope / slope(x) - 1}`);
      const error = Math.abs(found.slope - slope(x));
      assert.ok(error < found.errorEstimate && found.errorEstimate < 1e-5 * slope(x), `${f} at ${x}: estimate ${found.errorEstimate}`);
    }
  }
});

for (const [name, options] of Object.entries({
  'Jacobian': {}, 'random upstream': { maxJacobian: 0 }, 'random directions': { maxJacobian: 0, maxElements: 2 },
})) {
  test(`slopes off by 0.1 % are found in float64, right ones pass: ${name}`, () =>
    assertNoLeak(async () => {
      for (const factor of [1, 1.001, 0.999, 1 + 1e-5]) {
        const off = withVjp(`testOff ${factor} ${name}`, (gradient) => gradient.mul(factor));
        const functions: TensorFunction[] = [
          (x) => off(x.sin()), (x) => off(x.softmax({ axis: 1 })).log(), (x) => off(x.matmul(x.exp())),
        ];
        for (let seed = 0; seed < 8; seed++) {
          for (const fn of functions) {
            await expectVerdict(factor === 1 ? 'PASS' : 'FAIL', gradcheck(fn, [ordinary()], { seed, ...options }));
          }
        }
      }
    }));
}

for (const device of ['cpu', 'webgpu'] as const) {
  test(`slopes off by 1 % are found in float32, right ones pass: ${device}`, () =>
    assertNoLeak(async () => {
      for (const factor of [1, 1.01, 0.99]) {
        const off = withVjp(`testOff ${factor} ${device}`, (gradient) => gradient.mul(gradient.dtype === 'float32' ? factor : 1));
        for (let seed = 0; seed < 10; seed++) {
          const fn: TensorFunction = (x) => off(x.softmax({ axis: 1 })).matmul(x.tanh());
          const report = await compareGradients(fn, [ordinary()], { device, seed });
          assert.is(report.verdict, factor === 1 ? 'PASS' : 'FAIL', report.details);
        }
      }
    }));
}

/** softmax over axis 1, with a vjp of its own. */
const softmaxWith = (name: string, vjp: (gradient: Tensor, y: Tensor) => Tensor): TensorFunction =>
  planted(
    name, ['x'], ([x]) => [x],
    ([x], [out]) => {
      const width = x.shape[1];
      for (let row = 0; row < x.data.length; row += width) {
        const powers = Array.from(x.data.slice(row, row + width), Math.exp);
        const total = powers.reduce((a, b) => a + b);
        powers.forEach((power, i) => (out.data[row + i] = power / total));
      }
    },
    ([gradient], { saved }) => [vjp(gradient, saved('out'))],
  );

const softmaxSlope = (g: Tensor, y: Tensor) => y.mul(g.sub(g.mul(y).sum({ axis: 1, keepDim: true })));
const softmax = softmaxWith('testSoftmax', softmaxSlope);
const linear = withVjp('testLinear', (g) => g);

/** a [3, 3] + b [3]; `gradientOfB` must undo the broadcasting. */
const addBias = (name: string, gradientOfB: (gradient: Tensor) => Tensor): TensorFunction =>
  planted(
    name, ['a', 'b'], ([a]) => [a],
    ([a, b], [out]) => a.data.forEach((value, i) => (out.data[i] = value + b.data[i % 3])),
    ([gradient]) => [gradient, gradientOfB(gradient)],
  );

const addRightBias = addBias('testAddBias', (gradient) => gradient.sum({ axis: 0 }));

/** The sum over axis 0 of a [3, 3]. */
const sumRows = (name: string, shape: number[]): TensorFunction =>
  planted(
    name, ['x'], ([x]) => [{ shape: [3], dtype: x.dtype }],
    ([x], [out]) => out.data.forEach((_, i) => (out.data[i] = x.data[i] + x.data[i + 3] + x.data[i + 6])),
    ([gradient]) => [gradient.reshape(shape).add(tensor(new Float64Array(9), [3, 3], { device: 'cpu' }))],
  );

const twoInputs = () => [ordinary(), input([0.2, -0.7, 1.3])];
const MISTAKES: Record<string, { right: TensorFunction; wrong: TensorFunction; inputs?: () => Tensor[] }> = {
  'a dropped term': {
    right: elementwise('testTanh', Math.tanh, (x) => x.tanh().square().neg().add(1)),
    wrong: elementwise('testTanhDropped', Math.tanh, (x) => x.tanh().neg().add(1)),
  },
  'a flipped sign': {
    right: elementwise('testCos', Math.cos, (x) => x.sin().neg()),
    wrong: elementwise('testCosFlipped', Math.cos, (x) => x.sin()),
  },
  'the wrong axis': { right: sumRows('testSumRows', [1, 3]), wrong: sumRows('testSumRowsWrong', [3, 1]) },
  'broadcasting not undone': {
    right: addRightBias,
    wrong: addBias('testAddBiasWrong', (gradient) => gradient.narrow(0, 0, 1).reshape([3])),
    inputs: twoInputs,
  },
  'an input without its gradient': {
    right: addRightBias,
    wrong: addBias('testAddBiasZero', (gradient) => gradient.sum({ axis: 0 }).mul(0)),
    inputs: twoInputs,
  },
  'softmax, twice its gradient': { right: softmax, wrong: softmaxWith('testSoftmaxTwice', (g, y) => softmaxSlope(g, y).mul(2)) },
  'softmax, without its sum': { right: softmax, wrong: softmaxWith('testSoftmaxNoSum', (g, y) => y.mul(g)) },
  'softmax, reversed': { right: softmax, wrong: softmaxWith('testSoftmaxReversed', (g, y) => softmaxSlope(g, y).flip([0])) },
  'an upstream that is squared: 1 stays 1': { right: linear, wrong: withVjp('testSquared', (g) => g.square()) },
  'a gradient that is not a number': { right: linear, wrong: withVjp('testNaN', (g) => g.mul(NaN)) },
  'an endless gradient': { right: linear, wrong: withVjp('testInfinite', (g) => g.mul(Infinity)) },
};

for (const [name, { right, wrong, inputs = () => [ordinary()] }] of Object.entries(MISTAKES)) {
  test(`found: ${name}`, () =>
    assertNoLeak(async () => {
      for (const options of [{}, { maxJacobian: 0 }, { maxJacobian: 0, maxElements: 2 }]) {
        await expectVerdict('PASS', gradcheck(right, inputs(), options));
        await expectVerdict('FAIL', gradcheck(wrong, inputs(), options));
      }
    }));
}

test('with ones as upstream twice a softmax gradient would pass: both are zero', () =>
  assertNoLeak(async () => {
    const x = ordinary();
    const ones = tensor(new Float64Array(9).fill(1), [3, 3], { device: 'cpu' });
    const [gradient] = grad(MISTAKES['softmax, twice its gradient'].wrong(x), [x], { gradOutputs: [ones] });
    for (const value of await gradient.data()) assert.ok(Math.abs(value) < 1e-15);
  }));

test('rounding of large values is no mistake', () =>
  assertNoLeak(async () => {
    for (let seed = 0; seed < 30; seed++) {
      await expectVerdict('PASS', gradcheck((x) => x.sin().mul(1e-3).add(5e3), [ordinary()], { seed }));
    }
  }));

/** x scaled by 1e6 at its first element and by 1e-3 at the others; of the others' gradient, `factor` times too much. */
const unevenly = (name: string, factor: number): TensorFunction => {
  const scales = (size: number, small: number) => Float64Array.from({ length: size }, (_, i) => (i === 0 ? 1e6 : small));
  return planted(
    name, ['x'], ([x]) => [x],
    ([x], [out]) => scales(x.data.length, 1e-3).forEach((scale, i) => (out.data[i] = scale * x.data[i])),
    ([gradient]) => [gradient.mul(tensor(scales(gradient.size, 1e-3 * factor), gradient.shape, { device: 'cpu' }))],
  );
};

test('small slopes beside a large one: a wrong one is found, and a right one counts only as far as it was seen', () =>
  assertNoLeak(async () => {
    const right = unevenly('testUneven', 1);
    const [wrong, wrongBy5] = [unevenly('testUnevenWrong', 9), unevenly('testUnevenBy5', 1.05)];
    // Entry by entry, element by element, along directions.
    for (const size of [20, 40, 300]) {
      const at = () => input(Array.from({ length: size }, (_, i) => Math.sin(i + 1) + 2));
      for (let seed = 0; seed < 4; seed++) {
        await expectVerdict('FAIL', gradcheck(wrong, [at()], { seed }));
        await expectVerdict('FAIL', gradcheck(wrongBy5, [at()], { seed }));
        const report = await expectVerdict('PASS', gradcheck(right, [at()], { seed }));
        if (size !== 40) continue;
        // Only the random upstream tells of them, and rounding of 1e6 hides more than 0.1 % of 1e-3.
        assert.is(report.compared, 1, report.details);
        assert.is(report.excused, 39, report.details);
        assert.ok(report.excusedWithin > 1e-6 && report.excusedWithin < 1e-3, report.details);
        assert.match(report.message, /^1 slope agrees, 39 zero or small are equal to within \d\S+; furthest apart/);
      }
    }
  }));

test('constants and labels among inputs and outputs are no obstacle', () =>
  assertNoLeak(async () => {
    const labels = tensor([0, 2], { dtype: 'int32', device: 'cpu' });
    const fixed = tensor([[1, 2, 3]], { dtype: 'float64', device: 'cpu' });
    const fn = (x: Tensor, index: Tensor, y: Tensor) => [concat([x, y]).indexSelect(index, { axis: 0 }), y.square(), x.argmax()];
    await expectVerdict('PASS', gradcheck(fn, [ordinary(), labels, fixed]));
  }));

test('gradgradcheck: a vjp that is off the tape is found, and so is a wrong second derivative', () =>
  assertNoLeak(async () => {
    const right = elementwise('testSecond', Math.sin, (x) => x.cos());
    const cut = elementwise('testSecondCut', Math.sin, (x) => x.detach().cos());
    const cutUpstream = planted(
      'testSecondUpstream', ['x'], ([x]) => [x], ([x], [out]) => x.data.forEach((value, i) => (out.data[i] = Math.sin(value))),
      ([gradient], { saved }) => [gradient.detach().mul(saved('x').cos())],
    );
    const offCos = elementwise('testOffCos', Math.cos, (x) => x.sin().mul(-1.001));
    const offSecond = elementwise('testSecondOff', Math.sin, (x) => offCos(x));
    await expectVerdict('PASS', gradgradcheck(right, [ordinary()]));
    for (const wrong of [cut, cutUpstream, offSecond]) {
      await expectVerdict('PASS', gradcheck(wrong, [ordinary()]));
      const report = await expectVerdict('FAIL', gradgradcheck(wrong, [ordinary()]));
      assert.match(report.details, /again +gradgradcheck\(fn, inputs, \{ seed: 0, only: /);
    }
    await expectVerdict('UNCHECKED', gradgradcheck((x) => x.floor(), [ordinary()]));
  }));

test.run();
