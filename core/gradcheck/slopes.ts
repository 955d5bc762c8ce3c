import { Philox } from '../random.js';
import { type Extrapolated, STEP, dot, extrapolate, largestFinite, oneHot, signedRandom } from './numeric.js';
import type { Gradients, Objective, Point } from './objective.js';

/** A way to move one input: one element of it, or all at once at random. */
export interface Column {
  input: number;
  /** Flat index of the element, or the number of the random direction. */
  index: number;
  isElement: boolean;
  direction: Float64Array;
  step: number;
}

/** The slope of <outputs, upstream> along a column, by differences and by the tape. */
export interface Slope extends Extrapolated {
  column: Column;
  /** Number of the upstream. */
  row: number;
  analytic: number;
  step: number;
  /** Where it was taken: near the given inputs, if those sat on a kink. */
  point: Point;
}

/** The share of the largest slope by which a wrong one must be found: a tolerance above it certifies nothing. */
export const RESOLUTION = 1e-3;

/** How much of its own error estimate a numeric slope is forgiven. */
export const ERROR_FACTOR = 10;

/** After the first try a narrower step, which mends what curvature spoilt; then other points, on either side, further and further away. */
const NARROWING = 16;
const MOVES = 4;

const STREAMS = { upstream: 1, direction: 2, move: 3 } as const;

/** Independent of each other, so that one column can be checked again by itself. */
function stream(seed: number, kind: keyof typeof STREAMS, input = 0, index = 0): Philox {
  return new Philox(seed, (index * 1024 + input) * 4 + STREAMS[kind]);
}

export function randomUpstream(size: number, seed: number): Float64Array {
  return signedRandom(size, stream(seed, 'upstream'));
}

export function elementColumn(input: number, index: number, values: Float64Array): Column {
  return { input, index, isElement: true, direction: oneHot(values.length, index), step: STEP * Math.max(1, Math.abs(values[index])) };
}

/** `direction`, but less of an element the more its slope exceeds the median one: then all weigh about the same. */
function evenedOut(direction: Float64Array, gradient: Float64Array): Float64Array {
  const sizes = gradient.map(Math.abs);
  const sorted = sizes.filter((size) => size > 0).sort();
  const median = sorted[sorted.length >> 1];
  return direction.map((d, i) => (sizes[i] > median ? (d * median) / sizes[i] : d));
}

/**
 * A random direction. Each second one is evened out: beside a slope of 1e6 one of 1e-3 would not show. `gradient` is the tape's;
 * where it errs, the other directions tell.
 */
export function randomColumn(input: number, index: number, gradient: Float64Array, seed: number): Column {
  const direction = signedRandom(gradient.length, stream(seed, 'direction', input, index));
  return { input, index, isElement: false, direction: index % 2 === 0 ? direction : evenedOut(direction, gradient), step: STEP };
}

function moved(point: Point, { input, direction }: Column, distance: number): Point {
  return point.map((values, i) => (i === input ? values!.map((value, k) => value + distance * direction[k]) : values));
}

/** The outputs' values around `point`, as `extrapolate` wants them; `centre` are those at the point itself, where they are known. */
export async function sampleAlong(
  objective: Objective, point: Point, column: Column, step: number, centre: Float64Array | null = null,
): Promise<Float64Array[]> {
  const at = (t: number) => objective.evaluate(moved(point, column, t));
  return [await at(-step), await at(-step / 2), centre ?? (await objective.evaluate(point)), await at(step / 2), await at(step)];
}

/** A kink, a jump, or the edge of the domain within the step: the difference is no slope. `scale` is the largest slope around. */
function isKinked({ slope, errorEstimate, noise }: Extrapolated, scale: number): boolean {
  return !(ERROR_FACTOR * errorEstimate <= RESOLUTION * Math.max(Math.abs(slope), scale) + noise);
}

/** An element of the gradient that was another the second time. */
export interface Change {
  input: number;
  index: number;
  first: number;
  second: number;
}

/** The first element that differs, bit by bit. */
export function changeBetween(first: Gradients, second: Gradients): Change | null {
  for (const [input, values] of first.entries()) {
    const index = values?.findIndex((value, i) => !Object.is(value, second[input]![i])) ?? -1;
    if (index >= 0) return { input, index, first: values![index], second: second[input]![index] };
  }
  return null;
}

/** What the function gives at the point of a check. */
export interface AtPoint {
  point: Point;
  values: Float64Array;
  /** The tape's, by upstream. */
  gradients: readonly Gradients[];
}

/** The slopes of every upstream along one column, or null where every point that was tried sat on a kink. */
export async function measure(
  objective: Objective, upstreams: readonly Float64Array[], { point, values, gradients }: AtPoint, column: Column, seed: number,
): Promise<Slope[] | null> {
  const [nearest] = signedRandom(1, stream(seed, 'move', column.input, column.index));
  const scales = gradients.map((row) => largestFinite(row[column.input]!));
  for (let attempt = 0; attempt < 2 + MOVES; attempt++) {
    const step = attempt === 0 ? column.step : column.step / NARROWING;
    const isMoved = attempt >= 2;
    const at = isMoved ? moved(point, column, nearest * column.step * (-2) ** attempt) : point;
    const samples = await sampleAlong(objective, at, column, step, isMoved ? null : values);
    const numeric = upstreams.map((upstream) => extrapolate(samples.map((values) => dot(values, upstream)), step));
    if (numeric.some((slope, row) => isKinked(slope, scales[row]))) continue;
    const rows = isMoved ? await objective.gradients(at, upstreams) : gradients;
    return numeric.map((slope, row) => ({
      ...slope, column, row, step, point: at, analytic: dot(rows[row][column.input]!, column.direction),
    }));
  }
  return null;
}
