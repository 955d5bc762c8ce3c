import type { CpuOperand } from '../../core/op.js';
import { gatherCpu } from '../strided/cpu.js';

/** out[.., p, ..] = x[.., extent - 1 - p, ..] along each of `axes` */
export function flipCpu([x]: readonly CpuOperand[], [out]: readonly CpuOperand[], { axes }: { axes: readonly number[] }): void {
  const reversed = x.shape.map((_, axis) => axes.includes(axis));
  gatherCpu(x, out, (p, axis) => (reversed[axis] ? x.shape[axis] - 1 - p[axis] : p[axis]));
}
