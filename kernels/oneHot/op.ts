import { callOp } from '../../core/apply.js';
import { type DType, requireInt } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { readOptions } from '../../core/options.js';
import { checkShape, sizeOf } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { bitsOf } from '../fill/op.js';
import { RUN_VARIANTS, rowWalk } from '../runs.js';
import { oneHotCpu } from './cpu.js';
import oneHotWgsl from './oneHot.wgsl';

export const oneHotOp = defineOp<KernelOp<{ classes: number; dtype: DType }>>({
  name: 'oneHot',
  inputs: ['index'],
  infer([index], { classes, dtype }) {
    requireInt('oneHot', 'index', index.dtype);
    if (!Number.isInteger(classes) || classes < 1) {
      throw new ShapeError(`oneHot: classes must be a whole number from 1, got ${classes}, for an index of shape [${index.shape}]`);
    }
    const shape = [...index.shape, classes];
    checkShape('oneHot', shape);
    return [{ shape, dtype }];
  },
  cpu: oneHotCpu,
  kernel({ inputs: [index], outputs: [out], attrs: { classes }, variant }) {
    const { params, ...walk } = rowWalk(sizeOf(index.shape), classes, variant);
    return { launches: [{ module: oneHotWgsl, ...walk, params: { classes, ...params, one: bitsOf(1, out.dtype) } }] };
  },
  variants: RUN_VARIANTS,
  vjp: { notDifferentiable: 'an index has no gradient' },
});

/**
 * A new last axis of extent `classes`, with 1 at the index and 0 elsewhere. `index` is int32 of any shape; the result
 * has `dtype` (default float32; PyTorch's is int64). PyTorch's name: `torch.nn.functional.one_hot`.
 *
 * An index outside 0 .. classes-1 throws a ShapeError on the CPU; on WebGPU its row is all 0.
 */
export function oneHot(index: Tensor, classes: number, options: { dtype?: DType } = {}): Tensor {
  const { dtype } = readOptions('oneHot', options, { dtype: 'float32' });
  return callOp('oneHot', [index], { classes, dtype });
}
