import { ShapeError } from '../../core/errors.js';
import { readOptions } from '../../core/options.js';
import { type Tensor, requireTensor } from '../../core/tensor.js';
import { type AdaptiveSize, adaptiveAvgPool2d } from '../../kernels/adaptiveAvgPool2d/op.js';
import type { Pair } from '../../kernels/pair.js';
import { AVG_POOL_DEFAULTS, type AvgPoolOptions, MAX_POOL_DEFAULTS, type MaxPoolOptions, avgPool2d, maxPool2d } from '../../kernels/pool/op.js';
import { mean } from '../../kernels/reduce/op.js';
import { Module } from '../module.js';

/** The largest value of each window: [n, channels, h, w] to [n, channels, h', w']. PyTorch's name: `nn.MaxPool2d`. */
export class MaxPool2d extends Module {
  readonly options: Omit<MaxPoolOptions, 'kernelSize'>;

  constructor(readonly kernelSize: Pair, options: Omit<MaxPoolOptions, 'kernelSize'> = {}) {
    super();
    this.options = readOptions('MaxPool2d', options, MAX_POOL_DEFAULTS);
  }

  forward(x: Tensor): Tensor {
    return maxPool2d(x, { ...this.options, kernelSize: this.kernelSize });
  }
}

/** The mean of each window: [n, channels, h, w] to [n, channels, h', w']. PyTorch's name: `nn.AvgPool2d`. */
export class AvgPool2d extends Module {
  readonly options: Omit<AvgPoolOptions, 'kernelSize'>;

  constructor(readonly kernelSize: Pair, options: Omit<AvgPoolOptions, 'kernelSize'> = {}) {
    super();
    this.options = readOptions('AvgPool2d', options, AVG_POOL_DEFAULTS);
  }

  forward(x: Tensor): Tensor {
    return avgPool2d(x, { ...this.options, kernelSize: this.kernelSize });
  }
}

/**
 * Means of outputSize windows that share the image out: [n, channels, h, w] to [n, channels, ...outputSize]; null keeps an extent.
 * PyTorch's name: `nn.AdaptiveAvgPool2d`.
 */
export class AdaptiveAvgPool2d extends Module {
  constructor(readonly outputSize: AdaptiveSize) {
    super();
  }

  forward(x: Tensor): Tensor {
    return adaptiveAvgPool2d(x, this.outputSize);
  }
}

/**
 * The mean of each channel: [n, channels, ...] to [n, channels], or with `keepDim` to [n, channels, 1, ...]. Keras's name:
 * `GlobalAveragePooling2D`.
 */
export class GlobalAvgPool extends Module {
  readonly options: { keepDim: boolean };

  constructor(options: { keepDim?: boolean } = {}) {
    super();
    this.options = readOptions('GlobalAvgPool', options, { keepDim: false });
  }

  forward(x: Tensor): Tensor {
    requireTensor('GlobalAvgPool', 'x', x);
    if (x.rank < 3) throw new ShapeError(`GlobalAvgPool: x [${x.shape}] must be [n, channels, ...] with at least three axes`);
    return mean(x, { ...this.options, axis: x.shape.map((_, axis) => axis).slice(2) });
  }
}
