import type { CpuOperand } from '../../core/op.js';
import { scatterCpu } from '../strided/cpu.js';

/** out[.., start_k + p, ..] = x_k[.., p, ..], where start_k is the sum of the extents before input k */
export function concatCpu(inputs: readonly CpuOperand[], [out]: readonly CpuOperand[], { axis: along }: { axis: number }): void {
  let start = 0;
  for (const x of inputs) {
    scatterCpu(x, out, (p, axis) => (axis === along ? start + p[axis] : p[axis]));
    start += x.shape[along];
  }
}
