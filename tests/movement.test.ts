import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Tensor, ShapeError, concat, expand, flip, grad, narrow, pad, permute, shutdown, slice, split, stack, tensor, transpose,
} from '../index.js';
import type { Launch } from '../core/webgpu/kernel.js';
import type { SliceRange } from '../kernels/slice/ranges.js';
import { type Layout, copyBox, wholeLayout, windowLayout } from '../kernels/strided/plan.js';
import { assertNoLeak, initBothDevices } from './support.js';

/* The public functions of the movement ops (their kernels are checked by ops.test.ts), and which kernel a copy gets. */

const test = suite('movement');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

/** 0, 1, 2 ... in a shape. */
function counting(shape: readonly number[], requiresGrad = false): Tensor {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return tensor(Array.from({ length: size }, (_, i) => i), shape, { requiresGrad });
}

async function assertValues(actual: Tensor, expected: unknown): Promise<void> {
  assert.equal(await actual.toArray(), expected);
}

function assertRefuses(call: () => unknown, message: RegExp): void {
  assert.throws(call, (error: Error) => error instanceof ShapeError && message.test(error.message) && !error.message.includes('\n'));
}

test('transpose swaps the last two axes, or those named', () => assertNoLeak(async () => {
  await assertValues(counting([2, 3]).transpose(), [[0, 3], [1, 4], [2, 5]]);
  await assertValues(transpose(counting([1, 2, 3]), 0, -1), [[[0], [3]], [[1], [4]], [[2], [5]]]);
  assert.equal(permute(counting([2, 3, 4]), [-1, 0, 1]).shape, [4, 2, 3]);
  assertRefuses(() => counting([3]).transpose(), /transpose: axis -2 .*rank 1/);
  assertRefuses(() => permute(counting([2, 3]), [0, -2]), /permute: axes \[0,0\] .*\[2,3\]/);
}));

test('expand keeps an extent for -1, but knows none for a new axis', () => assertNoLeak(async () => {
  await assertValues(expand(counting([2, 1]), [3, -1, 2]), [[[0, 0], [1, 1]], [[0, 0], [1, 1]], [[0, 0], [1, 1]]]);
  assertRefuses(() => counting([3]).expand([-1, 3]), /expand: shape \[-1,3\]/);
}));

/** What Python's `range(extent)[start:stop:step]` gives, found by walking from one end to the other. */
function pythonSlice(extent: number, start: number | null, stop: number | null, step: number): number[] {
  const from = (bound: number) => (bound < 0 ? bound + extent : bound);
  const all = Array.from({ length: extent }, (_, i) => i);
  if (step > 0) {
    const kept = all.filter((i) => (start === null || i >= from(start)) && (stop === null || i < from(stop)));
    return kept.filter((_, i) => i % step === 0);
  }
  const kept = all.reverse().filter((i) => (start === null || i <= from(start)) && (stop === null || i > from(stop)));
  return kept.filter((_, i) => i % -step === 0);
}

test('slice takes the ranges of Python', () => assertNoLeak(async () => {
  const bounds = [null, -9, -7, -6, -5, -1, 0, 1, 3, 5, 6, 9];
  for (const extent of [0, 1, 6]) {
    const x = counting([extent]);
    for (const start of bounds) {
      for (const stop of bounds) {
        for (const step of [1, 2, 4, 7, -1, -2, -4, -7]) {
          const part = slice(x, [[start, stop, step]]);
          assert.equal(await part.toArray(), pythonSlice(extent, start, stop, step), `${extent}: [${start}:${stop}:${step}]`);
          part.dispose();
        }
      }
    }
  }
}));

test('slice takes axes whole for null and after the last range', () => assertNoLeak(async () => {
  const x = counting([2, 3, 2]);
  await assertValues(x.slice([null, [1, 2]]), [[[2, 3]], [[8, 9]]]);
  await assertValues(x.slice([[-1]]), [[[6, 7], [8, 9], [10, 11]]]);
  assertRefuses(() => x.slice([null, null, null, null]), /slice: 4 ranges .*\[2,3,2\]/);
  assertRefuses(() => x.slice([null, [0, 3, 0]]), /slice: range \[0,3,0\] of axis 1 of shape \[2,3,2\]/);
  assertRefuses(() => x.slice([[0.5]]), /slice: range \[0.5\] of axis 0/);
  assertRefuses(() => x.slice([[0, 1, 1, 1] as unknown as SliceRange]), /slice: range \[0,1,1,1\] of axis 0/);
}));

test('narrow and split take parts of an axis', () => assertNoLeak(async () => {
  const x = counting([2, 5]);
  await assertValues(narrow(x, -1, -3, 2), [[2, 3], [7, 8]]);
  assert.equal(narrow(x, 1, 5, 0).shape, [2, 0]);
  assertRefuses(() => x.narrow(1, 3, 3), /narrow: start 3 and length 3 .*\[2,5\]/);
  assertRefuses(() => x.narrow(1, -6, 1), /narrow: start -6 .*\[2,5\]/);

  const parts = split(x, [1, 0, 4], { axis: -1 });
  assert.equal(parts.map((part) => part.shape), [[2, 1], [2, 0], [2, 4]]);
  await assertValues(parts[2], [[1, 2, 3, 4], [6, 7, 8, 9]]);
  const equal = x.split(2, { axis: 1 });
  assert.equal(equal.map((part) => part.shape), [[2, 2], [2, 2], [2, 1]]);
  await assertValues(equal[2], [[4], [9]]);
  assert.equal(counting([0, 2]).split(3).map((part) => part.shape), [[0, 2]]);
  assertRefuses(() => x.split([2, 2], { axis: 1 }), /split: sizes \[2,2\] .*5, .*axis 1 of shape \[2,5\]/);
  assertRefuses(() => x.split([-1, 6], { axis: 1 }), /split: sizes \[-1,6\]/);
  assertRefuses(() => x.split(0), /split: parts of size 0/);
}));

