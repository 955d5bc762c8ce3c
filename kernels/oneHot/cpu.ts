import type { CpuOperand } from '../../core/op.js';
import { checkIndex } from '../indexing.js';

/** out[i, c] = 1 where c = index[i], else 0 */
export function oneHotCpu([index]: readonly CpuOperand[], [out]: readonly CpuOperand[], { classes }: { classes: number }): void {
  out.data.fill(0);
  index.data.forEach((label, i) => (out.data[i * classes + checkIndex('oneHot', label, classes)] = 1));
}
