import { type Shape, sizeOf } from '../core/shape.js';

/** A tensor as rows: [outer, length, inner], and outer * inner rows. */
export interface Rows {
  readonly length: number;
  readonly inner: number;
  readonly rows: number;
}

/** The rows of a tensor along `axis`. */
export function rowsOf(shape: Shape, axis: number): Rows {
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  return { length: shape[axis], inner, rows: outer * inner };
}

/** Where row `row` begins; its elements are `inner` apart. */
export function rowStart(row: number, { length, inner }: Pick<Rows, 'length' | 'inner'>): number {
  return Math.floor(row / inner) * length * inner + (row % inner);
}
