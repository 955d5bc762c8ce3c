import { callOp } from '../../core/apply.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { requireArray } from '../../core/options.js';
import { contiguousStrides, normalizeAxis } from '../../core/shape.js';
import { Tensor, requireTensors } from '../../core/tensor.js';
import { RUN_VARIANTS } from '../runs.js';
import { copyBox, movingCost, wholeLayout } from '../strided/plan.js';
import { permuteCpu } from './cpu.js';

/** Output axis i is input axis `axes[i]`. */
export interface PermuteAttrs {
  axes: readonly number[];
}

export const permuteOp = defineOp<KernelOp<PermuteAttrs>>({
  name: 'permute',
  inputs: ['x'],
  infer([{ shape, dtype }], { axes }) {
    if (axes.length !== shape.length || shape.some((_, axis) => !axes.includes(axis))) {
      throw new ShapeError(`permute: axes [${axes}] must name each of the ${shape.length} axes of shape [${shape}] once`);
    }
    return [{ shape: axes.map((axis) => shape[axis]), dtype }];
  },
  cpu: permuteCpu,
  kernel({ inputs: [x], outputs: [out], attrs: { axes }, variant }) {
    const strides = contiguousStrides(x.shape);
    const from = { offset: 0, strides: axes.map((axis) => strides[axis]) };
    return { launches: copyBox(out.shape, from, wholeLayout(out.shape), variant) };
  },
  variants: RUN_VARIANTS,
  cost: (inputs, outputs) => movingCost(...inputs, ...outputs),
  vjp: ([gradient], { attrs: { axes } }) => [permute(gradient, axes.map((_, axis) => axes.indexOf(axis)))],
});

declare module '../../core/tensor.js' {
  interface Tensor {
    /** A copy with the axes in another order: axis i of the result is axis `axes[i]`. */
    permute(axes: readonly number[]): Tensor;
    /** A copy with two axes swapped; default the last two. */
    transpose(axisA?: number, axisB?: number): Tensor;
  }
}

/**
 * A copy with the axes in another order: axis i of the result is axis `axes[i]` of `x` (negative ones count from the
 * end). Any dtype. ShapeError unless each axis is named once. PyTorch's name: `torch.permute`, which gives a view.
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  requireTensors('permute', { x });
  requireArray('permute', 'axes', axes);
  return callOp('permute', [x], { axes: axes.map((axis) => normalizeAxis('permute', axis, x.rank)) });
}

/**
 * A copy with two axes swapped; default the last two. Any dtype, rank 2 or more.
 * PyTorch's name: `torch.transpose`, which gives a view and has no default axes.
 */
export function transpose(x: Tensor, axisA = -2, axisB = -1): Tensor {
  requireTensors('transpose', { x });
  const a = normalizeAxis('transpose', axisA, x.rank);
  const b = normalizeAxis('transpose', axisB, x.rank);
  return permute(x, x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)));
}

Tensor.prototype.permute = function (axes) {
  return permute(this, axes);
};

Tensor.prototype.transpose = function (axisA, axisB) {
  return transpose(this, axisA, axisB);
};
