import type { CpuOperand } from '../../core/op.js';
import { gatherCpu, scatterCpu } from '../strided/cpu.js';
import type { AxisSlice } from './ranges.js';

/** out[p] = x[start + p * step] along each axis */
export function sliceCpu([x]: readonly CpuOperand[], [out]: readonly CpuOperand[], { slices }: { slices: readonly AxisSlice[] }): void {
  gatherCpu(x, out, (p, axis) => slices[axis].start + p[axis] * slices[axis].step);
}

/** out[start + p * step] = gradient[p] along each axis; 0 elsewhere */
export function sliceGradCpu(
  [gradient]: readonly CpuOperand[], [out]: readonly CpuOperand[], { slices }: { slices: readonly AxisSlice[] },
): void {
  out.data.fill(0);
  scatterCpu(gradient, out, (p, axis) => slices[axis].start + p[axis] * slices[axis].step);
}
