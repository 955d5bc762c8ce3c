import { callOp } from '../../core/apply.js';
import { requireFloat } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { REQUIRED, readOptions } from '../../core/options.js';
import { type Shape, checkShape, normalizeAxis, sizeOf } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import type { Launch } from '../../core/webgpu/kernel.js';
import { checkAxis, checkIndexList, missingBits } from '../indexing.js';
import { RUN_VARIANTS, rowWalk } from '../runs.js';
import { sortEntries } from '../sortEntries/plan.js';
import { movingCost } from '../strided/plan.js';
import { indexSelectCpu, indexSelectGradCpu } from './cpu.js';
import indexSelectWgsl from './indexSelect.wgsl';
import indexSelectGradWgsl from './indexSelectGrad.wgsl';

/** How a kernel sees the elements of a row: one by one, or as vec4s where they come out even. */
function itemsOf(shape: Shape, axis: number): { isVector: boolean; size: number; inner: number } {
  const inner = sizeOf(shape.slice(axis + 1));
  const isVector = inner % 4 === 0;
  const width = isVector ? 4 : 1;
  return { isVector, size: sizeOf(shape) / width, inner: inner / width };
}

export const indexSelectOp = defineOp<KernelOp<{ axis: number }>>({
  name: 'indexSelect',
  inputs: ['x', 'index'],
  infer([x, index], { axis }) {
    checkIndexList('indexSelect', index);
    checkAxis('indexSelect', axis, x.shape.length);
    return [{ shape: x.shape.with(axis, index.shape[0]), dtype: x.dtype }];
  },
  cpu: indexSelectCpu,
  kernel({ inputs: [x, index], outputs: [out], attrs: { axis }, variant }) {
    const { isVector, size, inner } = itemsOf(out.shape, axis);
    if (size === 0) return { launches: [] };
    const { params, ...walk } = rowWalk(size / inner, inner, variant);
    const tiles = { Item: isVector ? 'vec4u' : 'u32' };
    const reads = { count: index.shape[0], extent: x.shape[axis], missing: missingBits(x.dtype) };
    return { launches: [{ module: indexSelectWgsl, ...walk, tiles, params: { inner, ...params, ...reads } }] };
  },
  variants: RUN_VARIANTS,
  saves: () => ['index'],
  vjp: ([gradient], { attrs: { axis }, inputs: [x], saved }) => [
    callOp('indexSelectGrad', [gradient, saved('index')], { axis, extent: x.shape[axis] }),
    null,
  ],
});

/** The gradient of `indexSelect`: the rows of `gradient` added up at their places in a tensor with `extent` rows. */
export const indexSelectGradOp = defineOp<KernelOp<{ axis: number; extent: number }>>({
  name: 'indexSelectGrad',
  inputs: ['gradient', 'index'],
  infer([gradient, index], { axis, extent }) {
    requireFloat('indexSelectGrad', 'gradient', gradient.dtype);
    checkIndexList('indexSelectGrad', index);
    checkAxis('indexSelectGrad', axis, gradient.shape.length);
    if (gradient.shape[axis] !== index.shape[0]) {
      throw new ShapeError(
        `indexSelectGrad: gradient of shape [${gradient.shape}] must have one row on axis ${axis} for each entry of index [${index.shape}]`,
      );
    }
    const shape = gradient.shape.with(axis, extent);
    checkShape('indexSelectGrad', shape);
    return [{ shape, dtype: gradient.dtype }];
  },
  cpu: indexSelectGradCpu,
  kernel({ inputs: [, index], outputs: [out], attrs: { axis, extent }, variant }) {
    const { isVector, size, inner } = itemsOf(out.shape, axis);
    if (size === 0) return { launches: [] };
    const count = index.shape[0];
    const { params, ...walk } = rowWalk(size / inner, inner, variant);
    const tiles = { Item: isVector ? 'vec4f' : 'f32' };
    const sorted = sortEntries(index.shape, 0, extent);
    const add: Launch = {
      ...walk, module: indexSelectGradWgsl, tiles, params: { inner, ...params, count, extent }, bind: { order: sorted.order },
    };
    return { scratch: sorted.scratch, launches: [...sorted.launches, add] };
  },
  variants: RUN_VARIANTS,
  cost: (inputs, outputs) => ({ ...movingCost(...inputs, ...outputs), flops: sizeOf(inputs[0].shape) }),
  saves: () => ['index'],
  vjp: ([gradient], { attrs: { axis }, saved }) => [callOp('indexSelect', [gradient, saved('index')], { axis }), null],
});

declare module '../../core/tensor.js' {
  interface Tensor {
    /** The slices along `axis` that `index` names, in its order. See `indexSelect`. */
    indexSelect(index: Tensor, options: { axis: number }): Tensor;
  }
}

/**
 * The slices of x along `axis` (which may be negative) that `index` names, in its order and as often as it names them:
 * out[.., k, ..] = x[.., index[k], ..]. `index` is int32 with one axis. PyTorch's name: `torch.index_select`.
 *
 * An index outside 0 .. extent-1 throws a ShapeError on the CPU; on WebGPU its slice is NaN (0 for int32) and gets no gradient.
 */
export function indexSelect(x: Tensor, index: Tensor, options: { axis: number }): Tensor {
  const { axis } = readOptions('indexSelect', options, { axis: REQUIRED });
  return callOp('indexSelect', [x, index], { axis: normalizeAxis('indexSelect', axis, x.rank) });
}

Tensor.prototype.indexSelect = function (index, options) {
  return indexSelect(this, index, options);
};
