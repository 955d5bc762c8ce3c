import { callOp } from '../../core/apply.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { requireArray } from '../../core/options.js';
import { type Shape, broadcastStrides, checkShape } from '../../core/shape.js';
import { Tensor, requireTensors } from '../../core/tensor.js';
import { RUN_VARIANTS } from '../runs.js';
import { copyBox, movingCost, wholeLayout } from '../strided/plan.js';
import { expandCpu } from './cpu.js';

export const expandOp = defineOp<KernelOp<{ shape: Shape }>>({
  name: 'expand',
  inputs: ['x'],
  broadcasts: true,
  infer([x], { shape }) {
    checkShape('expand', shape);
    const lead = shape.length - x.shape.length;
    if (lead < 0 || x.shape.some((extent, axis) => extent !== 1 && extent !== shape[axis + lead])) {
      throw new ShapeError(
        `expand: shape [${x.shape}] does not stretch to [${shape}]: aligned right, each extent must be equal to it or 1`,
      );
    }
    return [{ shape, dtype: x.dtype }];
  },
  cpu: expandCpu,
  kernel({ inputs: [x], outputs: [out], variant }) {
    const from = { offset: 0, strides: broadcastStrides(x.shape, out.shape) };
    return { launches: copyBox(out.shape, from, wholeLayout(out.shape), variant) };
  },
  variants: RUN_VARIANTS,
  cost: (inputs, outputs) => movingCost(...inputs, ...outputs),
  vjp: ([gradient]) => [gradient],
});

declare module '../../core/tensor.js' {
  interface Tensor {
    /** A copy stretched to `shape`: extents of 1 are repeated, new axes lead, -1 keeps an extent. */
    expand(shape: Shape): Tensor;
  }
}

/**
 * A copy stretched to `shape`: an extent of 1 is repeated, new axes are added in front, -1 keeps an extent. Any dtype.
 * ShapeError where another extent would change. PyTorch's name: `Tensor.expand`, which gives a view.
 */
export function expand(x: Tensor, shape: Shape): Tensor {
  requireTensors('expand', { x });
  requireArray('expand', 'shape', shape);
  const lead = shape.length - x.rank;
  return callOp('expand', [x], { shape: shape.map((extent, axis) => (extent === -1 && axis >= lead ? x.shape[axis - lead] : extent)) });
}

Tensor.prototype.expand = function (shape) {
  return expand(this, shape);
};
