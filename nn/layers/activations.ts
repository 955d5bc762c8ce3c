import { readOptions } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { glu, hardshrink, hardtanh, prelu, relu6, softmin, softshrink, threshold } from '../../kernels/activations/op.js';
import { logSoftmax, softmax } from '../../kernels/softmax/op.js';
import {
  type GeluOptions, celu, elu, gelu, hardsigmoid, hardswish, leakyRelu, logSigmoid, mish, relu, selu, sigmoid, silu, softplus, softsign,
  tanh, tanhshrink,
} from '../../kernels/unary/op.js';
import { constant } from '../init.js';
import { Module, parameter } from '../module.js';
import { FACTORY, type FactoryOptions, requireCounts } from './options.js';

/* Nonlinearities as layers, for Sequential. Each keeps the shape of its input, but for GLU. PyTorch's names. */

/** max(x, 0) */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/** x where x > 0, else negativeSlope * x */
export class LeakyReLU extends Module {
  constructor(readonly negativeSlope = 0.01) {
    super();
  }

  forward(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope);
  }
}

/** x where x > 0, else alpha (e^x - 1) */
export class ELU extends Module {
  constructor(readonly alpha = 1) {
    super();
  }

  forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
  }
}

/** x Phi(x), Phi being the normal distribution */
export class GELU extends Module {
  constructor(readonly options: GeluOptions = {}) {
    super();
  }

  forward(x: Tensor): Tensor {
    return gelu(x, this.options);
  }
}

/** x / (1 + e^-x) */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** 1 / (1 + e^-x) */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** The hyperbolic tangent */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** log(1 + e^(beta x)) / beta */
export class Softplus extends Module {
  constructor(readonly beta = 1) {
    super();
  }

  forward(x: Tensor): Tensor {
    return softplus(x, this.beta);
  }
}

/** e^x over its sum along `axis` (default the last) */
export class Softmax extends Module {
  constructor(readonly axis = -1) {
    super();
  }

  forward(x: Tensor): Tensor {
    return softmax(x, { axis: this.axis });
  }
}

/** x cut to [0, 6] */
export class ReLU6 extends Module {
  forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/** ELU with the constants that keep mean 0 and variance 1 */
export class SELU extends Module {
  forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/** x / 6 + 1/2, cut to [0, 1] */
export class Hardsigmoid extends Module {
  forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/** x times Hardsigmoid */
export class Hardswish extends Module {
  forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/** x tanh(log(1 + e^x)) */
export class Mish extends Module {
  forward(x: Tensor): Tensor {
    return mish(x);
  }
}

/** x / (1 + |x|) */
export class Softsign extends Module {
  forward(x: Tensor): Tensor {
    return softsign(x);
  }
}

/** log(1 / (1 + e^-x)) */
export class LogSigmoid extends Module {
  forward(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}

/** x - tanh(x) */
export class Tanhshrink extends Module {
  forward(x: Tensor): Tensor {
    return tanhshrink(x);
  }
}

/** x where x > 0, else alpha (e^(x / alpha) - 1) */
export class CELU extends Module {
  constructor(readonly alpha = 1) {
    super();
  }

  forward(x: Tensor): Tensor {
    return celu(x, this.alpha);
  }
}

/** x cut to [min, max] */
export class Hardtanh extends Module {
  constructor(readonly min = -1, readonly max = 1) {
    super();
  }

  forward(x: Tensor): Tensor {
    return hardtanh(x, this.min, this.max);
  }
}

/** x where x > `limit`, else `value` */
export class Threshold extends Module {
  constructor(readonly limit: number, readonly value: number) {
    super();
  }

  forward(x: Tensor): Tensor {
    return threshold(x, this.limit, this.value);
  }
}

/** x where |x| > lambda, else 0 */
export class Hardshrink extends Module {
  constructor(readonly lambda = 0.5) {
    super();
  }

  forward(x: Tensor): Tensor {
    return hardshrink(x, this.lambda);
  }
}

/** x moved towards 0 by lambda, and 0 where |x| <= lambda */
export class Softshrink extends Module {
  constructor(readonly lambda = 0.5) {
    super();
  }

  forward(x: Tensor): Tensor {
    return softshrink(x, this.lambda);
  }
}

/** The logarithm of Softmax along `axis` (default the last) */
export class LogSoftmax extends Module {
  constructor(readonly axis = -1) {
    super();
  }

  forward(x: Tensor): Tensor {
    return logSoftmax(x, { axis: this.axis });
  }
}

/** Softmax of -x along `axis` (default the last) */
export class Softmin extends Module {
  constructor(readonly axis = -1) {
    super();
  }

  forward(x: Tensor): Tensor {
    return softmin(x, { axis: this.axis });
  }
}

/** a sigmoid(b) for the halves a and b of `axis` (default the last) */
export class GLU extends Module {
  constructor(readonly axis = -1) {
    super();
  }

  forward(x: Tensor): Tensor {
    return glu(x, { axis: this.axis });
  }
}

/** x where x > 0, else weight * x, with a learned weight for all values (`channels` 1), or one for each channel of [n, channels, ...] */
export class PReLU extends Module {
  /** [channels] */
  weight: Tensor;

  constructor(readonly channels = 1, options: FactoryOptions & { init?: number } = {}) {
    super();
    const { init, ...factory } = readOptions('PReLU', options, { init: 0.25, ...FACTORY });
    requireCounts('PReLU', { channels });
    this.weight = parameter(constant([channels], init, factory));
  }

  forward(x: Tensor): Tensor {
    return prelu(x, this.weight);
  }
}
