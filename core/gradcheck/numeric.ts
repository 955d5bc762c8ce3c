import type { Philox } from '../random.js';

/** h = eps^(1/5): where truncation O(h^4) and cancellation O(eps / h) of the extrapolated difference balance. */
export const STEP = Number.EPSILON ** (1 / 5);

/** Roundings that a value may carry, in units of its last place. */
const ROUNDINGS = 100;

/** Random signs times values in [0.5, 1.5]: an upstream of ones would make the gradient of a softmax vanish. */
export function signedRandom(length: number, random: Philox): Float64Array {
  return Float64Array.from({ length }, () => (random.uniform() < 0.5 ? -1 : 1) * (0.5 + random.uniform()));
}

export function oneHot(length: number, index: number): Float64Array {
  const vector = new Float64Array(length);
  vector[index] = 1;
  return vector;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) if (b[i] !== 0) total += a[i] * b[i];
  return total;
}

/** The largest magnitude, NaN and infinity left out. */
export function largestFinite(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}

/** What rounding of values of this size does to a slope that is their difference over `h`. */
export function roundingNoise(size: number, h: number): number {
  return (ROUNDINGS * Number.EPSILON * size) / h;
}

/** A numeric slope, and how far it may be trusted. */
export interface Extrapolated {
  slope: number;
  /** What the extrapolation itself says it may be off by. */
  errorEstimate: number;
  /** What rounding of the function's values can do to the slope. */
  noise: number;
}

/**
 * The slope at the middle of f(-h), f(-h/2), f(0), f(h/2), f(h), by Richardson's extrapolation of central differences:
 * (4 D(h/2) - D(h)) / 3, error O(h^4). The error estimate has two parts: the distance to D(h/2), and 2 S(h/2) - S(h) of the
 * second differences S(h) = (f(h) - 2 f(0) + f(-h)) / h. The latter is O(h^3) where f is smooth, and at a kink as large as
 * the jump of the slope, even where both one-sided slopes cancel in D (|x| at 0).
 */
export function extrapolate(values: readonly number[], h: number): Extrapolated {
  const [farLeft, left, centre, right, farRight] = values;
  const wide = (farRight - farLeft) / (2 * h);
  const narrow = (right - left) / h;
  const slope = narrow + (narrow - wide) / 3;
  const bend = (4 * (right - 2 * centre + left) - (farRight - 2 * centre + farLeft)) / h;
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return {
    slope,
    errorEstimate: Math.abs(slope - narrow) + Math.abs(bend),
    noise: roundingNoise(largest, h),
  };
}

const FRACTION_BITS = { float32: 23, float64: 52 } as const;
const SMALLEST_EXPONENT = { float32: -126, float64: -1022 } as const;

/** How far apart two values are, in units in the last place of the larger one. */
export function ulpsBetween(a: number, b: number, dtype: 'float32' | 'float64'): number {
  if (a === b) return 0;
  const larger = Math.max(Math.abs(a), Math.abs(b));
  const exponent = Math.max(Math.floor(Math.log2(larger)), SMALLEST_EXPONENT[dtype]);
  return Math.abs(a - b) / 2 ** (exponent - FRACTION_BITS[dtype]);
}

/** |a - b| as a share of the larger one. */
export function relativeError(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}
