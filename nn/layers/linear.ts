import { readOptions } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { linear } from '../../kernels/matmul/op.js';
import { kaimingUniform, uniform } from '../init.js';
import { Module, parameter } from '../module.js';
import { FACTORY, type FactoryOptions, requireCounts } from './options.js';

/**
 * x W^T + bias: [.., inFeatures] to [.., outFeatures]. Weight and bias start uniform within 1 / sqrt(inFeatures).
 * PyTorch's name: `nn.Linear`.
 */
export class Linear extends Module {
  /** [outFeatures, inFeatures] */
  weight: Tensor;
  /** [outFeatures] */
  bias: Tensor | null;

  constructor(readonly inFeatures: number, readonly outFeatures: number, options: FactoryOptions & { bias?: boolean } = {}) {
    super();
    requireCounts('Linear', { inFeatures, outFeatures });
    const { bias, ...factory } = readOptions('Linear', options, { bias: true, ...FACTORY });
    const bound = 1 / Math.sqrt(inFeatures);
    this.weight = parameter(kaimingUniform([outFeatures, inFeatures], { a: Math.sqrt(5), ...factory }));
    this.bias = bias ? parameter(uniform([outFeatures], -bound, bound, factory)) : null;
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }

  /** relu of `forward(x)`, by one kernel: what Sequential takes where a ReLU follows. */
  forwardRelu(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias, { activation: 'relu' });
  }
}
