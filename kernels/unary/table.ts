import { callOp, makeZeros } from '../../core/apply.js';
import type { Tensor } from '../../core/tensor.js';
import { maskLike } from '../binary/helpers.js';
import { SELU_ALPHA, SELU_SCALE, erf, geluTanh, mish, roundHalfEven, sigmoid, softplus } from './functions.js';

/** Settings of the ops that have some: see the public functions in op.ts. */
export interface UnaryAttrs {
  negativeSlope?: number;
  alpha?: number;
  beta?: number;
  min?: number;
  max?: number;
}

/** One unary op. Its place in the table is the value of `OP` in unary.wgsl. */
export interface UnaryRow {
  readonly name: string;
  /** `p` and `q` are what `settings` gives. */
  readonly cpu: (x: number, p: number, q: number) => number;
  /** For int32, where a float64 would lose the low bits. */
  readonly int32Cpu?: (x: number) => number;
  /** d(loss)/dx from g = d(loss)/d(out). Reads x or y = out, whichever `reads` names. */
  readonly slope: (g: Tensor, saved: () => Tensor, attrs: UnaryAttrs) => Tensor;
  readonly reads?: 'x' | 'y';
  /** The two numbers that the kernel sees. */
  readonly settings?: (attrs: UnaryAttrs) => readonly [number, number];
  /** Takes int32 too. */
  readonly integers?: boolean;
}

const zero = (g: Tensor) => makeZeros(g, g.backend);

/** 1 where x > 0, else `otherwise`: the slope of the rectifiers. */
const rectifierSlope = (x: Tensor, otherwise: Tensor | number) => {
  const positive = maskLike(x.gt(0), x);
  return positive.add(positive.neg().add(1).mul(otherwise));
};

/** The derivative of geluTanh: 1/2 (1 + t) + x/2 (1 - t^2) u', with t = tanh(u), u = sqrt(2/pi) (x + 0.044715 x^3). */
function geluTanhSlope(x: Tensor): Tensor {
  const k = Math.sqrt(2 / Math.PI);
  const square = x.square();
  const t = x.mul(square.mul(0.044715).add(1)).mul(k).tanh();
  const innerSlope = square.mul(3 * 0.044715).add(1).mul(k);
  return t.add(1).mul(0.5).add(x.mul(0.5).mul(t.square().neg().add(1)).mul(innerSlope));
}

/** The derivative of gelu: Phi(x) + x phi(x), with the standard normal's distribution and density. */
function geluSlope(x: Tensor): Tensor {
  const distribution = x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
  const density = x.square().mul(-0.5).exp().mul(1 / Math.sqrt(2 * Math.PI));
  return distribution.add(x.mul(density));
}

/** The derivative of mish: t + x (1 - t^2) sigmoid(x), with t = tanh(softplus(x)). */
function mishSlope(x: Tensor): Tensor {
  const t = callOp('softplus', [x], { beta: 1 }).tanh();
  return t.add(x.mul(t.square().neg().add(1)).mul(x.sigmoid()));
}

/** 1/6 between -3 and 3, else 0: the slope of hardsigmoid. */
const hardsigmoidSlope = (x: Tensor) => maskLike(x.abs().lt(3), x).mul(1 / 6);