test('concat and stack', () => assertNoLeak(async () => {
  await assertValues(concat([counting([1, 2]), counting([1, 1])], { axis: -1 }), [[0, 1, 0]]);
  const x = counting([2]);
  await assertValues(concat([x, x]), [0, 1, 0, 1]);
  await assertValues(stack([x, x, x]), [[0, 1], [0, 1], [0, 1]]);
  await assertValues(stack([x, x, x], { axis: -1 }), [[0, 0, 0], [1, 1, 1]]);
  assertRefuses(() => concat([]), /concat: .*at least one/);
  assertRefuses(() => stack([]), /stack: .*at least one/);
  assertRefuses(() => stack([x, counting([3])]), /stack: shapes \[2\] and \[3\]/);
  assertRefuses(() => stack([x], { axis: 2 }), /stack: axis 2 .*rank 2/);
  assertRefuses(() => concat([x], { axis: 1 }), /concat: axis 1 .*rank 1/);
}));

test('one tensor given to concat twice gathers both gradients', () => assertNoLeak(async () => {
  for (const device of ['cpu', 'webgpu'] as const) {
    const x = tensor([1, 2], [2], { device, requiresGrad: true });
    const [gradient] = grad(concat([x, x]), [x], { gradOutputs: [tensor([1, 2, 10, 20], [4], { device })] });
    await assertValues(gradient, [11, 22]);
  }
}));

test('pad by reflection and by replication', () => assertNoLeak(async () => {
  const x = counting([2, 3]);
  await assertValues(pad(x, [[0, 1], [2, 1]], { mode: 'reflect' }), [[2, 1, 0, 1, 2, 1], [5, 4, 3, 4, 5, 4], [2, 1, 0, 1, 2, 1]]);
  await assertValues(pad(x, [[1, 0], [0, 2]], { mode: 'replicate' }), [[0, 1, 2, 2, 2], [0, 1, 2, 2, 2], [3, 4, 5, 5, 5]]);
  await assertValues(x.pad([[0, 0], [0, 0]], { mode: 'reflect' }), [[0, 1, 2], [3, 4, 5]]);
  assertRefuses(() => x.pad([[0, 2], [0, 0]], { mode: 'reflect' }), /pad: reflect .*\[0,2\] to axis 0 of shape \[2,3\]/);
  assertRefuses(() => counting([0]).pad([[1, 0]], { mode: 'replicate' }), /pad: replicate .*axis 0 of shape \[0\]/);
  assertRefuses(() => x.pad([[1, 1]], { mode: 'replicate' }), /pad: padding \[\[1,1\]\] .*\[2,3\]/);
}));

test('flip takes one axis or several', () => assertNoLeak(async () => {
  await assertValues(flip(counting([2, 2]), -1), [[1, 0], [3, 2]]);
  await assertValues(counting([2, 2]).flip([0, 1]), [[3, 2], [1, 0]]);
  assertRefuses(() => flip(counting([2]), [0, -1]), /flip: axes \[0,0\]/);
}));

/** Which kernel copies a box: the file, and what one invocation moves. */
function chosen(shape: readonly number[], from: Layout, to: Layout = wholeLayout(shape)): string {
  const [{ module, tiles }] = copyBox(shape, from, to, undefined) as [Launch];
  const file = module.name.replace(/.*\//, '');
  return tiles ? `${file} ${tiles.Source} to ${tiles.Element}` : file;
}

test('a strided copy moves vectors where both sides allow it', () => {
  const from = (...strides: number[]): Layout => ({ offset: 0, strides });
  assert.is(chosen([3, 5], from(5, 1)), 'strided.wgsl u32 to u32');
  assert.is(chosen([4, 5], from(5, 1)), 'strided.wgsl vec4u to vec4u', 'one run of 20');
  assert.is(chosen([3, 8], from(16, 1)), 'strided.wgsl vec4u to vec4u');
  assert.is(chosen([3, 8], from(-8, 1)), 'strided.wgsl vec4u to vec4u');
  assert.is(chosen([3, 8], { offset: 2, strides: [16, 1] }), 'strided.wgsl vec2u to vec2u');
  assert.is(chosen([3, 8], { offset: 1, strides: [16, 1] }), 'strided.wgsl u32 to u32');
  assert.is(chosen([3, 8], from(13, 1)), 'strided.wgsl u32 to u32');
  assert.is(chosen([3, 8], from(16, 2)), 'strided.wgsl u32 to u32');
  assert.is(chosen([3, 8], from(8, 1), windowLayout([3, 10], [0, 2])), 'strided.wgsl vec2u to vec2u');
  assert.is(chosen([3, 8], from(1, 0)), 'strided.wgsl u32 to vec4u');
  assert.is(chosen([8, 12], from(1, 8)), 'transpose.wgsl');
  assert.is(chosen([2, 8, 12], from(96, 1, 8)), 'transpose.wgsl');
  assert.is(chosen([7, 12], from(1, 7)), 'strided.wgsl u32 to u32');
  assert.equal(copyBox([0, 3], from(3, 1), wholeLayout([0, 3]), undefined), []);
});

test.run();
