import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AutogradError, DTypeError, type KernelOp, ShapeError, TapegradError, type Tensor, applyOp, defineOp, grad, noGrad, shutdown, tensor,
} from '../index.js';
import { compareGradients, gradcheck, gradgradcheck } from '../core/gradcheck.js';
import { type TensorFunction, elementwise, expectVerdict, input, ordinary, withVjp } from './gradcheck/planted.js';
import { assertNoLeak, initBothDevices } from './support.js';

/* What the checker says: of failures, of what it did not check, and of what it refuses. */

const test = suite('gradcheck-report');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

async function fails(body: () => Promise<unknown>, kind: Function, message: RegExp): Promise<void> {
  const error = await body().then(() => null, (thrown: Error) => thrown);
  const isAsWanted = error instanceof kind && message.test(error!.message) && !error!.message.includes('\n');
  assert.ok(isAsWanted, `${error} is not ${message}`);
}

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

test('two sides that differ late are shown with the digits that tell them apart', () =>
  assertNoLeak(async () => {
    const off = withVjp('testLate', (gradient) => gradient.mul(1 + 3e-7));
    const report = await expectVerdict('FAIL', gradcheck((x) => off(x).mul(3), [ordinary()]));
    assert.match(report.message, /analytic 3\.000001, numeric 3 /);
    assert.match(report.details, /\n {2}analytic +3\.000001\n {2}numeric +3, good to/);
    assert.match(report.details, /\n {4}\[\d, \d\] .*3\.000001.*\|.* 3\b/);
    const late = withVjp('testCompareLate', (gradient) => (gradient.dtype === 'float32' ? gradient.mul(1 + 1e-6) : gradient));
    const compared = await compareGradients((x) => late(x.mul(1)), [ordinary()], { device: 'cpu', relative: 1e-7, absolute: 0 });
    const [, actual, expected] = /: (\S+) on cpu float32, (\S+) in float64$/.exec(compared.message)!;
    assert.is(compared.verdict, 'FAIL');
    assert.is.not(actual, expected);
  }));

test('an op that is declared not differentiable is named, with its reason', () =>
  assertNoLeak(async () => {
    const square: KernelOp<object>['cpu'] = ([x], [out]) => x.data.forEach((value, i) => (out.data[i] = value ** 2));
    const op = defineOp<KernelOp<object>>({
      name: 'testBlocked', inputs: ['x'], infer: ([x]) => [x], cpu: square, kernel: () => ({ launches: [] }),
      vjp: { notDifferentiable: 'it never was' },
    });
    const report = await expectVerdict('FAIL', gradcheck((x) => applyOp(op, [x], {})[0].sin(), [ordinary()]));
    assert.match(report.message, /analytic 0, numeric .*; no gradient passes testBlocked: it never was$/);
  }));

test('a vjp that is right only the first time fails', () =>
  assertNoLeak(async () => {
    let calls = 0;
    const forgetful = withVjp('testState', (gradient) => (calls++ === 0 ? gradient.mul(1) : gradient.mul(2)));
    for (const options of [{ maxJacobian: 0 }, {}]) {
      calls = 0;
      const report = await expectVerdict('FAIL', gradcheck((x) => forgetful(x.sin()), [ordinary()], options));
      assert.match(report.message, /another gradient the second time: at input 0\[0, 0\] \S+, then \S+; a vjp must keep no state$/);
    }
  }));

