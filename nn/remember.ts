import { noGrad } from '../core/gradMode.js';
import type { Tensor } from '../core/tensor.js';
import { assign } from '../kernels/assign/op.js';

/** Copies the values of `tensors`, on their device. Returns a function that puts them back, to be called within the same scope. */
export function remember(tensors: readonly Tensor[]): () => void {
  const copies = noGrad(() => tensors.map((t) => ({ t, copy: t.clone() })));
  return () => noGrad(() => copies.forEach(({ t, copy }) => assign(t, copy)));
}
