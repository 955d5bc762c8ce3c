import { type Shape, broadcastStrides, collapseAxes, sizeOf } from '../../core/shape.js';

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
