import { readOptions } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { type Conv2dOptions, conv2d } from '../../kernels/conv2d/op.js';
import { type Pair, pairOf } from '../../kernels/pair.js';
import { Module } from '../module.js';
import { CONV_DEFAULTS, checkConvolution, convParameters } from './convParameters.js';
import type { FactoryOptions } from './options.js';

export interface Conv2dLayerOptions extends Omit<Conv2dOptions, 'activation'>, FactoryOptions {
  /** Default true. */
  bias?: boolean;
}

/**
 * Cross-correlation with learned kernels: [n, inChannels, h, w] to [n, outChannels, h', w']. Weight and bias start
 * uniform within 1 / sqrt(inChannels / groups * kernel area). PyTorch's name: `nn.Conv2d`.
 */
export class Conv2d extends Module {
  /** [outChannels, inChannels / groups, kernel height, kernel width] */
  weight: Tensor;
  /** [outChannels] */
  bias: Tensor | null;
  private readonly geometry: Conv2dOptions;

  constructor(readonly inChannels: number, readonly outChannels: number, readonly kernelSize: Pair, options: Conv2dLayerOptions = {}) {
    super();
    const { stride, padding, dilation, groups, bias, ...factory } = readOptions('Conv2d', options, CONV_DEFAULTS);
    const [kernelHeight, kernelWidth] = pairOf('Conv2d', 'kernelSize', kernelSize);
    checkConvolution('Conv2d', inChannels, outChannels, { kernelHeight, kernelWidth }, groups);
    this.geometry = { stride, padding, dilation, groups };
    const shape = [outChannels, inChannels / groups, kernelHeight, kernelWidth];
    ({ weight: this.weight, bias: this.bias } = convParameters(shape, outChannels, bias, factory));
  }

  forward(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, this.geometry);
  }

  /** relu of `forward(x)`, by one kernel: what Sequential takes where a ReLU follows. */
  forwardRelu(x: Tensor): Tensor {
    return conv2d(x, this.weight, this.bias, { ...this.geometry, activation: 'relu' });
  }
}
