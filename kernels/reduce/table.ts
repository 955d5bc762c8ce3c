import { callOp, makeZeros } from '../../core/apply.js';
import type { Tensor } from '../../core/tensor.js';
import { sizeOf } from '../../core/shape.js';
import { maskLike } from '../binary/helpers.js';
import { where } from '../where/op.js';
import { productOfOthers } from './prod.js';
import { type Values, extremeAt, logSumExpOf, meanOf, productOf, sumOf, varianceOf } from './cpu.js';

export interface ReduceAttrs {
  /** Sorted, from 0. */
  axes: readonly number[];
  keepDim: boolean;
  /** var and std divide by n - correction. */
  correction?: number;
}

/** What a slope may use: all with the reduced axes kept as 1, so that they broadcast against x. */
interface SlopeContext {
  /** d(loss)/d(out). */
  g: Tensor;
  x: () => Tensor;
  y: () => Tensor;
  /** How many values one output element is made of. */
  count: number;
  shape: readonly number[];
  attrs: ReduceAttrs;
}

/** One reduction. Its place in the table is the value of `OP` in reduce.wgsl. */
export interface ReduceRow {
  readonly name: string;
  readonly cpu: (values: Values, attrs: ReduceAttrs) => number;
  /** The result for no values at all; null where there is none. */
  readonly empty: number | null;
  readonly integers?: boolean;
  /** The result is a position, int32. */
  readonly index?: boolean;
  readonly slope?: (context: SlopeContext) => Tensor;
  readonly saves?: readonly ('x' | 'out')[];
}

const larger = (a: number, b: number) => a > b;
const smaller = (a: number, b: number) => a < b;
const valueAt = ({ data, base, offsets }: Values, i: number) => data[base + offsets[i]];

/** Equal extremes share the gradient evenly (torch.amax). */
function extremeSlope({ g, x, y, attrs }: SlopeContext): Tensor {
  const ties = maskLike(x().eq(y()), g);
  return g.mul(ties).div(ties.sum({ axis: attrs.axes, keepDim: true }));
}

/** (x - mean) / ((n - correction) std), but 0 where all values are equal (torch.std). */
function stdSlope(context: SlopeContext): Tensor {
  const { g, y, count, attrs } = context;
  const spread = y();
  const isNone = spread.eq(0);
  return where(isNone, 0, g).div(where(isNone, 1, spread)).mul(1 / (count - attrs.correction!)).mul(centred(context));
}

/** x minus its mean over the reduced axes. */
function centred({ x, attrs }: SlopeContext): Tensor {
  const values = x();
  return values.sub(values.mean({ axis: attrs.axes, keepDim: true }));
}

export const REDUCE: readonly ReduceRow[] = [
  { name: 'sum', cpu: sumOf, empty: 0, integers: true, slope: ({ g, shape }) => callOp('expand', [g], { shape }) },
  { name: 'mean', cpu: meanOf, empty: NaN, slope: ({ g, shape, count }) => callOp('expand', [g.mul(1 / count)], { shape }) },
  {
    name: 'max',
    cpu: (values) => valueAt(values, extremeAt(values, larger)),
    empty: null,
    integers: true,
    slope: extremeSlope,
    saves: ['x', 'out'],
  },
  {
    name: 'min',
    cpu: (values) => valueAt(values, extremeAt(values, smaller)),
    empty: null,
    integers: true,
    slope: extremeSlope,
    saves: ['x', 'out'],
  },
  {
    name: 'var',
    cpu: (values, { correction }) => varianceOf(values, correction!),
    empty: NaN,
    slope: (context) => context.g.mul(2 / (context.count - context.attrs.correction!)).mul(centred(context)),
    saves: ['x'],
  },
  {
    name: 'std',
    cpu: (values, { correction }) => Math.sqrt(varianceOf(values, correction!)),
    empty: NaN,
    slope: stdSlope,
    saves: ['x', 'out'],
  },
  {
    name: 'logSumExp',
    cpu: logSumExpOf,
    empty: -Infinity,
    slope: ({ g, x, y }) => g.mul(x().sub(y()).exp()),
    saves: ['x', 'out'],
  },
  { name: 'argmax', cpu: (values) => extremeAt(values, larger), empty: null, integers: true, index: true },
  { name: 'argmin', cpu: (values) => extremeAt(values, smaller), empty: null, integers: true, index: true },
  {
    name: 'prod',
    cpu: productOf,
    empty: 1,
    integers: true,
    slope: ({ g, x, shape, attrs }) => (sizeOf(shape) === 0 ? makeZeros({ shape, dtype: g.dtype }, g.backend) : g.mul(productOfOthers(x(), attrs.axes))),
    saves: ['x'],
  },
];
