import { applyOp } from '../../core/apply.js';
import { scope } from '../../core/memory.js';
import { readOptions, requireArray } from '../../core/options.js';
import type { Shape } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { type NormalizeAttrs, defineNormalization, withParameters } from '../normalize/define.js';
import { layerLayout } from '../normalize/layout.js';

interface LayerNormAttrs extends NormalizeAttrs {
  normalizedShape: Shape;
}

export const layerNormOp = defineNormalization<LayerNormAttrs>({
  name: 'layerNorm',
  layout: (op, x, { normalizedShape }) => layerLayout(op, x, normalizedShape),
  parameters: (_x, { normalizedShape }) => normalizedShape,
});

export interface LayerNormOptions {
  /** Scales each place of the normalised axes; of their shape. Default: 1. */
  weight?: Tensor | null;
  /** Is added to each place of the normalised axes; of their shape. Default: 0. */
  bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

/**
 * (x - mean) / sqrt(variance + eps) * weight + bias, with the mean and biased variance over the last axes of x, whose extents
 * are `normalizedShape` (one number: the last axis). Float tensors of one dtype; the result has the shape of x.
 * PyTorch's name: `torch.nn.functional.layer_norm`.
 */
export function layerNorm(x: Tensor, normalizedShape: number | Shape, options: LayerNormOptions = {}): Tensor {
  const { weight, bias, eps } = readOptions('layerNorm', options, { weight: undefined, bias: undefined, eps: 1e-5 });
  if (typeof normalizedShape !== 'number') requireArray('layerNorm', 'normalizedShape', normalizedShape);
  const shape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
  return scope(() => applyOp(layerNormOp, withParameters('layerNorm', x, weight, bias), { normalizedShape: shape, eps })[0]);
}
