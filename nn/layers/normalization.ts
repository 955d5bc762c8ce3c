import { ShapeError } from '../../core/errors.js';
import { readOptions, requireNumber } from '../../core/options.js';
import type { Shape } from '../../core/shape.js';
import { type Tensor, requireTensor } from '../../core/tensor.js';
import { batchNorm } from '../../kernels/batchNorm/op.js';
import { groupNorm } from '../../kernels/groupNorm/op.js';
import { layerNorm } from '../../kernels/layerNorm/op.js';
import { ones, zeros } from '../init.js';
import { Module, buffer, parameter } from '../module.js';
import { FACTORY, type FactoryOptions, requireCounts } from './options.js';

export interface BatchNormLayerOptions extends FactoryOptions {
  /** Added to the variance; default 1e-5. */
  eps?: number;
  /** Share of a batch in the running statistics; default 0.1. There is no cumulative average, which is null in PyTorch. */
  momentum?: number;
  /** Learn a scale and a shift a channel; default true. */
  affine?: boolean;
  /** Keep running statistics, and use them in evaluation; otherwise each batch is normalised by its own. Default true. */
  trackRunningStats?: boolean;
}

abstract class BatchNorm extends Module {
  /** [numFeatures], like the others. */
  weight: Tensor | null;
  bias: Tensor | null;
  runningMean: Tensor | null;
  runningVar: Tensor | null;
  readonly eps: number;
  readonly momentum: number;

  constructor(layer: string, readonly numFeatures: number, options: BatchNormLayerOptions) {
    super();
    requireCounts(layer, { numFeatures });
    const defaults = { eps: 1e-5, momentum: 0.1, affine: true, trackRunningStats: true, ...FACTORY };
    const { eps, momentum, affine, trackRunningStats, ...factory } = readOptions(layer, options, defaults);
    requireNumber(layer, 'eps', eps);
    requireNumber(layer, 'momentum', momentum);
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? parameter(ones([numFeatures], factory)) : null;
    this.bias = affine ? parameter(zeros([numFeatures], factory)) : null;
    this.runningMean = trackRunningStats ? buffer(zeros([numFeatures], factory)) : null;
    this.runningVar = trackRunningStats ? buffer(ones([numFeatures], factory)) : null;
  }

  /** Throws unless x has the axes that the layer is for. */
  protected abstract check(x: Tensor): void;

  forward(x: Tensor): Tensor {
    requireTensor(this.constructor.name, 'x', x);
    this.check(x);
    const { weight, bias, runningMean, runningVar, eps, momentum } = this;
    return batchNorm(x, { weight, bias, runningMean, runningVar, eps, momentum, training: this.training || runningMean === null });
  }
}

/**
 * Normalises each channel of [n, numFeatures, h, w]: by the batch in training, by the running statistics in evaluation.
 * Scale and running variance start at 1, shift and running mean at 0. PyTorch's name: `nn.BatchNorm2d`.
 */
export class BatchNorm2d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super('BatchNorm2d', numFeatures, options);
  }

  protected check(x: Tensor): void {
    if (x.rank !== 4 || x.shape[1] !== this.numFeatures) {
      throw new ShapeError(`BatchNorm2d: x [${x.shape}] must have four axes [n, ${this.numFeatures}, h, w]`);
    }
  }
}

/** Normalises each feature of [n, numFeatures], or each channel of [n, numFeatures, length]. See `BatchNorm2d`. PyTorch's name: `nn.BatchNorm1d`. */
export class BatchNorm1d extends BatchNorm {
  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super('BatchNorm1d', numFeatures, options);
  }

  protected check(x: Tensor): void {
    if ((x.rank !== 2 && x.rank !== 3) || x.shape[1] !== this.numFeatures) {
      throw new ShapeError(`BatchNorm1d: x [${x.shape}] must have two or three axes [n, ${this.numFeatures}], [n, ${this.numFeatures}, length]`);
    }
  }
}

export interface LayerNormLayerOptions extends FactoryOptions {
  /** Added to the variance; default 1e-5. */
  eps?: number;
  /** Learn a scale and a shift; default true. */
  elementwiseAffine?: boolean;
  /** Learn a shift as well as a scale; default true. */
  bias?: boolean;
}

/**
 * Normalises each example over its last axes, whose extents are `normalizedShape`. The scale starts at 1, the shift at 0.
 * PyTorch's name: `nn.LayerNorm`.
 */
export class LayerNorm extends Module {
  readonly normalizedShape: Shape;
  /** Of the shape `normalizedShape`, like the bias. */
  weight: Tensor | null;
  bias: Tensor | null;
  readonly eps: number;

  constructor(normalizedShape: number | Shape, options: LayerNormLayerOptions = {}) {
    super();
    const defaults = { eps: 1e-5, elementwiseAffine: true, bias: true, ...FACTORY };
    const { eps, elementwiseAffine, bias, ...factory } = readOptions('LayerNorm', options, defaults);
    this.normalizedShape = typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape;
    this.eps = eps;
    this.weight = elementwiseAffine ? parameter(ones(this.normalizedShape, factory)) : null;
    this.bias = elementwiseAffine && bias ? parameter(zeros(this.normalizedShape, factory)) : null;
  }

  forward(x: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return layerNorm(x, this.normalizedShape, { weight, bias, eps });
  }
}

export interface GroupNormLayerOptions extends FactoryOptions {
  /** Added to the variance; default 1e-5. */
  eps?: number;
  /** Learn a scale and a shift a channel; default true. */
  affine?: boolean;
}

/**
 * Normalises each example of [n, numChannels, ...] over `numGroups` runs of neighbouring channels. The scale starts at 1, the shift at 0.
 * PyTorch's name: `nn.GroupNorm`.
 */
export class GroupNorm extends Module {
  /** [numChannels], like the bias. */
  weight: Tensor | null;
  bias: Tensor | null;
  readonly eps: number;

  constructor(readonly numGroups: number, readonly numChannels: number, options: GroupNormLayerOptions = {}) {
    super();
    requireCounts('GroupNorm', { numGroups, numChannels });
    if (numChannels % numGroups !== 0) throw new ShapeError(`GroupNorm: ${numChannels} channels do not fall into ${numGroups} groups`);
    const { eps, affine, ...factory } = readOptions('GroupNorm', options, { eps: 1e-5, affine: true, ...FACTORY });
    this.eps = eps;
    this.weight = affine ? parameter(ones([numChannels], factory)) : null;
    this.bias = affine ? parameter(zeros([numChannels], factory)) : null;
  }

  forward(x: Tensor): Tensor {
    requireTensor('GroupNorm', 'x', x);
    if (x.shape[1] !== this.numChannels) throw new ShapeError(`GroupNorm: x [${x.shape}] must be [n, ${this.numChannels}, ...]`);
    const { weight, bias, eps } = this;
    return groupNorm(x, this.numGroups, { weight, bias, eps });
  }
}
