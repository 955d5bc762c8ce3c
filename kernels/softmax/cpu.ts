import type { CpuOperand } from '../../core/op.js';
import { rowStart, rowsOf } from '../rows.js';

/** Row by row: the maximum, the sum of exp(x - max), then the results. */
export function softmaxCpu(x: CpuOperand, out: CpuOperand, axis: number, logarithm: boolean): void {
  const layout = rowsOf(x.shape, axis);
  const { length, inner, rows } = layout;
  for (let row = 0; row < rows; row++) {
    const start = rowStart(row, layout);
    let largest = -Infinity;
    for (let i = 0; i < length; i++) largest = Math.max(largest, x.data[start + i * inner]);
    let sum = 0;
    for (let i = 0; i < length; i++) sum += Math.exp(x.data[start + i * inner] - largest);
    const logSum = Math.log(sum);
    for (let i = 0; i < length; i++) {
      const at = start + i * inner;
      out.data[at] = logarithm ? x.data[at] - largest - logSum : Math.exp(x.data[at] - largest) / sum;
    }
  }
}
