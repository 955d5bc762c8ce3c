import { callOp, makeZeros } from '../../core/apply.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { REQUIRED, readOptions } from '../../core/options.js';
import { collapseAxes, contiguousStrides, normalizeAxis, sizeOf } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { gridFor, padTo } from '../../core/webgpu/kernel.js';
import { checkIndexAlong, missingBits } from '../indexing.js';
import { RUN_VARIANTS, walkWithin } from '../runs.js';
import { gatherCpu } from './cpu.js';
import gatherWgsl from './gather.wgsl';

export const gatherOp = defineOp<KernelOp<{ axis: number }>>({
  name: 'gather',
  inputs: ['x', 'index'],
  infer([x, index], { axis }) {
    checkIndexAlong('gather', x, index, axis);
    return [{ shape: index.shape, dtype: x.dtype }];
  },
  cpu: gatherCpu,
  kernel({ inputs: [x], outputs: [out], attrs: { axis }, variant }) {
    const strides = contiguousStrides(x.shape);
    const lines = collapseAxes(out.shape, [strides.with(axis, 0)]);
    const size = sizeOf(out.shape);
    const { run, abreast } = walkWithin(lines.shape.at(-1) ?? 1, variant);
    const params = {
      shape: padTo(lines.shape, 8, 1),
      strides: padTo(lines.strides[0], 8, 0),
      rank: lines.shape.length,
      size,
      run,
      inner_stride: lines.strides[0].at(-1) ?? 0,
      axis_extent: x.shape[axis],
      axis_stride: strides[axis],
      missing: missingBits(x.dtype),
    };
    return { launches: [{ module: gatherWgsl, overrides: { ABREAST: abreast }, params, workgroups: gridFor(size / run, 64) }] };
  },
  variants: RUN_VARIANTS,
  saves: () => ['index'],
  vjp: ([gradient], { attrs, inputs: [x], saved }) => [
    callOp('scatterAdd', [makeZeros(x, gradient.backend), saved('index'), gradient], attrs),
    null,
  ],
});

declare module '../../core/tensor.js' {
  interface Tensor {
    /** One value of this tensor for each entry of `index`, which counts along `axis`. See `gather`. */
    gather(index: Tensor, options: { axis: number }): Tensor;
  }
}

/**
 * out[.., j, ..] = x[.., index[.., j, ..], ..], with j and the index standing on `axis` (which may be negative).
 * `index` is int32 and has x's rank; its other extents may be smaller than x's. The result has the shape of `index`
 * and the dtype of x. PyTorch's name: `torch.gather`.
 *
 * An index outside 0 .. extent-1 throws a ShapeError on the CPU; on WebGPU the element is NaN (0 for int32).
 */
export function gather(x: Tensor, index: Tensor, options: { axis: number }): Tensor {
  const { axis } = readOptions('gather', options, { axis: REQUIRED });
  return callOp('gather', [x, index], { axis: normalizeAxis('gather', axis, x.rank) });
}

Tensor.prototype.gather = function (index, options) {
  return gather(this, index, options);
};
