import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DTypeError, ShapeError, TapegradError, adaptiveAvgPool2d, applyOp, conv1d, conv2d, convTranspose1d, convTranspose2d, getOp, interpolate, ones, randn, shutdown } from '../index.js';
import { gradcheck, gradgradcheck } from '../core/gradcheck.js';
import { assertClose, assertNoLeak, initBothDevices } from './support.js';

/* Convolutions that are made of others, and resizing: what the checks of single ops do not see. Values are the oracle's business. */

const test = suite('convolutions');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

const leaf = (shape: number[]) => randn(shape, { dtype: 'float64', requiresGrad: true });

test('conv1d: first and second derivatives', () =>
  assertNoLeak(async () => {
    const inputs = [leaf([2, 4, 7]), leaf([2, 2, 3]), leaf([2])];
    const convolve = ([x, weight, bias]: typeof inputs) => conv1d(x, weight, bias, { stride: 2, padding: [2, 0], groups: 2 });
    for (const check of [gradcheck, gradgradcheck]) {
      const { verdict, message } = await check((...at) => convolve(at), inputs);
      assert.is(verdict, 'PASS', message);
    }
  }));

test('convTranspose2d: first and second derivatives', () =>
  assertNoLeak(async () => {
    const inputs = [leaf([1, 4, 2, 3]), leaf([4, 1, 3, 2]), leaf([2])];
    const convolve = ([x, weight, bias]: typeof inputs) =>
      convTranspose2d(x, weight, bias, { stride: [2, 3], padding: [1, 0], outputPadding: [0, 2], dilation: [1, 2], groups: 2 });
    for (const check of [gradcheck, gradgradcheck]) {
      const { verdict, message } = await check((...at) => convolve(at), inputs);
      assert.is(verdict, 'PASS', message);
    }
  }));

for (const device of ['cpu', 'webgpu'] as const) {
  test(`convTranspose2d is conv2d's adjoint on ${device}: <conv(x), y> = <x, convTranspose(y)>`, () =>
    assertNoLeak(async () => {
      const settings = { stride: 2, padding: 1, groups: 3 };
      const weight = randn([6, 2, 3, 3], { device });
      const x = randn([2, 6, 8, 7], { device });
      const there = conv2d(x, weight, null, settings);
      const y = randn(there.shape, { device });
      const back = convTranspose2d(y, weight, null, { ...settings, outputPadding: [1, 0] });
      assert.equal(back.shape, x.shape);
      assertClose([await there.mul(y).sum().item()], [await x.mul(back).sum().item()], { relative: 1e-5, absolute: 1e-4 }, 'inner products');
    }));
}

for (const device of ['cpu', 'webgpu'] as const) {
  test(`adaptiveAvgPool2d on ${device}: the shorter ways to even windows give what its op gives`, () =>
    assertNoLeak(async () => {
      const x = randn([2, 3, 4, 6], { device });
      for (const size of [[1, 1], [2, 3], [4, 2], [4, 6], [1, 6]] as const) {
        const [expected] = applyOp(getOp('adaptiveAvgPool2d'), [x], { outputSize: size });
        const actual = adaptiveAvgPool2d(x, size);
        assert.equal(actual.shape, expected.shape);
        assertClose(await actual.data(), await expected.data(), { relative: 1e-6, absolute: 1e-6 }, `to ${size}`);
      }
    }));
}

const refuses = (what: string, call: () => unknown, type: typeof DTypeError | typeof ShapeError | typeof TapegradError, message: RegExp) =>
  test(`refused: ${what}`, () =>
    assertNoLeak(async () => {
      assert.throws(call, (error: Error) => error instanceof type && message.test(error.message) && !error.message.includes('\n'));
    }));

