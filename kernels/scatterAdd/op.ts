import { callOp } from '../../core/apply.js';
import { requireSameDType } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { REQUIRED, readOptions } from '../../core/options.js';
import { contiguousStrides, normalizeAxis, sameShape, sizeOf } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { type Launch, gridFor, padTo, scratchFits, wgslType } from '../../core/webgpu/kernel.js';
import { gather } from '../gather/op.js';
import { checkIndexAlong } from '../indexing.js';
import { sortEntries } from '../sortEntries/plan.js';
import { scatterAddCpu } from './cpu.js';
import scatterAddWgsl from './scatterAdd.wgsl';

/**
 * Entries of a line that each element walks; more are sorted first. With as many elements as entries, a sort takes as long as a
 * walk of 35 on lavapipe, of 25 on SwiftShader.
 */
const LONGEST_WALK = 32;

export const scatterAddOp = defineOp<KernelOp<{ axis: number }>>({
  name: 'scatterAdd',
  inputs: ['x', 'index', 'source'],
  infer([x, index, source], { axis }) {
    checkIndexAlong('scatterAdd', x, index, axis);
    if (!sameShape(source.shape, index.shape)) {
      throw new ShapeError(
        `scatterAdd: source of shape [${source.shape}] and index of shape [${index.shape}] must have the same shape; slice the larger one`,
      );
    }
    return [{ shape: x.shape, dtype: requireSameDType('scatterAdd', [x.dtype, source.dtype]) }];
  },
  cpu: scatterAddCpu,
  kernel({ inputs: [x, index], attrs: { axis }, limits }) {
    const size = sizeOf(x.shape);
    const params = {
      shape: padTo(x.shape, 8, 1),
      entries: padTo(index.shape, 8, 1),
      entry_strides: padTo(contiguousStrides(index.shape), 8, 0),
      rank: x.shape.length,
      size,
      axis,
    };
    const add: Launch = { module: scatterAddWgsl, tiles: { Element: wgslType(x.dtype) }, params, workgroups: gridFor(size, 64) };
    const walk = { launches: [add] };
    if (index.shape[axis] <= LONGEST_WALK || sizeOf(index.shape) === 0 || size === 0) return walk;
    const { launches, scratch, order } = sortEntries(index.shape, axis, x.shape[axis]);
    const sorted = { scratch, launches: [...launches, { ...add, entryPoint: 'main_sorted', bind: { order } }] };
    return scratchFits(sorted, limits) ? sorted : walk;
  },
  cost: ([x, index]) => ({ flops: sizeOf(index.shape), bytes: 8 * sizeOf(x.shape) + 8 * sizeOf(index.shape) }),
  saves: ([, , source]) => [source && 'index'],
  vjp: ([gradient], { attrs, needs, saved }) => [
    needs[0] ? gradient : null,
    null,
    needs[2] ? gather(gradient, saved('index'), attrs) : null,
  ],
});

declare module '../../core/tensor.js' {
  interface Tensor {
    /** This tensor with `source` added at `index`, which counts along `axis`; a new tensor. See `scatterAdd`. */
    scatterAdd(index: Tensor, source: Tensor, options: { axis: number }): Tensor;
  }
}

/**
 * A copy of x with source[.., j, ..] added at [.., index[.., j, ..], ..], j and the index standing on `axis` (which may
 * be negative). `index` is int32 and has x's rank; its other extents may be smaller than x's. `source` has the shape of
 * `index` and the dtype of x. Entries that point to one place are added in their order, so the result is the same bits
 * each time. PyTorch's name: `torch.scatter_add`.
 *
 * An index outside 0 .. extent-1 throws a ShapeError on the CPU; on WebGPU its entry is added nowhere.
 */
export function scatterAdd(x: Tensor, index: Tensor, source: Tensor, options: { axis: number }): Tensor {
  const { axis } = readOptions('scatterAdd', options, { axis: REQUIRED });
  return callOp('scatterAdd', [x, index, source], { axis: normalizeAxis('scatterAdd', axis, x.rank) });
}

Tensor.prototype.scatterAdd = function (index, source, options) {
  return scatterAdd(this, index, source, options);
};
