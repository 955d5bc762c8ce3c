import { applyOp, callOp } from '../../core/apply.js';
import { requireSameDType } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { readOptions } from '../../core/options.js';
import { type Shape, checkShape, normalizeAxis, sameShape } from '../../core/shape.js';
import { Tensor, requireTensorArray, requireTensors } from '../../core/tensor.js';
import { listShapes, shapesOf } from '../concat/op.js';
import { RUN_VARIANTS } from '../runs.js';
import { type Layout, copyBox, movingCost, wholeLayout } from '../strided/plan.js';
import { stackCpu, unbindCpu } from './cpu.js';

/*
 * Stack and unbind undo each other, and each is the other's gradient. A sequence that is unbound into steps thus costs one
 * pass over its memory each way: a slice for each step would make a gradient of the whole length for each step.
 */

export interface StackAttrs {
  /** The axis that only the whole has. */
  axis: number;
}

/** Where part `k` stands in the whole of `shape`. */
function partLayout(shape: Shape, axis: number, k: number): Layout {
  const { strides } = wholeLayout(shape);
  return { offset: k * strides[axis], strides: strides.toSpliced(axis, 1) };
}

export const stackOp: KernelOp<StackAttrs> = defineOp({
  name: 'stack',
  inputs: ['...x'],
  infer(inputs, { axis }) {
    const shapes = shapesOf('stack', inputs);
    const other = shapes.find((shape) => !sameShape(shape, shapes[0]));
    if (other) {
      throw new ShapeError(`stack: shapes ${listShapes([shapes[0], other])} must be equal; use concat() to join along an axis they have`);
    }
    const shape = shapes[0].toSpliced(axis, 0, shapes.length);
    checkShape('stack', shape);
    return [{ shape, dtype: requireSameDType('stack', inputs.map((input) => input.dtype)) }];
  },
  cpu: stackCpu,
  kernel({ inputs, outputs: [out], attrs: { axis }, variant }) {
    return { launches: inputs.flatMap(({ shape }, k) => copyBox(shape, wholeLayout(shape), partLayout(out.shape, axis, k), variant, `x${k}`)) };
  },
  variants: RUN_VARIANTS,
  cost: (inputs, outputs) => movingCost(...inputs, ...outputs),
  vjp: ([gradient], { attrs }) => applyOp(unbindOp, [gradient], attrs),
});

export const unbindOp: KernelOp<StackAttrs> = defineOp({
  name: 'unbind',
  inputs: ['x'],
  outputs: ['...out'],
  infer([{ shape, dtype }], { axis }) {
    if (shape[axis] === undefined) throw new ShapeError(`unbind: shape [${shape}] has no axis ${axis}`);
    return Array.from({ length: shape[axis] }, () => ({ shape: shape.toSpliced(axis, 1), dtype }));
  },
  cpu: unbindCpu,
  kernel({ inputs: [x], outputs, attrs: { axis }, variant }) {
    const launches = outputs.flatMap(({ shape }, k) =>
      copyBox(shape, partLayout(x.shape, axis, k), wholeLayout(shape), variant).map((launch) => ({ ...launch, bind: { out: `out${k}` } })));
    return { launches };
  },
  variants: RUN_VARIANTS,
  cost: (inputs, outputs) => movingCost(...inputs, ...outputs),
  vjp: (gradients, { attrs }) => applyOp(stackOp, gradients, attrs),
});

declare module '../../core/tensor.js' {
  interface Tensor {
    /** The parts along an axis, without that axis. See the function `unbind`. */
    unbind(options?: { axis?: number }): Tensor[];
  }
}

/**
 * The tensors side by side along a new axis, which becomes axis `axis` of the result (default 0; negative counts from
 * the end). One dtype and one shape, else DTypeError or ShapeError. PyTorch's name: `torch.stack`.
 */
export function stack(tensors: readonly Tensor[], options: { axis?: number } = {}): Tensor {
  requireTensorArray('stack', 'tensors', tensors);
  const { axis } = readOptions('stack', options, { axis: 0 });
  const [first] = shapesOf('stack', tensors);
  return callOp('stack', tensors, { axis: normalizeAxis('stack', axis, first.length + 1) });
}

/**
 * Copies of the parts along `axis` (default 0; negative counts from the end), which they lack: [time, batch, features]
 * gives `time` tensors [batch, features]. Any dtype; the reverse of `stack`. PyTorch's name: `torch.unbind`, which gives views.
 */
export function unbind(x: Tensor, options: { axis?: number } = {}): Tensor[] {
  requireTensors('unbind', { x });
  const { axis } = readOptions('unbind', options, { axis: 0 });
  return applyOp(unbindOp, [x], { axis: normalizeAxis('unbind', axis, x.rank) });
}

Tensor.prototype.unbind = function (options) {
  return unbind(this, options);
};
