import { requireFloat, requireSameDType } from '../../core/dtype.js';
import { ShapeError, TapegradError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { sameShape, sizeOf } from '../../core/shape.js';
import { gridFor } from '../../core/webgpu/kernel.js';
import runningWgsl from './running.wgsl';

export interface RunningAttrs {
  /** The share of the new batch. */
  momentum: number;
  /** How many values the batch's statistics of one channel are made of. */
  count: number;
}

const NAMES = ['runningMean', 'runningVar', 'mean', 'variance'];

/** Moves running statistics towards those of a batch, whose variance is biased; the running one is not. */
export const updateRunningStatisticsOp = defineOp<KernelOp<RunningAttrs>>({
  name: 'updateRunningStatistics',
  inputs: NAMES,
  outputs: [],
  mutates: ['runningMean', 'runningVar'],
  infer(operands, { momentum, count }) {
    const { shape, dtype } = operands[2];
    requireFloat('updateRunningStatistics', 'mean', dtype);
    requireSameDType('updateRunningStatistics', operands.map((operand) => operand.dtype));
    operands.forEach((operand, i) => {
      if (!sameShape(operand.shape, shape)) {
        throw new ShapeError(`updateRunningStatistics: ${NAMES[i]} [${operand.shape}] must have the shape of the batch's mean, [${shape}]`);
      }
    });
    if (!(momentum >= 0 && momentum <= 1)) {
      throw new TapegradError(`updateRunningStatistics: momentum must be from 0 to 1, got ${momentum}`);
    }
    if (count < 2) throw new ShapeError(`updateRunningStatistics: ${count} values have no unbiased variance; give at least 2`);
    return [];
  },
  cpu([runningMean, runningVar, mean, variance], _outputs, { momentum, count }) {
    for (let i = 0; i < mean.data.length; i++) {
      runningMean.data[i] = (1 - momentum) * runningMean.data[i] + momentum * mean.data[i];
      runningVar.data[i] = (1 - momentum) * runningVar.data[i] + (momentum * variance.data[i] * count) / (count - 1);
    }
  },
  kernel({ inputs: [runningMean], attrs: { momentum, count } }) {
    const vectors = Math.ceil(sizeOf(runningMean.shape) / 4);
    const params = { vectors, momentum, unbiased: count / (count - 1) };
    return { launches: [{ module: runningWgsl, params, workgroups: gridFor(vectors, 64) }] };
  },
  cost: ([{ shape }]) => ({ flops: 7 * sizeOf(shape), bytes: 24 * sizeOf(shape) }),
  vjp: { notDifferentiable: 'it changes its operands in place' },
});
