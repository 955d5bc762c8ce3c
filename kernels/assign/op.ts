import { applyOp } from '../../core/apply.js';
import { requireSameDType } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { sameShape, sizeOf } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { RUN_VARIANTS, flatWalk } from '../runs.js';
import assignWgsl from './assign.wgsl';
import { assignCpu } from './cpu.js';

export const assignOp = defineOp<KernelOp<object>>({
  name: 'assign',
  inputs: ['destination', 'source'],
  outputs: [],
  mutates: ['destination'],
  infer([destination, source]) {
    requireSameDType('assign', [destination.dtype, source.dtype]);
    if (!sameShape(destination.shape, source.shape)) {
      throw new ShapeError(`assign: a source of shape [${source.shape}] does not fit [${destination.shape}]; reshape() it`);
    }
    return [];
  },
  cpu: assignCpu,
  kernel({ inputs: [destination], variant }) {
    return { launches: [{ module: assignWgsl, ...flatWalk(sizeOf(destination.shape), variant) }] };
  },
  variants: RUN_VARIANTS,
  cost: ([destination]) => ({ flops: 0, bytes: 8 * sizeOf(destination.shape) }),
  vjp: { notDifferentiable: 'it changes its destination in place' },
});

/**
 * Overwrites the values of `destination` by those of `source` (same shape, dtype and device); all handles that share its
 * storage see the change. PyTorch's name: `copy_`.
 */
export function assign(destination: Tensor, source: Tensor): void {
  applyOp(assignOp, [destination, source], {});
}
