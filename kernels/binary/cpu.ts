import type { CpuOperand } from '../../core/op.js';
import { broadcastStrides, collapseAxes } from '../../core/shape.js';

/** out = f(a, b) with broadcasting: the inner axis is a plain loop, the outer ones count like an odometer. */
export function binaryCpu(f: (x: number, y: number) => number) {
  return ([a, b]: readonly CpuOperand[], [out]: readonly CpuOperand[]): void => {
    const full = [broadcastStrides(a.shape, out.shape), broadcastStrides(b.shape, out.shape)];
    const { shape, strides } = collapseAxes(out.shape, full);
    const inner = shape.pop() ?? 1;
    const stepA = strides[0].pop() ?? 0;
    const stepB = strides[1].pop() ?? 0;
    const [x, y, z] = [a.data, b.data, out.data];
    const counter = new Array<number>(shape.length).fill(0);
    let atA = 0;
    let atB = 0;
    for (let row = 0; row < z.length; row += inner) {
      for (let i = 0; i < inner; i++) z[row + i] = f(x[atA + i * stepA], y[atB + i * stepB]);
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        atA += strides[0][axis];
        atB += strides[1][axis];
        if (++counter[axis] < shape[axis]) break;
        counter[axis] = 0;
        atA -= strides[0][axis] * shape[axis];
        atB -= strides[1][axis] * shape[axis];
      }
    }
  };
}
