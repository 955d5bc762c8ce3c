import { type Shape, Tensor, concat, expand, full, noGrad, permute, reshape, slice, transpose } from '../../index.js';

/**
 * How a value comes to an op: `leaf` holds it in some other arrangement, and `arrive` makes it from the leaf by recorded
 * ops. Values are the same in every layout; upstream memory and tape are not.
 */
export interface Layout {
  readonly name: string;
  leaf(given: Tensor): Tensor;
  arrive(leaf: Tensor, shape: Shape): Tensor;
}

export const AS_GIVEN: Layout = {
  name: 'as given',
  leaf: (given) => given,
  arrive: (leaf) => leaf,
};

/** A part of a tensor with one more element on either side of the last axis. */
const SLICED: Layout = {
  name: 'from slice',
  leaf(given) {
    const whole = given.rank === 0 ? reshape(given, [1]) : given;
    const edge = full([...whole.shape.slice(0, -1), 1], 3, { dtype: given.dtype, device: given.device });
    return concat([edge, whole, edge], { axis: -1 });
  },
  arrive(leaf, shape) {
    const inner = slice(leaf, leaf.shape.map((extent, axis) => (axis === leaf.rank - 1 ? [1, extent - 1] : null)));
    return shape.length === 0 ? reshape(inner, shape) : inner;
  },
};

/** The last two axes swapped; a vector as a row, made from a column. */
const TRANSPOSED: Layout = {
  name: 'from transpose',
  leaf: (given) => transpose(given.rank < 2 ? reshape(given, [1, given.size]) : given),
  arrive(leaf, shape) {
    const axes = leaf.shape.map((_, axis) => axis);
    const back = permute(leaf, [...axes.slice(0, -2), leaf.rank - 1, leaf.rank - 2]);
    return shape.length < 2 ? reshape(back, shape) : back;
  },
};

/** One of two copies: its gradient comes back through the sum over both. */
const EXPANDED: Layout = {
  name: 'from expand',
  leaf: (given) => reshape(given, [given.size]),
  arrive: (leaf, shape) => reshape(slice(expand(leaf, [2, leaf.size]), [[1, 2]]), shape),
};

export const LAYOUTS: readonly Layout[] = [AS_GIVEN, SLICED, TRANSPOSED, EXPANDED];

/** The leaf of `given` in a layout; requires a gradient if `given` does. */
export function leafOf(layout: Layout, given: Tensor): Tensor {
  if (layout === AS_GIVEN) return given;
  const leaf = noGrad(() => layout.leaf(given)).detach();
  leaf.requiresGrad = given.requiresGrad;
  return leaf;
}
