import { callOp } from '../../core/apply.js';
import { requireFloat } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { readOptions, requireNumber } from '../../core/options.js';
import { normalizeAxes, normalizeAxis, reducedShape, sizeOf } from '../../core/shape.js';
import { Tensor, requireTensors } from '../../core/tensor.js';
import { reshape } from '../reshape/op.js';
import { reduceCpu } from './cpu.js';
import { REDUCE_VARIANTS, planReduce } from './plan.js';
import { REDUCE, type ReduceAttrs, type ReduceRow } from './table.js';

/*
 * Reductions over any axes. sum, max, min, prod, argmax and argmin take any dtype, the others floats; positions are int32, all else
 * has the dtype of x.
 */

function defineReduce(row: ReduceRow, code: number): void {
  const { name, slope } = row;
  defineOp<KernelOp<ReduceAttrs>>({
    name,
    inputs: ['x'],
    infer([x], { axes, keepDim }) {
      if (!row.integers) requireFloat(name, 'x', x.dtype);
      const reduced = normalizeAxes(name, axes, x.shape.length);
      const count = reduced.reduce((product, axis) => product * x.shape[axis], 1);
      if (count === 0 && row.empty === null) {
        throw new ShapeError(`${name}: shape [${x.shape}] has no elements along the axes [${reduced}], and ${name} of nothing is undefined`);
      }
      return [{ shape: reducedShape(x.shape, reduced, keepDim), dtype: row.index ? 'int32' : x.dtype }];
    },
    cpu: ([x], [out], attrs) => reduceCpu((values) => (values.offsets.length === 0 ? row.empty! : row.cpu(values, attrs)), x, out, attrs.axes),
    kernel: (call) => planReduce(row, code, call),
    variants: REDUCE_VARIANTS,
    cost: ([x], [out]) => ({ flops: sizeOf(x.shape), bytes: 4 * (sizeOf(x.shape) + sizeOf(out.shape)) }),
    saves: () => row.saves ?? [],
    vjp: slope
      ? ([gradient], { attrs, inputs: [x], outputs: [out], saved }) => {
          const kept = reducedShape(x.shape, attrs.axes, true);
          const count = sizeOf(x.shape) / Math.max(sizeOf(out.shape), 1);
          const withKeptAxes = (t: Tensor) => reshape(t, kept);
          return [slope({
            g: withKeptAxes(gradient), x: () => saved('x'), y: () => withKeptAxes(saved('out')), count, shape: x.shape, attrs,
          })];
        }
      : { notDifferentiable: 'its result is a position' },
  });
}

REDUCE.forEach(defineReduce);

export interface ReduceOptions {
  /** Axes to reduce, negative ones counted from the end. Default: all. */
  axis?: number | readonly number[] | null;
  /** Keep the reduced axes with extent 1. Default false. */
  keepDim?: boolean;
}

export interface VarOptions extends ReduceOptions {
  /** Divides by n - correction. Default 1 (Bessel's), as in PyTorch. */
  correction?: number;
}

export interface ArgOptions {
  /** Default: the position in the flattened tensor. */
  axis?: number | null;
  keepDim?: boolean;
}

declare module '../../core/tensor.js' {
  interface Tensor {
    sum(options?: ReduceOptions): Tensor;
    mean(options?: ReduceOptions): Tensor;
    max(options?: ReduceOptions): Tensor;
    min(options?: ReduceOptions): Tensor;
    var(options?: VarOptions): Tensor;
    std(options?: VarOptions): Tensor;
    logSumExp(options?: ReduceOptions): Tensor;
    prod(options?: ReduceOptions): Tensor;
    argmax(options?: ArgOptions): Tensor;
    argmin(options?: ArgOptions): Tensor;
  }
}

const DEFAULTS = { axis: null, keepDim: false };

function reduce(name: string, x: Tensor, options: ReduceOptions): Tensor {
  requireTensors(name, { x });
  const { axis, keepDim } = readOptions(name, options, DEFAULTS);
  return callOp(name, [x], { axes: normalizeAxes(name, axis, x.rank), keepDim });
}

function reduceDeviations(name: string, x: Tensor, options: VarOptions): Tensor {
  requireTensors(name, { x });
  const { axis, keepDim, correction } = readOptions(name, options, { ...DEFAULTS, correction: 1 });
  requireNumber(name, 'correction', correction);
  return callOp(name, [x], { axes: normalizeAxes(name, axis, x.rank), keepDim, correction });
}

function arg(name: string, x: Tensor, options: ArgOptions): Tensor {
  requireTensors(name, { x });
  const { axis, keepDim } = readOptions(name, options, DEFAULTS);
  if (axis !== null) {
    return callOp(name, [x], { axes: [normalizeAxis(name, axis, x.rank)], keepDim });
  }
  const all = x.shape.map((_, i) => i);
  return callOp(name, [x], { axes: all, keepDim });
}

/** The sum over `axis`; 0 for no elements. PyTorch's name: `torch.sum`. */
export function sum(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce('sum', x, options);
}

/** The mean over `axis`; NaN for no elements. */
export function mean(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce('mean', x, options);
}

/** The largest value over `axis`; NaN if there is one. Equal maxima share the gradient. PyTorch's name: `torch.amax`. */
export function max(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce('max', x, options);
}

/** The smallest value over `axis`; NaN if there is one. Equal minima share the gradient. PyTorch's name: `torch.amin`. */
export function min(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce('min', x, options);
}

/** The variance over `axis`, squared deviations over n - correction (default 1). NaN where n is not above the correction. */
export function variance(x: Tensor, options: VarOptions = {}): Tensor {
  return reduceDeviations('var', x, options);
}

/** The standard deviation over `axis`: the square root of the variance. */
export function std(x: Tensor, options: VarOptions = {}): Tensor {
  return reduceDeviations('std', x, options);
}

/** log(sum of exp(x)) over `axis`, without overflow; -Infinity for no elements. PyTorch's name: `torch.logsumexp`. */
export function logSumExp(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce('logSumExp', x, options);
}

/** The product over `axis`; 1 for no elements. The gradient is right where factors are zero. PyTorch's name: `torch.prod`. */
export function prod(x: Tensor, options: ReduceOptions = {}): Tensor {
  return reduce('prod', x, options);
}

/** The position (int32) of the largest value along `axis`: the first of equal ones, the first NaN if there is one. */
export function argmax(x: Tensor, options: ArgOptions = {}): Tensor {
  return arg('argmax', x, options);
}

/** The position (int32) of the smallest value along `axis`: the first of equal ones, the first NaN if there is one. */
export function argmin(x: Tensor, options: ArgOptions = {}): Tensor {
  return arg('argmin', x, options);
}

Object.entries({ sum, mean, max, min, var: variance, std, logSumExp, prod, argmax, argmin }).forEach(([name, f]) => {
  Tensor.prototype[name as 'sum'] = function (options?: object) {
    return f(this, options);
  };
});
