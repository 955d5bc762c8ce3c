import type { DType, TypedArray } from '../../core/dtype.js';
import { scope } from '../../core/memory.js';
import { type Op, inputNames, outputNames } from '../../core/op.js';
import type { Sample, Tolerance, ValueErrorSample } from '../../core/samples.js';
import { sizeOf } from '../../core/shape.js';
import { tensor } from '../../core/tensor.js';
import { bindingBytes } from '../../core/webgpu/storage.js';
import { callSample, makeInputs, toleranceOf } from '../support.js';
import type { CheckResult } from './check.js';
import { judge } from './judge.js';
import type { SampleCall } from './plans.js';

/* The memory of one call, laid out by hand, so that nothing a kernel does to it goes unseen. */

/** No value of a sample: a value read by mistake shows. Each word is one more than the last, so that a copied one shows too. */
export const GARBAGE = 0x4640e6b7;

/** As a float it is NaN, which shows where zero times garbage would not. */
export const NAN_GARBAGE = 0x7fc00000;

/** Bytes after each buffer's end. A kernel may read there, as WebGPU lets it, but must not write. */
export const SLACK = 8192;

/** Inputs, outputs and scratch by the names that kernels bind them by, each followed by SLACK. */
export type CallMemory = ReadonlyMap<string, ArrayBuffer>;

/** Words that are moved as numbers, in vectors of u32, pass through float32 in the executor: 24 bits are left of them. */
function withoutLowBits(values: TypedArray): TypedArray {
  if (values instanceof Float32Array) new Uint32Array(values.buffer).forEach((word, i, words) => (words[i] = word & ~0xff));
  return values;
}

/** The values of a sample's inputs, in float32 and int32. */
function valuesOf(sample: Sample, seed: number): Promise<TypedArray[]> {
  return scope(() => Promise.all(makeInputs(sample, 'cpu', 'float32', seed).map(async (input) => withoutLowBits(await input.data()))));
}

/** Memory as a kernel may find it; other garbage in each buffer, so that garbage copied from one to another shows. */
export async function memoryOf(op: Op, sample: Sample, call: SampleCall, garbage = GARBAGE, seed = 1): Promise<CallMemory> {
  const memory = new Map<string, ArrayBuffer>();
  const allocate = (name: string, elements: number): ArrayBuffer => {
    const bytes = new ArrayBuffer(bindingBytes(4 * elements) + SLACK);
    new Uint32Array(bytes).forEach((_, i, words) => (words[i] = garbage + 4096 * memory.size + i));
    memory.set(name, bytes);
    return bytes;
  };
  const given = await valuesOf(sample, seed);
  inputNames(op, given.length).forEach((name, i) => {
    view(call.inputs[i].dtype, allocate(name, given[i].length), given[i].length).set(given[i]);
  });
  outputNames(op, call.outputs.length).forEach((name, i) => allocate(name, sizeOf(call.outputs[i].shape)));
  for (const [name, { shape }] of Object.entries(call.plan.scratch ?? {})) allocate(name, sizeOf(shape));
  return memory;
}

/** The buffers that were written past their end. */
export function writtenPastTheEnd(memory: CallMemory): string[] {
  return [...memory].flatMap(([name, bytes]) => {
    const slack = new Uint32Array(bytes, bytes.byteLength - SLACK);
    return slack.some((word, i) => word !== slack.at(-1)! - (slack.length - 1 - i)) ? [`${name} is written past its end`] : [];
  });
}

/** What a call should leave in its outputs and its inputs: by the CPU in float64, or what is declared where the CPU throws. */
export interface Expectation {
  outputs: TypedArray[];
  inputsAfter: TypedArray[];
  tolerance: Tolerance;
}

export function expectationOf(op: Op, sample: Sample | ValueErrorSample, seed = 1): Promise<Expectation> {
  return scope(async () => {
    const given = await valuesOf(sample, seed);
    const inputs = sample.inputs.map(({ shape, dtype }, i) =>
      tensor(given[i], shape, { dtype: dtype === 'int32' ? 'int32' : 'float64', device: 'cpu' }));
    const outputs = 'webgpu' in sample
      ? [Float64Array.from(sample.webgpu)]
      : await Promise.all(callSample(op, sample, inputs, 'cpu', 'float64').map((output) => output.data()));
    return { outputs, inputsAfter: await Promise.all(inputs.map((input) => input.data())), tolerance: toleranceOf(op, sample) };
  });
}

/** Does the memory hold what it should? */
export function judgeMemory(op: Op, call: SampleCall, memory: CallMemory, { outputs, inputsAfter, tolerance }: Expectation): CheckResult {
  const [spilt] = writtenPastTheEnd(memory);
  if (spilt) return { verdict: 'FAIL', message: spilt };
  const actual = (name: string, dtype: DType, length: number) => view(dtype, memory.get(name)!, length);
  const ins = inputNames(op, inputsAfter.length);
  const outs = outputNames(op, call.outputs.length);
  return judge([
    ...outputs.map((expected, i) => (
      { what: `output ${i}`, actual: actual(outs[i], call.outputs[i].dtype, expected.length), expected, tolerance })),
    ...inputsAfter.map((expected, i) => (
      { what: `input ${i} afterwards`, actual: actual(ins[i], call.inputs[i].dtype, expected.length), expected, tolerance })),
  ]);
}

function view(dtype: DType, bytes: ArrayBuffer, length: number): TypedArray {
  return dtype === 'int32' ? new Int32Array(bytes, 0, length) : new Float32Array(bytes, 0, length);
}
