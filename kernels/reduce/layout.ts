import { type Shape, contiguousStrides } from '../../core/shape.js';

/** Where a reduction finds its values: kept axes lead to an output element, reduced axes walk through its values. */
export interface ReductionLayout {
  readonly keptShape: readonly number[];
  readonly keptStrides: readonly number[];
  readonly reducedShape: readonly number[];
  readonly reducedStrides: readonly number[];
}

/** Splits the axes of `shape` into kept and reduced ones; adjacent axes of one kind are merged. */
export function reductionLayout(shape: Shape, axes: readonly number[]): ReductionLayout {
  const strides = contiguousStrides(shape);
  const kept = { shape: [] as number[], strides: [] as number[] };
  const reduced = { shape: [] as number[], strides: [] as number[] };
  let previous: typeof kept | null = null;
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    const kind = axes.includes(axis) ? reduced : kept;
    if (kind === previous) {
      kind.shape[kind.shape.length - 1] *= shape[axis];
      kind.strides[kind.strides.length - 1] = strides[axis];
    } else {
      kind.shape.push(shape[axis]);
      kind.strides.push(strides[axis]);
    }
    previous = kind;
  }
  return { keptShape: kept.shape, keptStrides: kept.strides, reducedShape: reduced.shape, reducedStrides: reduced.strides };
}
