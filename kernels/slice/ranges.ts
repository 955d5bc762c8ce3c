import { ShapeError } from '../../core/errors.js';
import { requireArray } from '../../core/options.js';
import type { Shape } from '../../core/shape.js';

/** Python's `start:stop:step`. A bound that is left out or null is open; negative ones count from the end. */
export type SliceRange = readonly [start?: number | null, stop?: number | null, step?: number | null];

/** Which positions of one axis a slice takes: start, start + step, ... */
export interface AxisSlice {
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** A range as Python's `slice.indices(extent)` resolves it: bounds beyond the ends are cut, never an error. */
function resolveRange(extent: number, [start, stop, step]: SliceRange): AxisSlice {
  const stride = step ?? 1;
  const [low, high] = stride > 0 ? [0, extent] : [-1, extent - 1];
  const bound = (value: number) => Math.min(Math.max(value < 0 ? value + extent : value, low), high);
  const first = start == null ? (stride > 0 ? low : high) : bound(start);
  const end = stop == null ? (stride > 0 ? high : low) : bound(stop);
  const length = Math.max(0, Math.ceil((end - first) / stride));
  return { start: length > 0 ? first : 0, step: stride, length };
}

/** One range an axis; null, and every axis after the last range, is taken whole. */
export function resolveRanges(op: string, shape: Shape, ranges: readonly (SliceRange | null)[]): AxisSlice[] {
  requireArray(op, 'ranges', ranges);
  if (ranges.length > shape.length) {
    throw new ShapeError(`${op}: ${ranges.length} ranges for shape [${shape}]; give at most one an axis`);
  }
  return shape.map((extent, axis) => {
    const range = ranges[axis] ?? [];
    requireArray(op, `the range of axis ${axis}`, range);
    if (range.length > 3 || range[2] === 0 || range.some((value) => value != null && !Number.isInteger(value))) {
      throw new ShapeError(
        `${op}: range [${range}] of axis ${axis} of shape [${shape}] must be [start, stop, step] in whole numbers, the step not 0`,
      );
    }
    return resolveRange(extent, range);
  });
}

/** Throws unless each slice stays inside its axis of `shape`. */
export function checkSlices(op: string, shape: Shape, slices: readonly AxisSlice[]): void {
  if (slices.length !== shape.length) {
    throw new ShapeError(`${op}: ${slices.length} slices for shape [${shape}]; give one an axis`);
  }
  slices.forEach(({ start, step, length }, axis) => {
    const last = start + (length - 1) * step;
    const inside = (position: number) => position >= 0 && position < shape[axis];
    const whole = [start, step, length].every(Number.isInteger);
    if (!whole || step === 0 || length < 0 || (length > 0 && !(inside(start) && inside(last)))) {
      throw new ShapeError(
        `${op}: start ${start}, step ${step}, length ${length} leave axis ${axis} of shape [${shape}]; use slice(), which cuts to fit`,
      );
    }
  });
}
