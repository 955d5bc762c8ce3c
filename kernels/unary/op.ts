import { callOp } from '../../core/apply.js';
import { requireFloat } from '../../core/dtype.js';
import { TapegradError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { readOptions, requireChoice, requireNumber } from '../../core/options.js';
import { sizeOf } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { wgslType } from '../../core/webgpu/kernel.js';
import { RUN_VARIANTS, flatWalk } from '../runs.js';
import { UNARY, type UnaryAttrs, type UnaryRow } from './table.js';
import unaryWgsl from './unary.wgsl';

/* Ops of one operand, element by element. neg, abs, sign and square take any dtype, the others floats; the result has that of x. */

function defineUnary(row: UnaryRow, code: number): void {
  const { name, reads, settings = () => [0, 0] } = row;
  defineOp<KernelOp<UnaryAttrs>>({
    name,
    inputs: ['x'],
    infer([x], attrs) {
      for (const [setting, value] of Object.entries(attrs)) requireNumber(name, setting, value);
      if (!row.integers) requireFloat(name, 'x', x.dtype);
      return [{ shape: x.shape, dtype: x.dtype }];
    },
    cpu([x], [out], attrs) {
      const [p, q] = settings(attrs);
      const f = x.data instanceof Int32Array ? (row.int32Cpu ?? row.cpu) : row.cpu;
      for (let i = 0; i < out.data.length; i++) out.data[i] = f(x.data[i], p, q);
    },
    kernel({ outputs: [out], attrs, variant }) {
      const { overrides, params, workgroups } = flatWalk(sizeOf(out.shape), variant);
      const [p, q] = settings(attrs);
      const tiles = { Element: wgslType(out.dtype) };
      return { launches: [{ module: unaryWgsl, overrides: { ...overrides, OP: code }, tiles, params: { ...params, p, q }, workgroups }] };
    },
    variants: RUN_VARIANTS,
    saves: () => (reads ? [reads === 'y' ? 'out' : 'x'] : []),
    vjp: ([gradient], { attrs, saved }) => [row.slope(gradient, () => saved(reads === 'y' ? 'out' : 'x'), attrs)],
  });
}

UNARY.forEach(defineUnary);

declare module '../../core/tensor.js' {
  interface Tensor {
    neg(): Tensor;
    abs(): Tensor;
    sign(): Tensor;
    square(): Tensor;
    exp(): Tensor;
    log(): Tensor;
    sqrt(): Tensor;
    rsqrt(): Tensor;
    reciprocal(): Tensor;
    sin(): Tensor;
    cos(): Tensor;
    tanh(): Tensor;
    sigmoid(): Tensor;
    relu(): Tensor;
    leakyRelu(negativeSlope?: number): Tensor;
    elu(alpha?: number): Tensor;
    gelu(options?: GeluOptions): Tensor;
    silu(): Tensor;
    softplus(beta?: number): Tensor;
    erf(): Tensor;
    clamp(min: number, max: number): Tensor;
    floor(): Tensor;
    ceil(): Tensor;
    round(): Tensor;
    celu(alpha?: number): Tensor;
    selu(): Tensor;
    hardsigmoid(): Tensor;
    hardswish(): Tensor;
    mish(): Tensor;
    softsign(): Tensor;
    logSigmoid(): Tensor;
    tanhshrink(): Tensor;
  }
}

/** -x */
export const neg = (x: Tensor): Tensor => callOp('neg', [x], {});
/** |x|. The subgradient at 0 is 0. */
export const abs = (x: Tensor): Tensor => callOp('abs', [x], {});
/** -1, 0 or 1. Its gradient is 0 everywhere. */
export const sign = (x: Tensor): Tensor => callOp('sign', [x], {});
/** x^2 */
export const square = (x: Tensor): Tensor => callOp('square', [x], {});
/** e^x */
export const exp = (x: Tensor): Tensor => callOp('exp', [x], {});
/** The natural logarithm; NaN below 0. */
export const log = (x: Tensor): Tensor => callOp('log', [x], {});
/** The square root; NaN below 0. */
export const sqrt = (x: Tensor): Tensor => callOp('sqrt', [x], {});
/** 1 / sqrt(x) */
export const rsqrt = (x: Tensor): Tensor => callOp('rsqrt', [x], {});
/** 1 / x */
export const reciprocal = (x: Tensor): Tensor => callOp('reciprocal', [x], {});
/** The sine of radians; float32 on WebGPU is off by 1.2e-7 at most, however large x is. */
export const sin = (x: Tensor): Tensor => callOp('sin', [x], {});
/** The cosine of radians; float32 on WebGPU is off by 1.2e-7 at most, however large x is. */
export const cos = (x: Tensor): Tensor => callOp('cos', [x], {});
/** The hyperbolic tangent. */
export const tanh = (x: Tensor): Tensor => callOp('tanh', [x], {});
/** 1 / (1 + e^-x), safe for large |x|. */
export const sigmoid = (x: Tensor): Tensor => callOp('sigmoid', [x], {});
/** max(x, 0); NaN stays NaN. The subgradient at 0 is 0. */
export const relu = (x: Tensor): Tensor => callOp('relu', [x], {});
/** x where x > 0, else negativeSlope * x. The slope at 0 is `negativeSlope`. */
export const leakyRelu = (x: Tensor, negativeSlope = 0.01): Tensor => callOp('leakyRelu', [x], { negativeSlope });
/** x where x > 0, else alpha (e^x - 1). */
export const elu = (x: Tensor, alpha = 1): Tensor => callOp('elu', [x], { alpha });
/** x / (1 + e^-x), also called swish. */
export const silu = (x: Tensor): Tensor => callOp('silu', [x], {});
/** The error function. */
export const erf = (x: Tensor): Tensor => callOp('erf', [x], {});
/** The largest whole number not above x. Its gradient is 0 everywhere, like that of `ceil` and `round`. */
export const floor = (x: Tensor): Tensor => callOp('floor', [x], {});
/** The smallest whole number not below x. */
export const ceil = (x: Tensor): Tensor => callOp('ceil', [x], {});
/** The nearest whole number, a half to the even one. */
export const round = (x: Tensor): Tensor => callOp('round', [x], {});

/** elu with fixed constants, after which mean 0 and variance 1 stay (Klambauer et al., arXiv 1706.02515). */
export const selu = (x: Tensor): Tensor => callOp('selu', [x], {});
/** x / 6 + 1/2, cut to [0, 1]. The subgradient at -3 and 3 is 0. */
export const hardsigmoid = (x: Tensor): Tensor => callOp('hardsigmoid', [x], {});
/** x hardsigmoid(x) (Howard et al., arXiv 1905.02244). */
export const hardswish = (x: Tensor): Tensor => callOp('hardswish', [x], {});
/** x tanh(softplus(x)) (Misra, arXiv 1908.08681). */
export const mish = (x: Tensor): Tensor => callOp('mish', [x], {});
/** x / (1 + |x|) */
export const softsign = (x: Tensor): Tensor => callOp('softsign', [x], {});
/** log(sigmoid(x)), without overflow. PyTorch's name: `torch.nn.functional.logsigmoid`. */
export const logSigmoid = (x: Tensor): Tensor => callOp('logSigmoid', [x], {});
/** x - tanh(x) */
export const tanhshrink = (x: Tensor): Tensor => callOp('tanhshrink', [x], {});

/** x where x > 0, else alpha (e^(x / alpha) - 1): elu whose slope has no jump at 0 (Barron, arXiv 1704.07483). */
export function celu(x: Tensor, alpha = 1): Tensor {
  if (!(alpha > 0)) throw new TapegradError(`celu: alpha must be above 0, got ${alpha}`);
  return callOp('celu', [x], { alpha });
}

export interface GeluOptions {
  /** `none`: exact, by erf. `tanh`: the cheaper approximation. */
  approximate?: 'none' | 'tanh';
}

/** x Phi(x), Phi being the normal distribution (Hendrycks and Gimpel, arXiv 1606.08415). */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  const { approximate } = readOptions('gelu', options, { approximate: 'none' });
  requireChoice('gelu', 'approximate', approximate, ['none', 'tanh']);
  return callOp(approximate === 'tanh' ? 'geluTanh' : 'gelu', [x], {});
}

