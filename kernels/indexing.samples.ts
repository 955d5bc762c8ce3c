import type { SampleInput, ValueErrorSample } from '../core/samples.js';

/** Past the end of an axis of extent 3, negative, and as far out as int32 goes. */
const OUTSIDE = [3, -1, 2 ** 31 - 1, -(2 ** 31)];

/** Calls with an index that an axis of extent 3 does not have. A kernel, which cannot throw, gives `webgpu`. */
export function outOfRange(
  op: string, label: string, inputs: (index: number) => readonly SampleInput[], attrs: object, webgpu: readonly number[],
): ValueErrorSample[] {
  return OUTSIDE.map((index) => ({
    label: `${label}, index ${index}`,
    inputs: inputs(index),
    attrs,
    error: 'ShapeError',
    message: new RegExp(`^${op}: index ${index} is out of range .*0 to 2$`),
    webgpu,
  }));
}

/** Given values as inputs of a sample. */
export const floats = (shape: readonly number[], data: readonly number[]): SampleInput => ({ shape, data });
export const ints = (...data: readonly number[]): SampleInput => ({ shape: [data.length], dtype: 'int32', data });
