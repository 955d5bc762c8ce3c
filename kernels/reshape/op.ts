import { callOp } from '../../core/apply.js';
import { ShapeError } from '../../core/errors.js';
import { type ViewOp, defineOp } from '../../core/op.js';
import { type Shape, normalizeAxis, resolveReshape } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';

export const reshapeOp = defineOp<ViewOp<{ shape: Shape }>>({
  name: 'reshape',
  inputs: ['x'],
  view: true,
  infer: ([x], { shape }) => [{ shape: resolveReshape('reshape', x.shape, shape), dtype: x.dtype }],
  vjp: ([gradient], { inputs: [x] }) => [reshape(gradient, x.shape)],
});

declare module '../../core/tensor.js' {
  interface Tensor {
    /** The same elements in another shape; one extent may be -1. Shares the storage. */
    reshape(shape: Shape): Tensor;
    /** Merges the axes from `startAxis` (default 0) to `endAxis` (default the last). */
    flatten(startAxis?: number, endAxis?: number): Tensor;
    /** Drops an axis of extent 1. */
    squeeze(axis: number): Tensor;
    /** Adds an axis of extent 1 before `axis`. */
    unsqueeze(axis: number): Tensor;
  }
}

/** The same elements in another shape; one extent may be -1. Shares the storage. PyTorch's name: `torch.reshape`. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return callOp('reshape', [x], { shape });
}

Tensor.prototype.reshape = function (shape) {
  return reshape(this, shape);
};

Tensor.prototype.flatten = function (startAxis = 0, endAxis = -1) {
  const rank = Math.max(this.rank, 1); // a scalar becomes a vector
  const start = normalizeAxis('flatten', startAxis, rank);
  const end = normalizeAxis('flatten', endAxis, rank);
  if (start > end) throw new ShapeError(`flatten: startAxis ${startAxis} lies after endAxis ${endAxis} of shape [${this.shape}]; swap them`);
  const merged = this.shape.slice(start, end + 1).reduce((product, extent) => product * extent, 1);
  return reshape(this, [...this.shape.slice(0, start), merged, ...this.shape.slice(end + 1)]);
};

Tensor.prototype.squeeze = function (axis) {
  const at = normalizeAxis('squeeze', axis, this.rank);
  return this.shape[at] === 1 ? reshape(this, this.shape.filter((_, i) => i !== at)) : this.alias();
};

Tensor.prototype.unsqueeze = function (axis) {
  const at = normalizeAxis('unsqueeze', axis, this.rank + 1);
  return reshape(this, [...this.shape.slice(0, at), 1, ...this.shape.slice(at)]);
};
