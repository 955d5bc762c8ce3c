import { TapegradError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { dropout } from '../../kernels/dropout/op.js';
import { Module } from '../module.js';

/**
 * In training each value becomes 0 with probability `p`, and the others grow by 1 / (1 - p); in evaluation nothing
 * happens. PyTorch's name: `nn.Dropout`.
 */
export class Dropout extends Module {
  constructor(readonly p = 0.5) {
    super();
    if (!(p >= 0 && p < 1)) throw new TapegradError(`Dropout: p must be at least 0 and below 1, got ${p}`);
  }

  forward(x: Tensor): Tensor {
    return dropout(x, { p: this.p, training: this.training });
  }
}
