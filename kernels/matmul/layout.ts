import { ShapeError } from '../../core/errors.js';
import { type Shape, broadcastStrides, collapseAxes, sizeOf } from '../../core/shape.js';
import type { MatmulAttrs } from './op.js';

/** The product's extents. a is [rows, inner], b is [inner, columns], after their flags are applied. */
export interface Extents {
  rows: number;
  inner: number;
  columns: number;
}

export function extents(a: Shape, b: Shape, { transposeA, transposeB }: MatmulAttrs): Extents {
  if (a.length < 2 || b.length < 2) {
    throw new ShapeError(`matmul: shapes [${a}] and [${b}]: the op takes matrices or batches of them; the function matmul() takes vectors too`);
  }
  const [rows, inner] = transposeA ? [a[a.length - 1], a[a.length - 2]] : a.slice(-2);
  const [innerB, columns] = transposeB ? [b[b.length - 1], b[b.length - 2]] : b.slice(-2);
  if (inner !== innerB) {
    const flags = `${transposeA ? ', a transposed' : ''}${transposeB ? ', b transposed' : ''}`;
    throw new ShapeError(`matmul: shapes [${a}] and [${b}]${flags}: inner extents ${inner} and ${innerB} differ`);
  }
  return { rows, inner, columns };
}

/** The batch axes of a product: their extents, and each operand's strides in elements. */
export function batchLayout(a: Shape, b: Shape, out: Shape): { shape: number[]; stridesA: number[]; stridesB: number[] } {
  const batch = out.slice(0, -2);
  const elementStrides = (shape: Shape) =>
    broadcastStrides(shape.slice(0, -2), batch).map((stride) => stride * sizeOf(shape.slice(-2)));
  const { shape, strides } = collapseAxes(batch, [elementStrides(a), elementStrides(b)]);
  return { shape, stridesA: strides[0], stridesB: strides[1] };
}

/** Where the matrices of a and b start, for each matrix of the result in turn. */
export function batchesOf(a: Shape, b: Shape, out: Shape): [number, number][] {
  const { shape, stridesA, stridesB } = batchLayout(a, b, out);
  let offsets: [number, number][] = [[0, 0]];
  shape.forEach((extent, axis) => {
    offsets = offsets.flatMap(([x, y]) =>
      Array.from({ length: extent }, (_, i): [number, number] => [x + i * stridesA[axis], y + i * stridesB[axis]]),
    );
  });
  return offsets;
}