export const UNARY: readonly UnaryRow[] = [
  { name: 'neg', cpu: (x) => -x, slope: (g) => g.neg(), integers: true },
  { name: 'abs', cpu: Math.abs, slope: (g, x) => g.mul(x().sign()), reads: 'x', integers: true },
  { name: 'sign', cpu: Math.sign, slope: zero, integers: true },
  { name: 'square', cpu: (x) => x * x, int32Cpu: (x) => Math.imul(x, x), slope: (g, x) => g.mul(x()).mul(2), reads: 'x', integers: true },
  { name: 'exp', cpu: Math.exp, slope: (g, y) => g.mul(y()), reads: 'y' },
  { name: 'log', cpu: Math.log, slope: (g, x) => g.div(x()), reads: 'x' },
  { name: 'sqrt', cpu: Math.sqrt, slope: (g, y) => g.mul(0.5).div(y()), reads: 'y' },
  { name: 'rsqrt', cpu: (x) => 1 / Math.sqrt(x), slope: (g, y) => g.mul(-0.5).mul(y().pow(3)), reads: 'y' },
  { name: 'reciprocal', cpu: (x) => 1 / x, slope: (g, y) => g.mul(y().square()).neg(), reads: 'y' },
  { name: 'sin', cpu: Math.sin, slope: (g, x) => g.mul(x().cos()), reads: 'x' },
  { name: 'cos', cpu: Math.cos, slope: (g, x) => g.mul(x().sin()).neg(), reads: 'x' },
  { name: 'tanh', cpu: Math.tanh, slope: (g, y) => g.mul(y().square().neg().add(1)), reads: 'y' },
  {
    name: 'sigmoid',
    cpu: sigmoid,
    slope: (g, saved) => {
      const y = saved();
      return g.mul(y.mul(y.neg().add(1)));
    },
    reads: 'y',
  },
  { name: 'relu', cpu: (x) => (x <= 0 ? 0 : x), slope: (g, y) => callOp('reluGrad', [g, y()], {}), reads: 'y' },
  {
    name: 'leakyRelu',
    cpu: (x, negativeSlope) => (x > 0 ? x : negativeSlope * x),
    slope: (g, x, attrs) => g.mul(rectifierSlope(x(), attrs.negativeSlope!)),
    reads: 'x',
    settings: ({ negativeSlope }) => [negativeSlope!, 0],
  },
  {
    name: 'elu',
    cpu: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)),
    slope: (g, saved, attrs) => {
      const x = saved();
      return g.mul(rectifierSlope(x, x.minimum(0).exp().mul(attrs.alpha!)));
    },
    reads: 'x',
    settings: ({ alpha }) => [alpha!, 0],
  },
  { name: 'gelu', cpu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)), slope: (g, x) => g.mul(geluSlope(x())), reads: 'x' },
  { name: 'geluTanh', cpu: geluTanh, slope: (g, x) => g.mul(geluTanhSlope(x())), reads: 'x' },
  {
    name: 'silu',
    cpu: (x) => x * sigmoid(x),
    // s (1 + x (1 - s))
    slope: (g, saved) => {
      const x = saved();
      const s = x.sigmoid();
      return g.mul(s.mul(x.mul(s.neg().add(1)).add(1)));
    },
    reads: 'x',
  },
  {
    name: 'softplus',
    cpu: (x, beta) => softplus(beta * x) / beta,
    slope: (g, x, attrs) => g.mul(x().mul(attrs.beta!).sigmoid()),
    reads: 'x',
    settings: ({ beta }) => [beta!, 0],
  },
  { name: 'erf', cpu: erf, slope: (g, x) => g.mul(x().square().neg().exp().mul(2 / Math.sqrt(Math.PI))), reads: 'x' },
  {
    name: 'clamp',
    cpu: (x, min, max) => (x < min ? min : x > max ? max : x),
    slope: (g, saved, { min, max }) => {
      const x = saved();
      return g.mul(maskLike(x.ge(min!).mul(x.le(max!)), g));
    },
    reads: 'x',
    settings: ({ min, max }) => [min!, max!],
  },
  { name: 'floor', cpu: Math.floor, slope: zero },
  { name: 'ceil', cpu: Math.ceil, slope: zero },
  { name: 'round', cpu: roundHalfEven, slope: zero },
  {
    name: 'celu',
    cpu: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x / alpha)),
    slope: (g, saved, attrs) => {
      const x = saved();
      return g.mul(rectifierSlope(x, x.minimum(0).mul(1 / attrs.alpha!).exp()));
    },
    reads: 'x',
    settings: ({ alpha }) => [alpha!, 0],
  },
  {
    name: 'selu',
    cpu: (x) => SELU_SCALE * (x > 0 ? x : SELU_ALPHA * Math.expm1(x)),
    slope: (g, saved) => {
      const x = saved();
      return g.mul(SELU_SCALE).mul(rectifierSlope(x, x.minimum(0).exp().mul(SELU_ALPHA)));
    },
    reads: 'x',
  },
  { name: 'hardsigmoid', cpu: (x) => Math.max(0, Math.min(1, x / 6 + 0.5)), slope: (g, x) => g.mul(hardsigmoidSlope(x())), reads: 'x' },
  {
    name: 'hardswish',
    cpu: (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)),
    slope: (g, saved) => {
      const x = saved();
      return g.mul(callOp('hardsigmoid', [x], {}).add(x.mul(hardsigmoidSlope(x))));
    },
    reads: 'x',
  },
  { name: 'mish', cpu: mish, slope: (g, x) => g.mul(mishSlope(x())), reads: 'x' },
  { name: 'softsign', cpu: (x) => x / (1 + Math.abs(x)), slope: (g, x) => g.div(x().abs().add(1).square()), reads: 'x' },
  { name: 'logSigmoid', cpu: (x) => -softplus(-x), slope: (g, x) => g.mul(x().neg().sigmoid()), reads: 'x' },
  { name: 'tanhshrink', cpu: (x) => x - Math.tanh(x), slope: (g, x) => g.mul(x().tanh().square()), reads: 'x' },
];
