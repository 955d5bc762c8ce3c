import { type Tensor, requireTensor } from '../../core/tensor.js';
import '../../kernels/reshape/op.js';
import { Module } from '../module.js';

/** Merges the axes from `startAxis` to `endAxis` into one; by default all but the batch. PyTorch's name: `nn.Flatten`. */
export class Flatten extends Module {
  constructor(readonly startAxis = 1, readonly endAxis = -1) {
    super();
  }

  forward(x: Tensor): Tensor {
    requireTensor('Flatten', 'x', x);
    return x.flatten(this.startAxis, this.endAxis);
  }
}
