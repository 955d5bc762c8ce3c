import type { CpuOperand } from '../../core/op.js';

/** out[i] = value */
export function fillCpu(_inputs: readonly CpuOperand[], [out]: readonly CpuOperand[], { value }: { value: number }): void {
  out.data.fill(value);
}
