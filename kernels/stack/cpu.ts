import type { CpuOperand } from '../../core/op.js';
import { sizeOf } from '../../core/shape.js';
import type { StackAttrs } from './op.js';

/** Visits each run of `width` neighbours of one part: which part, where in it, and where in the whole. */
function forEachRun(whole: CpuOperand, axis: number, visit: (part: number, inPart: number, inWhole: number, width: number) => void): void {
  const rows = sizeOf(whole.shape.slice(0, axis));
  const parts = whole.shape[axis];
  const width = sizeOf(whole.shape.slice(axis + 1));
  for (let row = 0; row < rows; row++) {
    for (let part = 0; part < parts; part++) visit(part, row * width, (row * parts + part) * width, width);
  }
}

export function stackCpu(inputs: readonly CpuOperand[], [out]: readonly CpuOperand[], { axis }: StackAttrs): void {
  forEachRun(out, axis, (part, inPart, inWhole, width) => {
    for (let i = 0; i < width; i++) out.data[inWhole + i] = inputs[part].data[inPart + i];
  });
}

export function unbindCpu([x]: readonly CpuOperand[], outputs: readonly CpuOperand[], { axis }: StackAttrs): void {
  forEachRun(x, axis, (part, inPart, inWhole, width) => {
    for (let i = 0; i < width; i++) outputs[part].data[inPart + i] = x.data[inWhole + i];
  });
}
