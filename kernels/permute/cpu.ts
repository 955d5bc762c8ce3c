import type { CpuOperand } from '../../core/op.js';
import { gatherCpu } from '../strided/cpu.js';

/** out[p0, p1, ...] = x[q0, q1, ...] with q[axes[i]] = p[i] */
export function permuteCpu([x]: readonly CpuOperand[], [out]: readonly CpuOperand[], { axes }: { axes: readonly number[] }): void {
  const placeOf = x.shape.map((_, axis) => axes.indexOf(axis));
  gatherCpu(x, out, (p, axis) => p[placeOf[axis]]);
}
