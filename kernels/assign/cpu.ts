import type { CpuOperand } from '../../core/op.js';

/** destination = source */
export function assignCpu([destination, source]: readonly CpuOperand[]): void {
  destination.data.set(source.data);
}
