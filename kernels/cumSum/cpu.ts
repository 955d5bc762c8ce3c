import type { CpuOperand } from '../../core/op.js';
import { sizeOf } from '../../core/shape.js';
import type { CumSumAttrs } from './op.js';

/** Line by line along the axis: out[0] = x[0], out[k] = out[k - 1] + x[k], or the same from the end. */
export function cumSumCpu([x]: readonly CpuOperand[], [out]: readonly CpuOperand[], { axis, reverse }: CumSumAttrs): void {
  const length = x.shape[axis];
  const inner = sizeOf(x.shape.slice(axis + 1));
  const step = reverse ? -inner : inner;
  for (let line = 0; line < out.data.length; line += length * inner) {
    for (let i = 0; i < inner; i++) {
      let at = line + i + (reverse ? (length - 1) * inner : 0);
      let sum = 0;
      for (let k = 0; k < length; k++, at += step) {
        sum += x.data[at];
        out.data[at] = sum;
      }
    }
  }
}
