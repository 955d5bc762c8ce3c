import type { CpuOperand } from '../../core/op.js';
import { gatherCpu } from '../strided/cpu.js';

/** out[.., p, ..] = x[.., p, ..], or x[.., 0, ..] along a stretched axis; new leading axes are ignored */
export function expandCpu([x]: readonly CpuOperand[], [out]: readonly CpuOperand[]): void {
  const lead = out.shape.length - x.shape.length;
  gatherCpu(x, out, (p, axis) => (x.shape[axis] === 1 ? 0 : p[axis + lead]));
}
