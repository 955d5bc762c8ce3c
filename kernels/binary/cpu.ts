import type { CpuOperand } from '../../core/op.js';
import { type Shape, broadcastStrides, collapseAxes } from '../../core/shape.js';

/** One run of neighbouring output elements: where it starts in the output, and where and by what step in each operand. */
export type VisitRow = (row: number, length: number, starts: readonly number[], steps: readonly number[]) => void;

/** Walks `outShape` row by row, with operands broadcast to it: the outer axes count like an odometer. */
export function forEachRow(outShape: Shape, operands: readonly Shape[], size: number, visit: VisitRow): void {
  const { shape, strides } = collapseAxes(outShape, operands.map((operand) => broadcastStrides(operand, outShape)));
  const length = shape.pop() ?? 1;
  const steps = strides.map((s) => s.pop() ?? 0);
  const starts = operands.map(() => 0);
  const counter = shape.map(() => 0);
  for (let row = 0; row < size; row += length) {
    visit(row, length, starts, steps);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const wraps = ++counter[axis] === shape[axis];
      if (wraps) counter[axis] = 0;
      strides.forEach((s, k) => (starts[k] += wraps ? s[axis] * (1 - shape[axis]) : s[axis]));
      if (!wraps) break;
    }
  }
}

/** out = f(a, b) with broadcasting. */
export function binaryCpu(f: (x: number, y: number) => number, [a, b]: readonly CpuOperand[], [out]: readonly CpuOperand[]): void {
  const [x, y, z] = [a.data, b.data, out.data];
  forEachRow(out.shape, [a.shape, b.shape], z.length, (row, length, [atA, atB], [stepA, stepB]) => {
    for (let i = 0; i < length; i++) z[row + i] = f(x[atA + i * stepA], y[atB + i * stepB]);
  });
}
