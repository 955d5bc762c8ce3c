import { type Tensor, requireTensor } from '../../core/tensor.js';
import { type InterpolateOptions, interpolate } from '../../kernels/upsample2d/op.js';
import { Module } from '../module.js';

/** Images at another size, nearest or bilinear: [n, channels, h, w] to [n, channels, h', w']. PyTorch's name: `nn.Upsample`. */
export class Upsample extends Module {
  constructor(readonly options: InterpolateOptions) {
    super();
  }

  forward(x: Tensor): Tensor {
    requireTensor('Upsample', 'x', x);
    return interpolate(x, this.options);
  }
}
