import type { Tensor } from '../../core/tensor.js';
import { concat } from '../concat/op.js';
import { ones } from '../fill/op.js';
import { pad } from '../pad/op.js';
import { permute } from '../permute/op.js';
import { reshape } from '../reshape/op.js';
import { narrow } from '../slice/op.js';

/** The two halves of the rows of t, filled up with a row of ones if their number is odd. */
function halves(t: Tensor): [Tensor, Tensor] {
  const half = Math.ceil(t.shape[0] / 2);
  const even = t.shape[0] % 2 === 0 ? t : pad(t, [[0, 1], [0, 0]], { value: 1 });
  return [narrow(even, 0, 0, half), narrow(even, 0, half, half)];
}

/** For each element of t [rows, columns] the product of the others in its column. */
function othersInColumn(t: Tensor): Tensor {
  const [rows] = t.shape;
  if (rows === 1) return ones(t.shape, { dtype: t.dtype, device: t.device });
  const [a, b] = halves(t);
  const others = othersInColumn(a.mul(b));
  return narrow(concat([others.mul(b), others.mul(a)]), 0, 0, rows);
}

/**
 * For each element of x, which is not empty, the product of all others along `axes`: the slope of their product. It divides by
 * nothing, so zeros do no harm: products of pairs are made, then of pairs of pairs; on the way back each element of a pair
 * takes what the pair lacks, times its partner. About 5 log2(n) ops for n factors, which can be differentiated again.
 */
export function productOfOthers(x: Tensor, axes: readonly number[]): Tensor {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const order = [...axes, ...kept];
  const factorsFirst = permute(x, order);
  const count = axes.reduce((product, axis) => product * x.shape[axis], 1);
  const others = othersInColumn(reshape(factorsFirst, [count, -1]));
  return permute(reshape(others, factorsFirst.shape), order.map((_, axis) => order.indexOf(axis)));
}
