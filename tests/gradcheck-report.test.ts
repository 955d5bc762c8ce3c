import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { AutogradError, DTypeError, type Tensor, shutdown, tensor } from '../index.js';
import { compareGradients, gradcheck, gradgradcheck } from '../core/gradcheck.js';
import { type TensorFunction, elementwise, expectVerdict, input, ordinary, withVjp } from './gradcheck/planted.js';
import { assertNoLeak, initBothDevices } from './support.js';

/* What the checker says: of failures, of what it did not check, and of what it refuses. */

const test = suite('gradcheck-report');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

test('UNCHECKED is not a pass: each reason', () =>
  assertNoLeak(async () => {
    const noise = elementwise('testNoise', (x) => (Math.sin(1e7 * x) * 1e5) % 1, (x) => x.mul(0).add(1));
    let calls = 0;
    const reasons: [string, TensorFunction, Tensor, object, RegExp][] = [
      ['zero', (x) => x.mul(0), ordinary(), {}, /every slope is about zero/],
      ['the sum of a softmax', (x) => x.softmax({ axis: 1 }).sum({ axis: 1 }), ordinary(), {}, /every slope is about zero/],
      ['steps', (x) => x.floor(), ordinary(), {}, /every slope is about zero/],
      ['kinks everywhere', noise, ordinary(), {}, /every point sat on a kink.*\(9\)/],
      ['a tolerance above the signal', (x) => x.sin().mul(1e-3), ordinary(), { absolute: 1e-4 }, /the tolerance exceeds/],
      ['a relative tolerance of 1 %', (x) => x.sin(), ordinary(), { relative: 1e-2 }, /the tolerance exceeds/],
      ['not repeatable', (x) => x.mul(++calls), ordinary(), {}, /other values at the same point/],
      ['nothing', (x) => x.sin(), input([], [0, 3]), {}, /no element/],
    ];
    for (const [name, fn, x, options, message] of reasons) {
      const report = await expectVerdict('UNCHECKED', gradcheck(fn, [x], options));
      assert.match(report.message, message, name);
      assert.is(report.compared, 0, name);
      assert.is(report.kinks, name === 'kinks everywhere' ? 9 : 0, report.details);
      assert.match(report.details, /^UNCHECKED: .*\n/);
    }
    // An absolute tolerance excuses a small difference, but beyond it even a flat function fails.
    const spurious = withVjp('testSpurious', (gradient) => gradient.mul(0).add(1e-3));
    await expectVerdict('FAIL', gradcheck((x) => spurious(x).mul(0), [ordinary()]));
  }));

test('a report names the worst element, shows the Jacobian there, and can be seen again', () =>
  assertNoLeak(async () => {
    // Right everywhere, except that element [1, 2] of the gradient is 1 % off.
    const mask = tensor([1, 1, 1, 1, 1, 1.01, 1, 1, 1], [3, 3], { dtype: 'float64', device: 'cpu' });
    const off = withVjp('testOneElement', (gradient) => gradient.mul(mask));
    const fn = (x: Tensor, y: Tensor) => [x.mul(2), off(y).exp()];
    const inputs = [ordinary(), ordinary()];
    for (const options of [{ seed: 5 }, { seed: 5, maxJacobian: 0 }, { seed: 5, maxJacobian: 0, maxElements: 4 }]) {
      const report = await expectVerdict('FAIL', gradcheck(fn, inputs, options));
      const { worst, details, message } = report;
      assert.is(worst!.input, 1);
      assert.is(worst!.index, 5);
      assert.equal(worst!.position, [1, 2]);
      assert.ok(Math.abs(worst!.relativeError - 0.01 / 1.01) < 1e-6, details);
      assert.ok(worst!.overTolerance > 1 && worst!.ulp > 1e12 && worst!.errorEstimate > 0 && worst!.step > 0);
      assert.match(message, /^gradients differ at input 1\[1, 2\]: analytic .*, numeric .*$/);
      assert.match(details, /^ {2}again +gradcheck\(fn, inputs, \{ seed: 5, only: \{ input: 1, index: 5 \} \}\)$/m);
      // Row and column of the worst element: exp(1.1) = 3.004 and 1 % more.
      assert.match(details, /^ {4}1:\[1, 2\] .* 3\.034 .*\|.* 3\.004/m);
      const { maxJacobian } = options;
      const again = await expectVerdict('FAIL', gradcheck(fn, inputs, { seed: 5, maxJacobian, only: { input: 1, index: 5 } }));
      assert.is(again.worst!.analytic, worst!.analytic);
      assert.equal(again.worst!.output, worst!.output);
      const repeated = await gradcheck(fn, inputs, options);
      assert.equal(repeated, report, 'the same seed gives the same report');
    }
    const whole = await gradcheck(fn, inputs);
    assert.equal(whole.worst!.output, { index: 1, position: [1, 2] });
    assert.is(whole.failed, 2, 'the entry, and the random upstream');
    assert.match((await gradcheck(fn, inputs, { reproduce: 'npm run this' })).details, /^ {2}again +npm run this$/m);
  }));

