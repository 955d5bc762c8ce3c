import type { CpuOperand } from '../../core/op.js';
import type { Shape } from '../../core/shape.js';

/** The coordinate along `axis`, in the other tensor, of what stands at `position` in this one. */
export type Coordinate = (position: readonly number[], axis: number) => number;

/** Calls `visit` with every position of `shape` in row-major order, and its number. */
function eachPosition(shape: Shape, size: number, visit: (position: readonly number[], index: number) => void): void {
  const position = new Array<number>(shape.length).fill(0);
  for (let index = 0; index < size; index++) {
    visit(position, index);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++position[axis] < shape[axis]) break;
      position[axis] = 0;
    }
  }
}

/** The row-major number of a position in `shape`, by Horner's rule: ((p0 n1 + p1) n2 + p2) ... */
function numberOf(shape: Shape, position: readonly number[], coordinate: Coordinate): number {
  let index = 0;
  for (let axis = 0; axis < shape.length; axis++) index = index * shape[axis] + coordinate(position, axis);
  return index;
}

/** out[p] = x[q] for every position p of the output; `coordinate` gives q. */
export function gatherCpu(x: CpuOperand, out: CpuOperand, coordinate: Coordinate): void {
  eachPosition(out.shape, out.data.length, (position, index) => {
    out.data[index] = x.data[numberOf(x.shape, position, coordinate)];
  });
}

/** out[q] = x[p] for every position p of the input; `coordinate` gives q. */
export function scatterCpu(x: CpuOperand, out: CpuOperand, coordinate: Coordinate): void {
  eachPosition(x.shape, x.data.length, (position, index) => {
    out.data[numberOf(out.shape, position, coordinate)] = x.data[index];
  });
}
