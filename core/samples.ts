import type { Spec } from './backend.js';
import type { Shape } from './shape.js';
import { sizeOf } from './shape.js';
import { type DType, type TypedArray, allocate, isFloat } from './dtype.js';
import { Philox } from './random.js';

/*
 * What the checks and the bench know of an op: sample calls, calls that must fail, tolerances, benchmark shapes.
 * Lives beside the op in `samples.ts`, and never in the shipped bundle.
 */

/** One input of a sample: random in [low, high], or given. */
export interface SampleInput {
  readonly shape: Shape;
  /** Default `float32`, which stands for the dtype under test; `int32` stays what it is. */
  readonly dtype?: 'float32' | 'int32';
  /** Default -2 and 2; for int32 whole numbers from 0 to 3, `high` included. */
  readonly low?: number;
  readonly high?: number;
  /** Values where the op has a kink or a jump: samples keep `margin` (default 0.05) away from them. */
  readonly avoid?: readonly number[];
  readonly margin?: number;
  /** All values differ by at least 0.01, so that max, min and their kin have no ties. */
  readonly distinct?: boolean;
  /** Exact values instead of random ones. */
  readonly data?: readonly number[];
  /** False for a float input that gets no gradient (running statistics). Default true. */
  readonly differentiable?: boolean;
}

/** One call of an op. */
export interface Sample {
  /** What is special about it, in a few words. */
  readonly label: string;
  readonly inputs: readonly SampleInput[];
  readonly attrs?: object;
  /** Where it must be closer than the op's: small results, which an absolute tolerance would let pass. */
  readonly tolerance?: Tolerance;
}

/** A call that must throw. */
export interface ErrorSample extends Sample {
  readonly error: 'ShapeError' | 'DTypeError' | 'DeviceError' | 'TapegradError';
  /** Must match the message, which names the op and the shapes. */
  readonly message: RegExp;
}

/** A call with a value that the CPU refuses; a kernel, which cannot throw, gives `webgpu` in its only output. */
export interface ValueErrorSample extends ErrorSample {
  readonly webgpu: readonly number[];
}

/** |actual - expected| <= absolute + relative * max(|expected|), over one output. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
  /** Why it is as wide as it is. */
  readonly reason: string;
}

/** Named extents of a bench shape. */
export type Axes = Readonly<Record<string, number>>;

/** A size at which the op is timed. */
export interface BenchShape {
  readonly label: string;
  readonly inputs: readonly SampleInput[];
  readonly attrs?: object;
  /** Extents that `npm run bench -- --axis NAME=...` sweeps, as they are here; see `sizes`. */
  readonly axes?: Axes;
  /** The same call at other extents; there if `axes` is. */
  readonly at?: (axes: Axes) => BenchShape;
}

/**
 * Bench shapes that differ by named extents only. The bench can then sweep them, here with `--axis n=256:4096:*2`:
 *
 *     bench: sizes([{ n: 256 }, { n: 512 }], ({ n }) => ({ label: `${n}^3`, inputs: [{ shape: [n, n] }, { shape: [n, n] }] })),
 *
 * The label must tell extents apart. Names are `n` where there is one extent, else those of the layout: `batch`, `channels`,
 * `height`, `width`, `rows`, `columns`, `inner`.
 */
export function sizes<Name extends string>(
  extents: readonly Readonly<Record<Name, number>>[], shapeAt: (axes: Readonly<Record<Name, number>>) => BenchShape,
): BenchShape[] {
  const at = (axes: Axes): BenchShape => ({ ...shapeAt(axes as Readonly<Record<Name, number>>), axes, at });
  return extents.map(at);
}

export interface OpSamples {
  readonly samples: readonly Sample[];
  readonly errors: readonly ErrorSample[];
  /** Errors that only the values make. */
  readonly valueErrors?: readonly ValueErrorSample[];
  /** float32 on the CPU and on WebGPU against float64. Default: DEFAULT_TOLERANCE. */
  readonly tolerance?: Tolerance;
  /** Why every slope of the op is zero (floor, sign): the gradient check then expects to learn nothing. */
  readonly flat?: string;
  /** Why NaN in an input may reach more results on WebGPU than on the CPU. It may never reach fewer. */
  readonly spreadsNaN?: string;
  readonly bench: readonly BenchShape[];
}

/** A number of elements as labels have it: 4M, 96K, 1000. */
export function countLabel(n: number): string {
  if (n % 2 ** 20 === 0) return `${n / 2 ** 20}M`;
  return n % 2 ** 10 === 0 ? `${n / 2 ** 10}K` : String(n);
}

/** Correctly rounded arithmetic on values of order one: a few float32 ULP (2^-24 = 6e-8), short sums included. */
export const DEFAULT_TOLERANCE: Tolerance = {
  relative: 1e-6,
  absolute: 1e-6,
  reason: 'a few roundings of correctly rounded float32 arithmetic, relative to the largest value',
};

/** For int32 samples whose values are too large for the default. */
export const EXACT_TOLERANCE: Tolerance = { relative: 0, absolute: 0, reason: 'whole numbers are exact' };

const samples = new Map<string, OpSamples>();

/** Registers the samples of the op named `op`. */
export function defineSamples(op: string, declaration: OpSamples): void {
  samples.set(op, declaration);
}

export function samplesOf(op: string): OpSamples | undefined {
  return samples.get(op);
}

/** Shapes and dtypes of a sample's inputs, in float32. */
export function specsOf({ inputs }: Sample): Spec[] {
  return inputs.map(({ shape, dtype = 'float32' }) => ({ shape, dtype }));
}

/** Can an input be differentiated? */
export function takesGradient({ dtype, differentiable }: SampleInput): boolean {
  return dtype !== 'int32' && differentiable !== false;
}

/** Values for one sample input, the same for the same generator state. Float values are exact in float32. */
export function drawSample(input: SampleInput, dtype: DType, random: Philox): TypedArray {
  const size = sizeOf(input.shape);
  const values = allocate(dtype, size);
  if (input.data) {
    values.set(input.data);
    return values;
  }
  if (!isFloat(dtype)) {
    const low = input.low ?? 0;
    const high = input.high ?? 3;
    for (let i = 0; i < size; i++) values[i] = low + random.below(high - low + 1);
    return values;
  }
  const low = input.low ?? -2;
  const high = input.high ?? 2;
  const margin = input.margin ?? 0.05;
  for (let i = 0; i < size; i++) {
    do {
      values[i] = Math.fround(low + (high - low) * random.uniform());
    } while (input.avoid?.some((kink) => Math.abs(values[i] - kink) < margin));
  }
  if (input.distinct) {
    const order = random.shuffle(Array.from({ length: size }, (_, i) => i));
    const step = Math.max((high - low) / Math.max(size, 1), 0.01);
    order.forEach((rank, i) => (values[i] = Math.fround(low + rank * step)));
  }
  return values;
}
