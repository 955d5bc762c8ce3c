import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Tensor, grad, maxPool2d, shutdown, tensor } from '../index.js';
import { gradcheck } from '../core/gradcheck.js';
import { type TensorFunction, expectVerdict, input, withVjp } from './gradcheck/planted.js';
import { assertNoLeak, initBothDevices } from './support.js';

/* Where there is no derivative: the checker moves away, and each op gives what it declares. */

const test = suite('gradcheck-kinks');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

test('a point on a kink is moved, and what is wrong there is still found', () =>
  assertNoLeak(async () => {
    const off = withVjp('testKinkOff', (gradient) => gradient.mul(1.001));
    const ties = () => input([1, 1, 1, 1, 1, 1], [2, 3]);
    const kinked: [string, TensorFunction, () => Tensor[]][] = [
      ['relu', (x) => x.relu(), () => [input([0, 0, 1, -1])]],
      ['abs', (x) => x.abs(), () => [input([0, 0])]],
      ['abs, within the step', (x) => x.abs(), () => [input([1e-5, -3e-4, 2e-4])]],
      ['clamp', (x) => x.clamp(-1, 0.5), () => [input([-1, 0.5, 0])]],
      ['max', (x) => x.max({ axis: 1 }), () => [ties()]],
      ['min', (x) => x.min(), () => [ties()]],
      ['maximum', (a, b) => a.maximum(b), () => [input([1, 2]), input([1, 3])]],
      ['maxPool2d', (x) => maxPool2d(x.reshape([1, 1, 2, 3]), { kernelSize: 2, stride: 1 }), () => [ties()]],
      ['a jump', (x) => x.floor().add(x), () => [input([1, 2, 0.5])]],
      ['the edge of the domain', (x) => x.log(), () => [input([1e-4, 2e-5])]],
    ];
    for (const [name, fn, inputs] of kinked) {
      for (const options of [{ maxElements: undefined }, { maxElements: 1, directions: 3 }]) {
        const report = await expectVerdict('PASS', gradcheck(fn, inputs(), options));
        assert.ok(report.kinks === 0 || options.maxElements, `${name}: ${report.details}`);
        await expectVerdict('FAIL', gradcheck((...at) => off(fn(...at)), inputs(), options));
      }
    }
    assert.is((await gradcheck((x) => x.relu(), [input([0, 0, 1, -1])])).moved, 2);
    assert.is((await gradcheck((x) => x.relu(), [input([0.5, 2, 1, -1])])).moved, 0);
  }));

/** What the docstrings declare where there is no derivative; the upstream is 1. */
const SUBGRADIENTS: [string, TensorFunction, number[][], number[][]][] = [
  ['relu at 0 is 0', (x) => x.relu(), [[0, 1]], [[0, 1]]],
  ['abs at 0 is 0', (x) => x.abs(), [[0, -2]], [[0, -1]]],
  ['leakyRelu at 0 is its negative slope', (x) => x.leakyRelu(0.25), [[0, 1]], [[0.25, 1]]],
  ['elu at 0 is its left slope, alpha', (x) => x.elu(0.5), [[0, 1]], [[0.5, 1]]],
  ['clamp passes the gradient at both ends', (x) => x.clamp(-1, 0.5), [[-1, 0.5, 2]], [[1, 1, 0]]],
  ['max shares it evenly', (x) => x.max(), [[3, 1, 3, 3, 3]], [[0.25, 0, 0.25, 0.25, 0.25]]],
  ['min shares it evenly', (x) => x.min(), [[1, 1, 2]], [[0.5, 0.5, 0]]],
  ['maximum shares a tie in halves', (a, b) => a.maximum(b), [[1, 2], [1, 3]], [[0.5, 0], [0.5, 1]]],
  ['minimum shares a tie in halves', (a, b) => a.minimum(b), [[1, 2], [1, 3]], [[0.5, 1], [0.5, 0]]],
  ['maxPool2d gives all to the first', (x) => maxPool2d(x.reshape([1, 1, 2, 2]), { kernelSize: 2 }), [[1, 2, 2, 2]], [[0, 1, 0, 0]]],
  ['sign, floor, ceil and round have none', (x) => x.sign().add(x.floor()).add(x.ceil()).add(x.round()), [[0, 0.5, 1]], [[0, 0, 0]]],
];

for (const [name, fn, values, expected] of SUBGRADIENTS) {
  test(`subgradient: ${name}`, () =>
    assertNoLeak(async () => {
      for (const device of ['cpu', 'webgpu'] as const) {
        const inputs = values.map((data) => tensor(data, { device, requiresGrad: true }));
        const found = grad(fn(...inputs).sum(), inputs);
        for (const [i, gradient] of found.entries()) assert.equal([...(await gradient.data())], expected[i], device);
      }
    }));
}

test.run();
