import * as assert from 'uvu/assert';
import { type DeviceName, Philox, Tensor, init, memory, noGrad, scope, tensor } from '../index.js';
import type { DType, TypedArray } from '../core/dtype.js';
import { type Op, isDifferentiableOutput, isInPlace, isView } from '../core/op.js';
import { DEFAULT_TOLERANCE, type Sample, type Tolerance, drawSample, samplesOf } from '../core/samples.js';
import { applyOp } from '../core/apply.js';
import { backendFor } from '../core/device.js';
import { grad } from '../core/backward.js';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import { AS_GIVEN, type Layout, leafOf } from './gradcheck/layouts.js';

/** Both devices, ready; the CPU stays the default. Throws where there is no WebGPU adapter: kernels are never skipped. */
export async function initBothDevices(): Promise<void> {
  await init({ device: 'webgpu' });
  await init({ device: 'cpu' });
}

/** Says that something was not tested, and why; the runner counts these lines. */
export function skip(reason: string): void {
  console.log(`SKIP ${reason}`);
}

/** Runs `body` in a scope and asserts that it left no tensor and no byte behind. */
export async function assertNoLeak<T>(body: () => Promise<T>): Promise<T> {
  const before = memory();
  const result = await scope(body);
  const after = memory();
  assert.is(after.liveTensors, before.liveTensors, 'live tensors after the test');
  assert.is(after.liveBytes, before.liveBytes, 'live bytes after the test');
  return result;
}

/** Where two lists are furthest apart: |actual - expected| / (absolute + relative * max|expected|); NaN must meet NaN. */
export interface Distance {
  ratio: number;
  index: number;
  allowed: number;
}

export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: Omit<Tolerance, 'reason'>): Distance {
  if (actual.length !== expected.length) return { ratio: Infinity, index: Math.min(actual.length, expected.length), allowed: 0 };
  let scale = 0;
  for (let i = 0; i < expected.length; i++) if (Number.isFinite(expected[i])) scale = Math.max(scale, Math.abs(expected[i]));
  const allowed = tolerance.absolute + tolerance.relative * scale;
  const worst = { ratio: 0, index: 0, allowed };
  for (let i = 0; i < expected.length; i++) {
    if (actual[i] === expected[i] || Object.is(actual[i], expected[i])) continue;
    const apart = Math.abs(actual[i] - expected[i]);
    const ratio = Number.isNaN(apart) || allowed === 0 ? Infinity : apart / allowed;
    if (ratio > worst.ratio) Object.assign(worst, { ratio, index: i });
  }
  return worst;
}

/** Throws unless |actual - expected| <= absolute + relative * max|expected| everywhere; NaN must meet NaN. */
export function assertClose(
  actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: Omit<Tolerance, 'reason'>, what: string,
): void {
  assert.is(actual.length, expected.length, `${what}: number of values`);
  const { ratio, index, allowed } = distance(actual, expected, tolerance);
  if (ratio > 1) assert.unreachable(`${what}: element ${index} is ${actual[index]}, expected ${expected[index]} (allowed ${allowed})`);
}

export function toleranceOf(op: Op, sample?: Sample): Tolerance {
  return sample?.tolerance ?? samplesOf(op.name)?.tolerance ?? DEFAULT_TOLERANCE;
}

/** The inputs of a sample on a device. float32 inputs take the dtype under test; the same seed gives the same values. */
export function makeInputs(sample: Sample, device: DeviceName, dtype: DType, seed = 1): Tensor[] {
  const random = new Philox(seed);
  return sample.inputs.map((input) => {
    const own = input.dtype === 'int32' ? 'int32' : dtype;
    const differentiable = own !== 'int32' && input.differentiable !== false;
    return tensor(drawSample(input, own, random), input.shape, { dtype: own, device, requiresGrad: differentiable });
  });
}

/** A sample's attributes; one that names a float dtype follows the dtype under test. */
export function attrsFor(sample: Sample, dtype: DType): object {
  const attrs: { dtype?: DType } = { ...sample.attrs };
  if (attrs.dtype === 'float32') attrs.dtype = dtype;
  return attrs;
}

/** The names of the op's kernels; `[undefined]` for an op that has one. */
export function variantNames(op: Op): readonly (string | undefined)[] {
  return (isView(op) ? undefined : op.variants?.names) ?? [undefined];
}

/** Runs `body` with calls of `op` on WebGPU taking `variant`. */
export async function withVariant<T>(op: Op, variant: string | undefined, body: () => Promise<T>): Promise<T> {
  if (variant === undefined) return body();
  const { tuning } = backendFor('webgpu') as WebGpuBackend;
  tuning.force(op.name, variant);
  try {
    return await body();
  } finally {
    tuning.force(op.name, null);
  }
}

export function callSample(op: Op, sample: Sample, inputs: readonly Tensor[], device: DeviceName, dtype: DType): Tensor[] {
  const call = () => applyOp(op, inputs, attrsFor(sample, dtype), backendFor(device));
  return isInPlace(op) ? noGrad(call) : call();
}

/** What one sample gives: outputs, inputs afterwards, and gradients of the leaves. */
export interface SampleResult {
  outputs: TypedArray[];
  inputsAfter: TypedArray[];
  gradients: (TypedArray | null)[];
}

export interface RunOptions {
  seed?: number;
  /** Which variant of the op's kernel runs on WebGPU; default: as the tuning table has it. */
  variant?: string;
  /** How the inputs arrive. */
  layout?: Layout;
  /** Upstream gradients of random sign, or zero. */
  upstream?: 'random' | 'zero';
  /** How often the op is called with the same inputs; the gradients then add up. */
  calls?: number;
}

/** Runs a sample forward and, where the op is differentiable, backward. */
export function runSample(op: Op, sample: Sample, device: DeviceName, dtype: DType, options: RunOptions = {}): Promise<SampleResult> {
  const { seed = 1, layout = AS_GIVEN, upstream = 'random', calls = 1, variant } = options;
  return withVariant(op, variant, () => scope(async () => {
    const leaves = makeInputs(sample, device, dtype, seed).map((given) => leafOf(layout, given));
    const inputs = leaves.map((leaf, i) => layout.arrive(leaf, sample.inputs[i].shape));
    const outputs = callSample(op, sample, inputs, device, dtype);
    const gradients: (TypedArray | null)[] = leaves.map(() => null);
    const wanted = leaves.filter((leaf) => leaf.requiresGrad);
    if (typeof op.vjp === 'function' && wanted.length > 0) {
      const carriers = outputs.filter((output, i) => isDifferentiableOutput(op, i, output));
      const random = new Philox(seed, 7);
      const gradOutputs = carriers.map((output) => {
        const signed = Array.from({ length: output.size }, () => Math.fround((random.uniform() < 0.5 ? -1 : 1) * (0.5 + random.uniform())));
        return tensor(upstream === 'zero' ? signed.fill(0) : signed, output.shape, { dtype: output.dtype, device });
      });
      const more = Array.from({ length: calls - 1 }, () =>
        callSample(op, sample, inputs, device, dtype).filter((output, i) => isDifferentiableOutput(op, i, output)));
      const found = grad([carriers, ...more].flat(), wanted, { gradOutputs: Array.from({ length: calls }, () => gradOutputs).flat() });
      for (const [i, leaf] of wanted.entries()) gradients[leaves.indexOf(leaf)] = await found[i].data();
    }
    return {
      outputs: await Promise.all(outputs.map((output) => output.data())),
      inputsAfter: await Promise.all(inputs.map((input) => input.data())),
      gradients,
    };
  }));
}
