import type { CpuOperand } from '../../core/op.js';
import { scatterCpu } from '../strided/cpu.js';

/** out[before + p] = x[p] along each axis; `value` elsewhere */
export function padCpu(
  [x]: readonly CpuOperand[], [out]: readonly CpuOperand[],
  { padding, value }: { padding: readonly (readonly [number, number])[]; value: number },
): void {
  out.data.fill(value);
  scatterCpu(x, out, (p, axis) => padding[axis][0] + p[axis]);
}
