import type { CpuOperand } from '../../core/op.js';
import { type Shape, contiguousStrides } from '../../core/shape.js';
import { checkIndex } from '../indexing.js';

/** Where entry e of `index` points in a tensor of shape `into`: at its own coordinates, but at index[e] along `axis`. */
export function pointer(op: string, index: CpuOperand, into: Shape, axis: number): (e: number) => number {
  const from = contiguousStrides(index.shape);
  const to = contiguousStrides(into);
  return (e) => {
    let rest = e;
    let position = 0;
    for (let d = 0; d < into.length; d++) {
      const coordinate = Math.floor(rest / from[d]);
      rest -= coordinate * from[d];
      position += (d === axis ? checkIndex(op, index.data[e], into[d]) : coordinate) * to[d];
    }
    return position;
  };
}

/** out[e] = x[where entry e of index points] */
export function gatherCpu([x, index]: readonly CpuOperand[], [out]: readonly CpuOperand[], { axis }: { axis: number }): void {
  const positionOf = pointer('gather', index, x.shape, axis);
  for (let e = 0; e < out.data.length; e++) out.data[e] = x.data[positionOf(e)];
}
