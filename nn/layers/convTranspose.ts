import { readOptions } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { type ConvTranspose1dOptions, convTranspose1d } from '../../kernels/conv1d/op.js';
import { type ConvTranspose2dOptions, convTranspose2d } from '../../kernels/convTranspose2d/op.js';
import { type Pair, pairOf } from '../../kernels/pair.js';
import { Module } from '../module.js';
import { CONV_DEFAULTS, checkConvolution, convParameters } from './convParameters.js';
import type { FactoryOptions } from './options.js';

const DEFAULTS = { ...CONV_DEFAULTS, outputPadding: undefined };

export interface ConvTranspose2dLayerOptions extends ConvTranspose2dOptions, FactoryOptions {
  /** Default true. */
  bias?: boolean;
}

/**
 * The transposed convolution with learned kernels: [n, inChannels, h, w] to [n, outChannels, h', w'], larger by about the stride.
 * Weight and bias start uniform within 1 / sqrt(outChannels / groups * kernel area). PyTorch's name: `nn.ConvTranspose2d`.
 */
export class ConvTranspose2d extends Module {
  /** [inChannels, outChannels / groups, kernel height, kernel width] */
  weight: Tensor;
  /** [outChannels] */
  bias: Tensor | null;
  private readonly geometry: ConvTranspose2dOptions;

  constructor(readonly inChannels: number, readonly outChannels: number, readonly kernelSize: Pair, options: ConvTranspose2dLayerOptions = {}) {
    super();
    const { stride, padding, outputPadding, dilation, groups, bias, ...factory } = readOptions('ConvTranspose2d', options, DEFAULTS);
    const [kernelHeight, kernelWidth] = pairOf('ConvTranspose2d', 'kernelSize', kernelSize);
    checkConvolution('ConvTranspose2d', inChannels, outChannels, { kernelHeight, kernelWidth }, groups);
    this.geometry = { stride, padding, outputPadding, dilation, groups };
    const shape = [inChannels, outChannels / groups, kernelHeight, kernelWidth];
    ({ weight: this.weight, bias: this.bias } = convParameters(shape, outChannels, bias, factory));
  }

  forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.geometry);
  }
}

export interface ConvTranspose1dLayerOptions extends ConvTranspose1dOptions, FactoryOptions {
  /** Default true. */
  bias?: boolean;
}

/** The transposed convolution of sequences [n, inChannels, length]. See `ConvTranspose2d`. PyTorch's name: `nn.ConvTranspose1d`. */
export class ConvTranspose1d extends Module {
  /** [inChannels, outChannels / groups, kernelSize] */
  weight: Tensor;
  /** [outChannels] */
  bias: Tensor | null;
  private readonly geometry: ConvTranspose1dOptions;

  constructor(readonly inChannels: number, readonly outChannels: number, readonly kernelSize: number, options: ConvTranspose1dLayerOptions = {}) {
    super();
    const { stride, padding, outputPadding, dilation, groups, bias, ...factory } = readOptions('ConvTranspose1d', options, DEFAULTS);
    checkConvolution('ConvTranspose1d', inChannels, outChannels, { kernelSize }, groups);
    this.geometry = { stride, padding, outputPadding, dilation, groups };
    ({ weight: this.weight, bias: this.bias } = convParameters([inChannels, outChannels / groups, kernelSize], outChannels, bias, factory));
  }

  forward(x: Tensor): Tensor {
    return convTranspose1d(x, this.weight, this.bias, this.geometry);
  }
}
