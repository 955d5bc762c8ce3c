import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allOps, shutdown } from '../index.js';
import * as errors from '../core/errors.js';
import { gradcheck } from '../core/gradcheck.js';
import { isDifferentiableOutput, isInPlace } from '../core/op.js';
import { type Sample, samplesOf, specsOf, takesGradient } from '../core/samples.js';
import { sizeOf } from '../core/shape.js';
import '../kernels/samples.js';
import {
  type SampleResult, assertClose, assertNoLeak, callSample, initBothDevices, makeInputs, runSample, toleranceOf, variantNames, withVariant,
} from './support.js';

/*
 * Every op, every sample, from the registry: CPU f64 gradients against numeric ones, then CPU f32 and WebGPU, forward
 * and backward, against CPU f64. TAPEGRAD_OPS=relu,conv2d restricts the run.
 */

/** Numeric gradients cost four evaluations an element; larger samples are compared between devices only. */
const NUMERIC_ELEMENTS = 400;

const only = process.env.TAPEGRAD_OPS?.split(',');
const ops = allOps().filter((op) => !only || only.includes(op.name));

const test = suite('ops');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

function compare(result: SampleResult, reference: SampleResult, tolerance: { relative: number; absolute: number }, what: string): void {
  result.outputs.forEach((output, i) => assertClose(output, reference.outputs[i], tolerance, `${what}: output ${i}`));
  result.inputsAfter.forEach((input, i) => assertClose(input, reference.inputsAfter[i], tolerance, `${what}: input ${i} afterwards`));
  result.gradients.forEach((gradient, i) => {
    assert.is(gradient === null, reference.gradients[i] === null, `${what}: input ${i} has a gradient`);
    if (gradient) assertClose(gradient, reference.gradients[i]!, tolerance, `${what}: gradient of input ${i}`);
  });
}

function assertUnchanged(sample: Sample, result: SampleResult, fresh: SampleResult['inputsAfter'], mutates: boolean): void {
  if (mutates) return;
  result.inputsAfter.forEach((after, i) => assert.equal([...after], [...fresh[i]], `${sample.label}: input ${i} was changed`));
}

for (const op of ops) {
  const declared = samplesOf(op.name);
  if (!declared) {
    test(`${op.name}: has samples`, () => assert.unreachable(`kernels/*/samples.ts declares none for ${op.name}`));
    continue;
  }
  const mutates = isInPlace(op);

  for (const sample of declared.samples) {
    const elements = sample.inputs.reduce((total, input) => total + sizeOf(input.shape), 0);
    const results = op.infer(specsOf(sample), sample.attrs ?? {});
    const isEmpty = results.every(({ shape }) => sizeOf(shape) === 0);
    const differentiable = typeof op.vjp === 'function' && sample.inputs.some(takesGradient);

    if (differentiable && !isEmpty && elements > 0 && elements <= NUMERIC_ELEMENTS) {
      test(`${op.name} (${sample.label}): gradient against numeric, CPU f64`, () =>
        assertNoLeak(async () => {
          const inputs = makeInputs(sample, 'cpu', 'float64');
          const report = await gradcheck(
            (...at) => callSample(op, sample, at, 'cpu', 'float64').filter((output, i) => isDifferentiableOutput(op, i, output)),
            inputs,
          );
          assert.is(report.verdict, declared.flat ? 'UNCHECKED' : 'PASS', report.message);
        }));
    }

    test(`${op.name} (${sample.label}): CPU f32 and WebGPU against CPU f64`, () =>
      assertNoLeak(async () => {
        const reference = await runSample(op, sample, 'cpu', 'float64');
        const cpu = await runSample(op, sample, 'cpu', 'float32');
        const tolerance = toleranceOf(op, sample);
        compare(cpu, reference, tolerance, `CPU f32, ${sample.label}`);
        const fresh = await Promise.all(makeInputs(sample, 'cpu', 'float32').map((input) => input.data()));
        assertUnchanged(sample, cpu, fresh, mutates);
        for (const variant of variantNames(op)) {
          const what = variant === undefined ? 'WebGPU' : `WebGPU, variant ${variant}`;
          const gpu = await runSample(op, sample, 'webgpu', 'float32', { variant });
          const again = await runSample(op, sample, 'webgpu', 'float32', { variant });
          compare(gpu, reference, tolerance, `${what}, ${sample.label}`);
          compare(again, gpu, { relative: 0, absolute: 0 }, `${what} repeated, ${sample.label}`);
          assertUnchanged(sample, gpu, fresh, mutates);
        }
      }));
  }

  for (const wrong of declared.valueErrors ?? []) {
    test(`${op.name} (${wrong.label}): ${wrong.error} on the CPU, a value on WebGPU`, () =>
      assertNoLeak(async () => {
        assert.throws(
          () => callSample(op, wrong, makeInputs(wrong, 'cpu', 'float32'), 'cpu', 'float32'),
          (error: Error) => error instanceof errors[wrong.error] && wrong.message.test(error.message),
        );
        for (const variant of variantNames(op)) {
          await withVariant(op, variant, async () => {
            const [out] = callSample(op, wrong, makeInputs(wrong, 'webgpu', 'float32'), 'webgpu', 'float32');
            assertClose(await out.data(), wrong.webgpu, toleranceOf(op), wrong.label);
          });
        }
      }));
  }

  for (const wrong of declared.errors) {
    test(`${op.name} (${wrong.label}): ${wrong.error}`, () =>
      assertNoLeak(async () => {
        for (const device of ['cpu', 'webgpu'] as const) {
          const inputs = makeInputs(wrong, device, 'float32');
          assert.throws(
            () => callSample(op, wrong, inputs, device, 'float32'),
            (error: Error) => error instanceof errors[wrong.error] && wrong.message.test(error.message) && !error.message.includes('\n'),
            `${device}: expected ${wrong.error} ${wrong.message}`,
          );
        }
      }));
  }
}

test.run();