refuses('conv1d of an image', () => conv1d(ones([1, 2, 3, 4]), ones([2, 2, 3])), ShapeError, /^conv1d: x \[1,2,3,4\] and weight \[2,2,3\] must be/);
refuses('conv1d with too long a kernel', () => conv1d(ones([1, 2, 3]), ones([2, 2, 5])), ShapeError, /^conv1d .*reaches over 5, more than the 3/);
refuses('conv1d with other channels', () => conv1d(ones([1, 2, 3]), ones([2, 3, 1])), ShapeError, /^conv1d .*do not fit with 1 groups/);
refuses('conv1d with a bias that does not fit', () => conv1d(ones([1, 2, 3]), ones([2, 2, 1]), ones([1])), ShapeError, /^conv1d: bias \[1\] does not fit weight \[2,2,1\]: .*shape \[2\]/);
refuses('conv1d of int32', () => conv1d(ones([1, 2, 3], { dtype: 'int32' }), ones([2, 2, 1])), DTypeError, /^conv1d: .*int32/);
refuses('conv1d of two dtypes', () => conv1d(ones([1, 2, 3]), ones([2, 2, 1], { dtype: 'float64' })), DTypeError, /^conv1d: .*float32 and float64/);
refuses('convTranspose1d with a bias that does not fit', () => convTranspose1d(ones([1, 2, 3]), ones([2, 2, 1]), ones([2]), { groups: 2 }), ShapeError, /^convTranspose1d: bias \[2\].*shape \[4\]/);
refuses('convTranspose1d of a matrix', () => convTranspose1d(ones([2, 3]), ones([2, 3, 1])), ShapeError, /^convTranspose1d: x \[2,3\]/);
refuses('convTranspose2d of rank 3', () => convTranspose2d(ones([2, 3, 3]), ones([2, 1, 2, 2])), ShapeError, /^convTranspose2d: x \[2,3,3\]/);
refuses('convTranspose2d with other channels', () => convTranspose2d(ones([1, 2, 3, 3]), ones([3, 1, 2, 2])), ShapeError, /^convTranspose2d: .*2 channels/);
refuses('convTranspose2d with uneven groups', () => convTranspose2d(ones([1, 3, 3, 3]), ones([3, 1, 2, 2]), null, { groups: 2 }), ShapeError, /^convTranspose2d .*2 groups/);
refuses('outputPadding up to the stride', () => convTranspose2d(ones([1, 1, 3, 3]), ones([1, 1, 2, 2]), null, { outputPadding: 1 }), ShapeError, /outputPadding \[1,1\] .*below the stride \[1,1\]/);
refuses('padding that leaves nothing', () => convTranspose2d(ones([1, 1, 1, 1]), ones([1, 1, 2, 2]), null, { padding: 1 }), ShapeError, /^convTranspose2d: .*padding 1 leaves 0 of axis 2/);
refuses('a bias that does not fit', () => convTranspose2d(ones([1, 1, 3, 3]), ones([1, 4, 2, 2]), ones([1])), ShapeError, /^convTranspose2d: bias \[1\].*shape \[4\]/);
refuses('an adaptive pool of rank 3', () => adaptiveAvgPool2d(ones([2, 3, 3]), 1), ShapeError, /^adaptiveAvgPool2d: x \[2,3,3\] must be/);
refuses('an adaptive pool of no cells', () => adaptiveAvgPool2d(ones([1, 2, 0, 4]), 1), ShapeError, /^adaptiveAvgPool2d: x \[1,2,0,4\] has no cells/);
refuses('an adaptive pool of int32', () => adaptiveAvgPool2d(ones([1, 2, 2, 4], { dtype: 'int32' }), 1), DTypeError, /^adaptiveAvgPool2d: .*int32/);
refuses('interpolate to two sizes', () => interpolate(ones([1, 1, 2, 2]), { size: 3, scaleFactor: 2 }), TapegradError, /^interpolate: give one of size and scaleFactor$/);
refuses('interpolate to none', () => interpolate(ones([1, 1, 2, 2]), {}), TapegradError, /^interpolate: give one of size and scaleFactor$/);
refuses('nearest with corners aligned', () => interpolate(ones([1, 1, 2, 2]), { size: 3, alignCorners: true }), TapegradError, /^interpolate: alignCorners is for the mode bilinear$/);

test.run();
