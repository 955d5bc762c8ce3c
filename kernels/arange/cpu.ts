import type { CpuOperand } from '../../core/op.js';

/** out[i] = start + i step */
export function arangeCpu(
  _inputs: readonly CpuOperand[], [out]: readonly CpuOperand[], { start, step }: { start: number; step: number },
): void {
  for (let i = 0; i < out.data.length; i++) out.data[i] = start + i * step;
}
