import { type Shape, sizeOf } from '../../core/shape.js';

/** Values on the host, row-major, as every engine is given them. */
export interface HostTensor<Data extends Float32Array | Int32Array = Float32Array> {
  readonly shape: Shape;
  readonly data: Data;
}

/** `source` with its axes in another order, for engines with other layouts: out[.., i_axes[k], ..] = source[.., i_k, ..]. */
export function permuteAxes<Data extends Float32Array | Int32Array>({ shape, data }: HostTensor<Data>, axes: readonly number[]): HostTensor<Data> {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const permuted = axes.map((axis) => shape[axis]);
  const out = data.slice() as Data;
  const index = permuted.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    out[i] = data[axes.reduce((offset, axis, k) => offset + index[k] * strides[axis], 0)];
    for (let k = index.length - 1; k >= 0 && ++index[k] === permuted[k]; k--) index[k] = 0;
  }
  return { shape: permuted, data: out };
}
