import type { CpuOperand } from '../../core/op.js';
import { type Shape, sizeOf } from '../../core/shape.js';
import { checkIndex } from '../indexing.js';

/** Calls `visit` for each row that index[k] names: where it begins in the full tensor, and in the tensor of chosen rows. */
function eachRow(
  op: string, full: Shape, index: CpuOperand, axis: number, visit: (inFull: number, inChosen: number, length: number) => void,
): void {
  const outer = sizeOf(full.slice(0, axis));
  const length = sizeOf(full.slice(axis + 1));
  const count = index.data.length;
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < count; k++) {
      const row = checkIndex(op, index.data[k], full[axis]);
      visit((o * full[axis] + row) * length, (o * count + k) * length, length);
    }
  }
}

/** out[o, k, :] = x[o, index[k], :] */
export function indexSelectCpu([x, index]: readonly CpuOperand[], [out]: readonly CpuOperand[], { axis }: { axis: number }): void {
  eachRow('indexSelect', x.shape, index, axis, (from, to, length) => {
    for (let i = 0; i < length; i++) out.data[to + i] = x.data[from + i];
  });
}

/** out[o, r, :] = sum over k with index[k] = r of gradient[o, k, :], in the order of k. */
export function indexSelectGradCpu(
  [gradient, index]: readonly CpuOperand[], [out]: readonly CpuOperand[], { axis }: { axis: number },
): void {
  out.data.fill(0);
  eachRow('indexSelectGrad', out.shape, index, axis, (to, from, length) => {
    for (let i = 0; i < length; i++) out.data[to + i] += gradient.data[from + i];
  });
}