test('a function may differentiate inside; noGrad around the check changes nothing', () =>
  assertNoLeak(async () => {
    const penalty: TensorFunction = (x) => grad(x.pow(3).sum(), [x], { createGraph: true })[0].square().sum();
    await expectVerdict('PASS', gradcheck(penalty, [ordinary()]));
    await expectVerdict('PASS', gradgradcheck(penalty, [ordinary()]));
    await expectVerdict('PASS', noGrad(() => gradcheck((x) => x.sin(), [ordinary()])));
    assert.is((await compareGradients(penalty, [ordinary()])).verdict, 'PASS');
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
    const single = tensor([1, 2], { device: 'cpu', requiresGrad: true });
    const constant = tensor([1, 2], { dtype: 'float64', device: 'cpu' });
    for (const check of [gradcheck, gradgradcheck]) {
      await fails(() => check((x) => x.sin(), [single]), DTypeError, /^grad.*check: inputs must be float64 .* float32 on cpu; compare/);
      await fails(() => check((x) => x.sin(), [constant]), AutogradError, /^grad.*check: no input has requiresGrad/);
    }
    await fails(() => compareGradients((x) => x.sin(), [constant]), AutogradError, /^compareGradients: no input has requiresGrad/);
    await fails(() => gradcheck((x) => x.to('float32').sin(), [ordinary()]), DTypeError, /^gradcheck: output 0 is float32/);

    // Arguments: none may turn a check into one that cannot fail.
    const [x, sin] = [ordinary(), (t: Tensor) => t.sin()];
    const calls: [fn: unknown, inputs: unknown, options: object, message: RegExp][] = [
      [async (t: Tensor) => t.sin(), [x], {}, /fn must return tensors, not a promise/],
      [() => Promise.reject(new Error('never seen')), [x], {}, /fn must return tensors, not a promise/],
      [() => 3, [x], {}, /fn must return a tensor or an array of tensors, got 3$/],
      [(t: Tensor) => [t, 3], [x], {}, /output 1 must be a tensor, got 3/],
      [x, [x], {}, /fn must be a function, got Tensor/],
      [sin, x, {}, /inputs must be an array, got Tensor/],
      [sin, [3], {}, /inputs\[0\] must be a tensor, got 3/],
      [sin, [x], { seed: 'a' }, /seed must be a whole number from 0 to 4294967295, got 'a'$/],
      [sin, [x], { seed: -1 }, /seed must be a whole number/],
      [sin, [x], { relative: '1' }, /relative must be a number, got '1'$/],
      [sin, [x], { absolute: NaN }, /absolute must be a number, got NaN$/],
      [sin, [x], { absolute: -1 }, /absolute must not be negative, got -1$/],
      [sin, [x], { reproduce: 1 }, /reproduce must be text, got 1$/],
    ];
    for (const check of [gradcheck, gradgradcheck, compareGradients]) {
      for (const [fn, inputs, options, message] of calls) {
        const found = new RegExp(`^${check.name}: ${message.source}`);
        await fails(() => check(fn as TensorFunction, inputs as Tensor[], options), TapegradError, found);
      }
    }
    const settings: [options: object, message: RegExp][] = [
      [{ only: 3 }, /only must be \{ input, index \} or \{ input, direction \}, got 3$/],
      [{ only: null }, /only must be .*, got null$/],
      [{ only: { input: 0 } }, /only must be /],
      [{ only: { input: 4, index: 0 } }, /only\.input must be a whole number from 0 to \d, got 4$/],
      [{ only: { input: 1, index: 0 } }, /only\.input: input 1 has no requiresGrad/],
      [{ only: { input: 0, index: 9 } }, /only\.index of input 0 of shape \[3,3\] must be a whole number from 0 to 8, got 9$/],
      [{ only: { input: 0, direction: -1 } }, /only\.direction must be a whole number from 0, got -1$/],
      [{ directions: 0 }, /directions must be a whole number from 1, got 0$/],
      [{ maxElements: '3' }, /maxElements must be a number, got '3'$/],
      [{ maxJacobian: NaN }, /maxJacobian must be a number, got NaN$/],
    ];
    for (const check of [gradcheck, gradgradcheck]) {
      for (const [options, message] of settings) {
        await fails(() => check(sin, [x, constant], options), TapegradError, new RegExp(`^${check.name}: ${message.source}`));
      }
    }
    await fails(() => compareGradients(sin, [x], { device: 'gpu' as never }), TapegradError, /^compareGradients: device must be one of cpu, webgpu/);
    await fails(() => compareGradients(sin, [x], { dtype: 'int32' as never }), TapegradError, /^compareGradients: dtype must be one of/);
  }));

test('compareGradients refuses what was computed elsewhere, and what differs in shape', () =>
  assertNoLeak(async () => {
    const w = tensor(Array.from({ length: 9 }, (_, i) => i + 1), [3, 3], { dtype: 'float64', device: 'cpu' });
    const refused: [TensorFunction, RegExp][] = [
      [(x) => x.to('float64').exp(), /^compareGradients: output 0 is float64 on cpu, of float32 inputs on cpu: fn must not convert/],
      [(x) => x.mul(w), /^compareGradients: output 0 is float64 on cpu, of float32 inputs/],
      [(x) => x.to('float64').exp().to(x.dtype), /^compareGradients: inside, exp gives float64, of float32 inputs/],
      [(x) => x.to('float32').exp(), /^compareGradients: output 0 is float32 on cpu, of float64 inputs/],
    ];
    for (const [fn, message] of refused) await fails(() => compareGradients(fn, [ordinary()], { device: 'cpu' }), DTypeError, message);
    const more = (x: Tensor) => (x.dtype === 'float32' ? [x.sin(), x.cos()] : [x.sin()]);
    await fails(() => compareGradients(more, [ordinary()], { device: 'cpu' }), ShapeError,
      /^compareGradients: fn gives \[3,3\], \[3,3\] on cpu float32, \[3,3\] on cpu float64/);
    const other = (x: Tensor) => (x.dtype === 'float32' ? x.sum() : x.sin());
    await fails(() => compareGradients(other, [ordinary()], { device: 'cpu' }), ShapeError, /fn gives \[\] on cpu float32/);
  }));

test.run();
