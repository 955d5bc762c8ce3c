import { readOptions } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { type Conv1dOptions, conv1d } from '../../kernels/conv1d/op.js';
import { Module } from '../module.js';
import { CONV_DEFAULTS, checkConvolution, convParameters } from './convParameters.js';
import type { FactoryOptions } from './options.js';

export interface Conv1dLayerOptions extends Conv1dOptions, FactoryOptions {
  /** Default true. */
  bias?: boolean;
}

/**
 * Cross-correlation of sequences with learned kernels: [n, inChannels, length] to [n, outChannels, length']. Weight and bias start
 * uniform within 1 / sqrt(inChannels / groups * kernel). PyTorch's name: `nn.Conv1d`.
 */
export class Conv1d extends Module {
  /** [outChannels, inChannels / groups, kernelSize] */
  weight: Tensor;
  /** [outChannels] */
  bias: Tensor | null;
  private readonly geometry: Conv1dOptions;

  constructor(readonly inChannels: number, readonly outChannels: number, readonly kernelSize: number, options: Conv1dLayerOptions = {}) {
    super();
    const { stride, padding, dilation, groups, bias, ...factory } = readOptions('Conv1d', options, CONV_DEFAULTS);
    checkConvolution('Conv1d', inChannels, outChannels, { kernelSize }, groups);
    this.geometry = { stride, padding, dilation, groups };
    ({ weight: this.weight, bias: this.bias } = convParameters([outChannels, inChannels / groups, kernelSize], outChannels, bias, factory));
  }

  forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this.bias, this.geometry);
  }
}
