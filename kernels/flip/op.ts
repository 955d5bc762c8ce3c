import { callOp } from '../../core/apply.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { normalizeAxes } from '../../core/shape.js';
import { Tensor, requireTensors } from '../../core/tensor.js';
import { RUN_VARIANTS } from '../runs.js';
import { copyBox, movingCost, wholeLayout, windowLayout } from '../strided/plan.js';
import { flipCpu } from './cpu.js';

/** Distinct axes, 0 .. rank-1. */
export interface FlipAttrs {
  axes: readonly number[];
}

export const flipOp = defineOp<KernelOp<FlipAttrs>>({
  name: 'flip',
  inputs: ['x'],
  infer([{ shape, dtype }], { axes }) {
    if (new Set(axes).size !== axes.length || axes.some((axis) => shape[axis] === undefined)) {
      throw new ShapeError(`flip: axes [${axes}] must be distinct axes of shape [${shape}]`);
    }
    return [{ shape, dtype }];
  },
  cpu: flipCpu,
  kernel({ inputs: [{ shape }], attrs: { axes }, variant }) {
    const starts = shape.map((extent, axis) => (axes.includes(axis) ? extent - 1 : 0));
    const steps = shape.map((_, axis) => (axes.includes(axis) ? -1 : 1));
    return { launches: copyBox(shape, windowLayout(shape, starts, steps), wholeLayout(shape), variant) };
  },
  variants: RUN_VARIANTS,
  cost: (inputs, outputs) => movingCost(...inputs, ...outputs),
  vjp: ([gradient], { attrs: { axes } }) => [flip(gradient, axes)],
});

declare module '../../core/tensor.js' {
  interface Tensor {
    /** A copy in reverse order along `axes`. */
    flip(axes: number | readonly number[]): Tensor;
  }
}

/**
 * A copy in reverse order along `axes` (negative ones count from the end). Any shape and dtype.
 * ShapeError for an axis that is absent or named twice. PyTorch's name: `torch.flip`.
 */
export function flip(x: Tensor, axes: number | readonly number[]): Tensor {
  requireTensors('flip', { x });
  return callOp('flip', [x], { axes: normalizeAxes('flip', axes, x.rank) });
}

Tensor.prototype.flip = function (axes) {
  return flip(this, axes);
};
