import { gelu, leakyRelu, elu, softplus } from '../../index.js';
import type { OracleAttrs, OracleFamily } from './types.js';

const METHODS = [
  'neg', 'exp', 'log', 'sqrt', 'rsqrt', 'abs', 'sign', 'sin', 'cos', 'tanh', 'sigmoid', 'relu', 'silu', 'square', 'reciprocal', 'erf',
] as const;

export const unary: OracleFamily = {
  ...Object.fromEntries(METHODS.map((name) => [name, ({ x }: OracleAttrs) => x[name]()])),
  leaky_relu: ({ x }, { negative_slope }) => leakyRelu(x, negative_slope),
  elu: ({ x }, { alpha }) => elu(x, alpha),
  gelu: ({ x }, { approximate }) => gelu(x, { approximate }),
  softplus: ({ x }, { beta }) => softplus(x, beta),
  pow_scalar: ({ x }, { exponent }) => x.pow(exponent),
  clamp: ({ x }, { min, max }) => x.clamp(min ?? -Infinity, max ?? Infinity),
};
