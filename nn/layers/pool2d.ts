import type { Tensor } from '../../core/tensor.js';
import type { Pair } from '../../kernels/pair.js';
import { type AvgPoolOptions, type MaxPoolOptions, avgPool2d, maxPool2d } from '../../kernels/pool/op.js';
import { Module } from '../module.js';

/** The largest value of each window: [n, channels, h, w] to [n, channels, h', w']. PyTorch's name: `nn.MaxPool2d`. */
export class MaxPool2d extends Module {
  constructor(readonly kernel: Pair, readonly options: Omit<MaxPoolOptions, 'kernel'> = {}) {
    super();
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, { ...this.options, kernel: this.kernel });
  }
}

/** The mean of each window: [n, channels, h, w] to [n, channels, h', w']. PyTorch's name: `nn.AvgPool2d`. */
export class AvgPool2d extends Module {
  constructor(readonly kernel: Pair, readonly options: Omit<AvgPoolOptions, 'kernel'> = {}) {
    super();
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, { ...this.options, kernel: this.kernel });
  }
}
