import { ShapeError } from '../../core/errors.js';
import type { Shape } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { fans, kaimingUniform, uniform } from '../init.js';
import { parameter } from '../module.js';
import { FACTORY, type FactoryOptions, requireCounts } from './options.js';

/** For `readOptions`: what is not given of the geometry is left to the op. */
export const CONV_DEFAULTS = { stride: undefined, padding: undefined, dilation: undefined, groups: 1, bias: true, ...FACTORY };

/** Throws unless channels and kernel extents are counts, and the channels fall into groups. */
export function checkConvolution(
  layer: string, inChannels: number, outChannels: number, kernel: Readonly<Record<string, number>>, groups: number,
): void {
  requireCounts(layer, { inChannels, outChannels, ...kernel, groups });
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new ShapeError(`${layer}: ${inChannels} channels in and ${outChannels} out do not divide into ${groups} groups`);
  }
}

/** Weight of `shape` and bias [outChannels], uniform within 1 / sqrt(shape[1] * kernel area), as PyTorch starts them. */
export function convParameters(shape: Shape, outChannels: number, bias: boolean, factory: FactoryOptions): { weight: Tensor; bias: Tensor | null } {
  const bound = 1 / Math.sqrt(fans(shape).fanIn);
  return {
    weight: parameter(kaimingUniform(shape, { a: Math.sqrt(5), ...factory })),
    bias: bias ? parameter(uniform([outChannels], -bound, bound, factory)) : null,
  };
}
