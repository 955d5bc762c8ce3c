import { applyOp } from '../../core/apply.js';
import { scope } from '../../core/memory.js';
import { readOptions } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { type NormalizeAttrs, defineNormalization, withParameters } from '../normalize/define.js';
import { groupLayout } from '../normalize/layout.js';

interface GroupNormAttrs extends NormalizeAttrs {
  groups: number;
}

export const groupNormOp = defineNormalization<GroupNormAttrs>({
  name: 'groupNorm',
  layout: (op, x, { groups }) => groupLayout(op, x, groups),
  parameters: (x) => [x[1]],
});

export interface GroupNormOptions {
  /** Scales each channel, [channels]. Default: 1. */
  weight?: Tensor | null;
  /** Is added to each channel, [channels]. Default: 0. */
  bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

/**
 * (x - mean) / sqrt(variance + eps) * weight + bias for x [batch, channels, ...], with the mean and biased variance of each
 * sample's `groups` runs of neighbouring channels; `groups` divides the channels. One group a channel is instance
 * normalisation. Float tensors of one dtype. PyTorch's name: `torch.nn.functional.group_norm`.
 */
export function groupNorm(x: Tensor, groups: number, options: GroupNormOptions = {}): Tensor {
  const { weight, bias, eps } = readOptions('groupNorm', options, { weight: undefined, bias: undefined, eps: 1e-5 });
  return scope(() => applyOp(groupNormOp, withParameters('groupNorm', x, weight, bias), { groups, eps })[0]);
}
