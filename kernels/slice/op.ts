import { callOp } from '../../core/apply.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { readOptions, requireArray } from '../../core/options.js';
import { type Shape, checkShape, normalizeAxis, sameShape } from '../../core/shape.js';
import { Tensor, requireTensors } from '../../core/tensor.js';
import { RUN_VARIANTS } from '../runs.js';
import { type Layout, copyBox, movingCost, planOnGround, wholeLayout, windowLayout } from '../strided/plan.js';
import { sliceCpu, sliceGradCpu } from './cpu.js';
import { type AxisSlice, type SliceRange, checkSlices, resolveRanges } from './ranges.js';

/** One slice an axis. */
export interface SliceAttrs {
  slices: readonly AxisSlice[];
}

/** Also the shape that was sliced. */
export interface SliceGradAttrs extends SliceAttrs {
  shape: Shape;
}

/** Where the sliced elements stand in a tensor of `shape`. */
function slicedLayout(shape: Shape, slices: readonly AxisSlice[]): Layout {
  return windowLayout(shape, slices.map(({ start }) => start), slices.map(({ step }) => step));
}

export const sliceOp = defineOp<KernelOp<SliceAttrs>>({
  name: 'slice',
  inputs: ['x'],
  infer([x], { slices }) {
    checkSlices('slice', x.shape, slices);
    return [{ shape: slices.map(({ length }) => length), dtype: x.dtype }];
  },
  cpu: sliceCpu,
  kernel({ inputs: [x], outputs: [out], attrs: { slices }, variant }) {
    return { launches: copyBox(out.shape, slicedLayout(x.shape, slices), wholeLayout(out.shape), variant) };
  },
  variants: RUN_VARIANTS,
  cost: (_inputs, [out]) => movingCost(out, out),
  vjp: ([gradient], { inputs: [x], attrs: { slices } }) => [callOp('sliceGrad', [gradient], { shape: x.shape, slices })],
});

/** The gradient of slice: what was taken goes back to its place among zeros. */
export const sliceGradOp = defineOp<KernelOp<SliceGradAttrs>>({
  name: 'sliceGrad',
  inputs: ['gradient'],
  infer([gradient], { shape, slices }) {
    checkShape('sliceGrad', shape);
    checkSlices('sliceGrad', shape, slices);
    const taken = slices.map(({ length }) => length);
    if (!sameShape(gradient.shape, taken)) {
      throw new ShapeError(`sliceGrad: the gradient has shape [${gradient.shape}], the slice of [${shape}] has [${taken}]`);
    }
    return [{ shape, dtype: gradient.dtype }];
  },
  cpu: sliceGradCpu,
  kernel: (call) => planOnGround(call, slicedLayout(call.outputs[0].shape, call.attrs.slices), 0, 'gradient'),
  variants: RUN_VARIANTS,
  cost: (inputs, outputs) => movingCost(...inputs, ...outputs),
  vjp: ([gradient], { attrs: { slices } }) => [callOp('slice', [gradient], { slices })],
});

declare module '../../core/tensor.js' {
  interface Tensor {
    /** A copy of a part: Python's [start, stop, step] for each axis; null takes an axis whole. */
    slice(ranges: readonly (SliceRange | null)[]): Tensor;
    /** A copy of `length` positions of one axis, from `start` on. */
    narrow(axis: number, start: number, length: number): Tensor;
    /** Copies of successive parts along an axis. */
    split(sizes: number | readonly number[], options?: { axis?: number }): Tensor[];
  }
}

/**
 * A copy of a part of `x`. `ranges` holds Python's [start, stop, step] for each axis: negative bounds count from the
 * end, null stands for an open bound or a whole axis, axes after the last range are whole, steps may be negative. Any
 * dtype. ShapeError for a step of 0 or too many ranges. PyTorch's name: `x[start:stop:step, ...]`, without negative steps.
 */
export function slice(x: Tensor, ranges: readonly (SliceRange | null)[]): Tensor {
  requireTensors('slice', { x });
  return callOp('slice', [x], { slices: resolveRanges('slice', x.shape, ranges) });
}

/** A slice with step 1 of one axis, whose bounds the caller has checked. */
function part(x: Tensor, axis: number, start: number, length: number): Tensor {
  return slice(x, x.shape.map((_, i) => (i === axis ? [start, start + length] : null)));
}

/**
 * A copy of the `length` positions of `axis` from `start` on (a negative start counts from the end). Any dtype.
 * ShapeError where they leave the axis. PyTorch's name: `torch.narrow`, which gives a view.
 */
export function narrow(x: Tensor, axis: number, start: number, length: number): Tensor {
  requireTensors('narrow', { x });
  const at = normalizeAxis('narrow', axis, x.rank);
  const first = start < 0 ? start + x.shape[at] : start;
  if (!Number.isInteger(start) || !Number.isInteger(length) || first < 0 || length < 0 || first + length > x.shape[at]) {
    throw new ShapeError(`narrow: start ${start} and length ${length} leave axis ${at} of shape [${x.shape}]`);
  }
  return part(x, at, first, length);
}

/**
 * Copies of successive parts along `axis` (default 0). `sizes` lists their extents, or is the extent of each, the
 * last one taking what remains. Any dtype. ShapeError unless the parts fill the axis. PyTorch's name: `torch.split`.
 */
export function split(x: Tensor, sizes: number | readonly number[], options: { axis?: number } = {}): Tensor[] {
  requireTensors('split', { x });
  const { axis } = readOptions('split', options, { axis: 0 });
  const at = normalizeAxis('split', axis, x.rank);
  const extent = x.shape[at];
  if (typeof sizes !== 'number') requireArray('split', 'sizes', sizes);
  const list = typeof sizes === 'number' ? equalParts(extent, sizes) : sizes;
  if (list.some((size) => !Number.isInteger(size) || size < 0) || list.reduce((total, size) => total + size, 0) !== extent) {
    throw new ShapeError(
      `split: sizes [${sizes}] must be whole numbers that add up to ${extent}, the extent of axis ${at} of shape [${x.shape}]`,
    );
  }
  let end = 0;
  return list.map((size) => part(x, at, (end += size) - size, size));
}

/** `size` again and again, then the rest; an empty axis gives one empty part. */
function equalParts(extent: number, size: number): number[] {
  if (!Number.isInteger(size) || size < 1) throw new ShapeError(`split: parts of size ${size}; take a whole number from 1`);
  return Array.from({ length: Math.max(1, Math.ceil(extent / size)) }, (_, i) => Math.min(size, extent - i * size));
}

Tensor.prototype.slice = function (ranges) {
  return slice(this, ranges);
};

Tensor.prototype.narrow = function (axis, start, length) {
  return narrow(this, axis, start, length);
};

Tensor.prototype.split = function (sizes, options) {
  return split(this, sizes, options);
};
