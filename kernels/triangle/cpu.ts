import type { CpuOperand } from '../../core/op.js';

/** Copies matrix after matrix, with zero wherever `isKept` says no. */
export function triangleCpu(x: CpuOperand, out: CpuOperand, isKept: (row: number, column: number) => boolean): void {
  const [rows, columns] = x.shape.slice(-2);
  for (let start = 0; start < out.data.length; start += rows * columns) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = start + row * columns + column;
        out.data[at] = isKept(row, column) ? x.data[at] : 0;
      }
    }
  }
}
