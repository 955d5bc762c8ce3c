import { type Shape, sizeOf } from '../../core/shape.js';

/** A tensor as rows along `axis`: [outer, length, inner], and outer * inner rows. */
export function rowsOf(shape: Shape, axis: number): { length: number; inner: number; rows: number } {
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  return { length: shape[axis], inner, rows: outer * inner };
}