test('an input without slopes is named, though others pass', () =>
  assertNoLeak(async () => {
    const report = await expectVerdict('PASS', gradcheck((x, y) => x.add(y.mul(0)), [ordinary(), ordinary()]));
    assert.equal(report.uncheckedInputs, [1]);
    assert.match(report.message, /without slopes: input 1/);
  }));

test('compareGradients: the report, and what it does not certify', () =>
  assertNoLeak(async () => {
    const off = withVjp('testCompareOff', (gradient) => (gradient.device === 'webgpu' ? gradient.mul(1.01) : gradient));
    const failed = await compareGradients((x) => off(x.sin()), [ordinary()], { seed: 3 });
    assert.is(failed.verdict, 'FAIL');
    assert.is(failed.worst!.what, 'gradient of input 0');
    const { relativeError, ulp, overTolerance } = failed.worst!;
    assert.ok(Math.abs(relativeError - 0.01 / 1.01) < 1e-5 && ulp > 1e4 && overTolerance > 100, failed.details);
    assert.match(failed.details, /^ {2}again +compareGradients\(fn, inputs, \{ device: 'webgpu', dtype: 'float32', seed: 3 \}\)$/m);
    for (const fn of [(x: Tensor) => x.mul(0), (x: Tensor) => x.mul(1e-6)]) {
      assert.is((await compareGradients(fn, [ordinary()])).verdict, 'UNCHECKED');
    }
    const wrongForward = (x: Tensor) => (x.device === 'webgpu' ? x.sin().add(1e-3) : x.sin());
    assert.match((await compareGradients(wrongForward, [ordinary()])).message, /^differ at output 0/);
  }));

test('what cannot be checked is refused in one line', () =>
  assertNoLeak(async () => {
    const fails = async (body: () => Promise<unknown>, kind: Function, message: RegExp) => {
      const error = await body().then(() => null, (thrown: Error) => thrown);
      assert.ok(error instanceof (kind as typeof Error) && message.test(error.message) && !error.message.includes('\n'), String(error));
    };
    const single = tensor([1, 2], { device: 'cpu', requiresGrad: true });
    const constant = tensor([1, 2], { dtype: 'float64', device: 'cpu' });
    for (const check of [gradcheck, gradgradcheck]) {
      await fails(() => check((x) => x.sin(), [single]), DTypeError, /^grad.*check: inputs must be float64 .* float32 on cpu; compare/);
      await fails(() => check((x) => x.sin(), [constant]), AutogradError, /^grad.*check: no input has requiresGrad/);
    }
    await fails(() => compareGradients((x) => x.sin(), [constant]), AutogradError, /^compareGradients: no input has requiresGrad/);
    await fails(() => gradcheck((x) => x.to('float32').sin(), [ordinary()]), DTypeError, /^gradcheck: output 0 is float32/);
  }));

test.run();
