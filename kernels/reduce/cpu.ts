import type { TypedArray } from '../../core/dtype.js';
import type { CpuOperand } from '../../core/op.js';
import { sizeOf } from '../../core/shape.js';
import { reductionLayout } from './layout.js';

/** The values that one output element is made of: data[base + offsets[i]]. */
export interface Values {
  readonly data: TypedArray;
  readonly base: number;
  readonly offsets: Int32Array;
}

/** Offsets of all positions of a strided block, in row-major order. */
function offsetsOf(shape: readonly number[], strides: readonly number[]): Int32Array {
  let offsets = Int32Array.of(0);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const wider = new Int32Array(offsets.length * shape[axis]);
    for (let i = 0; i < shape[axis]; i++) {
      for (let k = 0; k < offsets.length; k++) wider[i * offsets.length + k] = i * strides[axis] + offsets[k];
    }
    offsets = wider;
  }
  return offsets;
}

/** out[i] = f(the values that belong to it). */
export function reduceCpu(f: (values: Values) => number, x: CpuOperand, out: CpuOperand, axes: readonly number[]): void {
  const { keptShape, keptStrides, reducedShape, reducedStrides } = reductionLayout(x.shape, axes);
  const bases = sizeOf(x.shape) === 0 ? new Int32Array(out.data.length) : offsetsOf(keptShape, keptStrides);
  const offsets = offsetsOf(reducedShape, reducedStrides);
  for (let i = 0; i < out.data.length; i++) out.data[i] = f({ data: x.data, base: bases[i], offsets });
}

export function sumOf({ data, base, offsets }: Values): number {
  let sum = 0;
  for (let i = 0; i < offsets.length; i++) sum += data[base + offsets[i]];
  return sum;
}

/** For int32, as its products wrap: exact modulo 2^32. */
export function productOf({ data, base, offsets }: Values): number {
  const multiply = data instanceof Int32Array ? Math.imul : (a: number, b: number) => a * b;
  let product = 1;
  for (let i = 0; i < offsets.length; i++) product = multiply(product, data[base + offsets[i]]);
  return product;
}

export function meanOf(values: Values): number {
  return sumOf(values) / values.offsets.length;
}

/** The sum of squared deviations from the mean, over n - correction; two passes, so that nothing cancels. */
export function varianceOf(values: Values, correction: number): number {
  const { data, base, offsets } = values;
  const mean = meanOf(values);
  let squares = 0;
  for (let i = 0; i < offsets.length; i++) squares += (data[base + offsets[i]] - mean) ** 2;
  return squares / Math.max(offsets.length - correction, 0);
}

/** m + log(sum of exp(x - m)) with m = max: no exponential overflows. */
export function logSumExpOf(values: Values): number {
  const { data, base, offsets } = values;
  const largest = data[base + offsets[extremeAt(values, (a, b) => a > b)]] ?? -Infinity;
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let i = 0; i < offsets.length; i++) sum += Math.exp(data[base + offsets[i]] - largest);
  return largest + Math.log(sum);
}

/** The first position whose value no other one beats; the first NaN, if there is one. */
export function extremeAt({ data, base, offsets }: Values, beats: (a: number, b: number) => boolean): number {
  let best = 0;
  for (let i = 0; i < offsets.length; i++) {
    const value = data[base + offsets[i]];
    if (Number.isNaN(value)) return i;
    if (beats(value, data[base + offsets[best]])) best = i;
  }
  return best;
}