/** log(1 + e^(beta x)) / beta, safe for large x. */
export function softplus(x: Tensor, beta = 1): Tensor {
  if (!(beta > 0)) throw new TapegradError(`softplus: beta must be above 0, got ${beta}`);
  return callOp('softplus', [x], { beta });
}

/** x cut to [min, max]; NaN stays NaN. The gradient passes where min <= x <= max. Use -Infinity or Infinity for an open end. */
export function clamp(x: Tensor, min: number, max: number): Tensor {
  requireNumber('clamp', 'min', min);
  requireNumber('clamp', 'max', max);
  if (min > max) throw new TapegradError(`clamp: min must not be above max, got ${min} and ${max}`);
  return callOp('clamp', [x], { min, max });
}

const METHODS = {
  neg, abs, sign, square, exp, log, sqrt, rsqrt, reciprocal, sin, cos, tanh, sigmoid, relu, leakyRelu, elu, gelu, silu,
  softplus, erf, clamp, floor, ceil, round, celu, selu, hardsigmoid, hardswish, mish, softsign, logSigmoid, tanhshrink,
};
for (const [name, f] of Object.entries(METHODS)) {
  (Tensor.prototype as unknown as Record<string, unknown>)[name] = function (this: Tensor, ...settings: number[]) {
    return (f as (x: Tensor, ...settings: number[]) => Tensor)(this, ...settings);
  };
}
