import { readOptions } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { add } from '../../kernels/binary/op.js';
import { Module, requireModule } from '../module.js';

/** Gives its input. PyTorch's name: `nn.Identity`. */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}

export interface ResidualOptions {
  /** What x passes on its way around, where f changes its shape: a 1x1 convolution, say. Default: nothing. */
  projection?: Module;
}

/**
 * x + f(x), or projection(x) + f(x) (He et al., arXiv 1512.03385): f learns what to add, and gradients find a way past it. The
 * parameters are named `body.` and `projection.`.
 */
export class Residual extends Module {
  readonly projection: Module | null;

  constructor(readonly body: Module, options: ResidualOptions = {}) {
    super();
    this.projection = readOptions('Residual', options, { projection: undefined }).projection ?? null;
    requireModule('Residual', 'body', body);
    if (this.projection) requireModule('Residual', 'projection', this.projection);
  }

  forward(x: Tensor): Tensor {
    const around = this.projection ? this.projection.call(x) : x;
    return add(around, this.body.call(x));
  }
}
