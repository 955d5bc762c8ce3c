import * as assert from 'uvu/assert';
import { type DeviceName, Philox, Tensor, init, memory, scope, tensor } from '../index.js';
import type { DType, TypedArray } from '../core/dtype.js';
import { isDifferentiableOutput, type Op } from '../core/op.js';
import { DEFAULT_TOLERANCE, type Sample, type Tolerance, drawSample, samplesOf } from '../core/samples.js';
import { applyOp } from '../core/apply.js';
import { backendFor } from '../core/device.js';
import { grad } from '../core/tape.js';

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

/** Throws unless |actual - expected| <= absolute + relative * max|expected| everywhere; NaN must meet NaN. */
export function assertClose(
  actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: Omit<Tolerance, 'reason'>, what: string,
): void {
  assert.is(actual.length, expected.length, `${what}: number of values`);
  let scale = 0;
  for (let i = 0; i < expected.length; i++) if (Number.isFinite(expected[i])) scale = Math.max(scale, Math.abs(expected[i]));
  const allowed = tolerance.absolute + tolerance.relative * scale;
  for (let i = 0; i < expected.length; i++) {
    const close = Object.is(actual[i], expected[i]) || Math.abs(actual[i] - expected[i]) <= allowed;
    if (!close && actual[i] !== expected[i]) {
      assert.unreachable(`${what}: element ${i} is ${actual[i]}, expected ${expected[i]} (allowed ${allowed})`);
    }
  }
}

export function toleranceOf(op: Op): Tolerance {
  return samplesOf(op.name)?.tolerance ?? DEFAULT_TOLERANCE;
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

export function callSample(op: Op, sample: Sample, inputs: readonly Tensor[], device: DeviceName, dtype: DType): Tensor[] {
  return applyOp(op, inputs, attrsFor(sample, dtype), backendFor(device));
}

/** What one sample gives: outputs, inputs afterwards, and gradients under a random signed upstream. */
export interface SampleResult {
  outputs: TypedArray[];
  inputsAfter: TypedArray[];
  gradients: (TypedArray | null)[];
}

/** Runs a sample forward and, where the op is differentiable, backward. */
export function runSample(op: Op, sample: Sample, device: DeviceName, dtype: DType, seed = 1): Promise<SampleResult> {
  return scope(async () => {
    const inputs = makeInputs(sample, device, dtype, seed);
    const outputs = callSample(op, sample, inputs, device, dtype);
    const gradients: (TypedArray | null)[] = inputs.map(() => null);
    const wanted = inputs.filter((input) => input.requiresGrad);
    if (typeof op.vjp === 'function' && wanted.length > 0) {
      const carriers = outputs.filter((output, i) => isDifferentiableOutput(op, i, output));
      const random = new Philox(seed, 7);
      const gradOutputs = carriers.map((output) => {
        const signed = Array.from({ length: output.size }, () => Math.fround((random.uniform() < 0.5 ? -1 : 1) * (0.5 + random.uniform())));
        return tensor(signed, output.shape, { dtype: output.dtype, device });
      });
      const found = grad(carriers, wanted, { gradOutputs });
      for (const [i, input] of wanted.entries()) gradients[inputs.indexOf(input)] = await found[i].data();
    }
    return {
      outputs: await Promise.all(outputs.map((output) => output.data())),
      inputsAfter: await Promise.all(inputs.map((input) => input.data())),
      gradients,
    };
  });
}
