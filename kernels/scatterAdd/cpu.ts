import type { CpuOperand } from '../../core/op.js';
import { pointer } from '../gather/cpu.js';

/** out = x; then out[where entry e of index points] += source[e], for e in order. */
export function scatterAddCpu(
  [x, index, source]: readonly CpuOperand[], [out]: readonly CpuOperand[], { axis }: { axis: number },
): void {
  const positionOf = pointer('scatterAdd', index, x.shape, axis);
  out.data.set(x.data);
  for (let e = 0; e < source.data.length; e++) out.data[positionOf(e)] += source.data[e];
}
