import { applyOp } from '../../core/apply.js';
import { ShapeError, TapegradError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions, requireNumber } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { type NormalizeAttrs, defineNormalization, withParameters } from '../normalize/define.js';
import { batchLayout, valuesOfGroup } from '../normalize/layout.js';
import { batchNormEvalOp } from './eval.js';
import { updateRunningStatisticsOp } from './running.js';

export const batchNormOp = defineNormalization<NormalizeAttrs>({
  name: 'batchNorm',
  layout(op, x) {
    const layout = batchLayout(op, x);
    if (valuesOfGroup(layout) === 1) {
      throw new ShapeError(`${op}: x [${x}] has one value a channel, which has no variance; train with at least 2, or use eval mode`);
    }
    return layout;
  },
  parameters: (x) => [x[1]],
  givesStatistics: true,
});

export interface BatchNormOptions {
  /** Scales each channel, [channels]. Default: 1. */
  weight?: Tensor | null;
  /** Is added to each channel, [channels]. Default: 0. */
  bias?: Tensor | null;
  /** Running statistics, [channels]: changed in place by training, used by eval. Training can do without. */
  runningMean?: Tensor | null;
  runningVar?: Tensor | null;
  /** Normalise by the statistics of this batch, and move the running ones towards them. Default false, as in PyTorch. */
  training?: boolean;
  /** The share of this batch in the running statistics. Default 0.1. */
  momentum?: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

/**
 * (x - mean) / sqrt(variance + eps) * weight + bias for each channel of x [batch, channels, ...]. In training, mean and biased
 * variance are those of the batch (at least two values a channel), and running = (1 - momentum) * running + momentum *
 * batch, with the unbiased variance; otherwise they are the running ones. Float tensors of one dtype.
 * PyTorch's name: `torch.nn.functional.batch_norm`.
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  const { weight, bias, runningMean, runningVar, training, momentum, eps } = readOptions('batchNorm', options, {
    weight: undefined, bias: undefined, runningMean: undefined, runningVar: undefined, training: false, momentum: 0.1, eps: 1e-5,
  });
  requireNumber('batchNorm', 'momentum', momentum);
  if (!runningMean !== !runningVar) throw new TapegradError('batchNorm: give both of runningMean and runningVar, or none');
  return scope(() => {
    const [, ...parameters] = withParameters('batchNorm', x, weight, bias);
    if (training) {
      const [out, mean, variance] = applyOp(batchNormOp, [x, ...parameters], { eps });
      const count = x.size / mean.size;
      if (runningMean && runningVar && count > 0) {
        applyOp(updateRunningStatisticsOp, [runningMean, runningVar, mean, variance], { momentum, count });
      }
      return out;
    }
    if (!runningMean || !runningVar) {
      throw new TapegradError('batchNorm: eval mode needs runningMean and runningVar; give both, or set training: true');
    }
    return applyOp(batchNormEvalOp, [x, runningMean, runningVar, ...parameters], { eps })[0];
  });
}
