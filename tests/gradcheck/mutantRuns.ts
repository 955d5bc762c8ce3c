import { scope, tensor } from '../../index.js';
import { backendFor } from '../../core/device.js';
import { gradcheck } from '../../core/gradcheck.js';
import { type Op, type Vjp, isDifferentiableOutput } from '../../core/op.js';
import { type Sample, samplesOf } from '../../core/samples.js';
import { sizeOf } from '../../core/shape.js';
import type { TypedArray } from '../../core/dtype.js';
import { WebGpuBackend } from '../../core/webgpu/backend.js';
import type { WgslModule } from '../../core/webgpu/kernel.js';
import { callSample, makeInputs, runSample, toleranceOf, variantNames, withVariant } from '../support.js';
import { EXACT, judge, pairs } from './judge.js';
import { callOf } from './plans.js';
import { overwriting, vjpMutants } from './vjpMutants.js';
import { withFuel } from './wgslMutants.js';

/* How mutants are put in place, and what it takes to kill one. */

/** The kinds of backward mutants of one op, each with what found it, or null. */
export interface Verdict {
  kind: string;
  killedBy: string | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Numeric gradients cost four evaluations an element. */
const NUMERIC_ELEMENTS = 400;

function differentiableSamples(op: Op): Sample[] {
  return (samplesOf(op.name)?.samples ?? []).filter((sample) => {
    const elements = sample.inputs.reduce((total, { shape }) => total + sizeOf(shape), 0);
    return elements > 0 && elements <= NUMERIC_ELEMENTS && sample.inputs.some(({ dtype, differentiable }) => dtype !== 'int32' && differentiable !== false);
  });
}

/** The label of the first sample whose gradient differs from the numeric one; null if all agree. */
async function numericKill(op: Op, samples: readonly Sample[]): Promise<string | null> {
  for (const sample of samples) {
    try {
      const verdict = await scope(async () => (await gradcheck(
        (...at) => callSample(op, sample, at, 'cpu', 'float64').filter((output, i) => isDifferentiableOutput(op, i, output)),
        makeInputs(sample, 'cpu', 'float64'),
      )).verdict);
      if (verdict === 'FAIL') return sample.label;
    } catch (error) {
      return `${sample.label}: ${(error as Error).message}`;
    }
  }
  return null;
}

/** The attributes that the vjp reads in any sample, and a value of each. */
async function attributesRead(op: Op, samples: readonly Sample[]): Promise<Map<string, unknown>> {
  const read = new Map<string, unknown>();
  const vjp = op.vjp as Vjp<any>;
  (op as Mutable<Op>).vjp = (gradients, context) => vjp(gradients, {
    ...context,
    attrs: new Proxy(context.attrs, {
      get(attrs, name) {
        const value = attrs[name];
        // Of lists, the longest: each element has mutants.
        const before = read.get(String(name));
        if (!Array.isArray(before) || (Array.isArray(value) && value.length > before.length)) read.set(String(name), value);
        return value;
      },
    }),
  });
  for (const sample of samples) await runSample(op, sample, 'cpu', 'float64');
  (op as Mutable<Op>).vjp = vjp;
  return read;
}

export async function tryVjpMutants(op: Op): Promise<Verdict[]> {
  const right = op.vjp as Vjp<any>;
  const put = (vjp: Vjp<any>) => ((op as Mutable<Op>).vjp = vjp);
  const samples = differentiableSamples(op);
  const broken = await numericKill(op, samples);
  if (broken !== null) throw new Error(`${op.name}: the gradient is wrong before any mutation: ${broken}`);
  const inputs = new Set(samples.flatMap((sample) =>
    sample.inputs.flatMap(({ dtype, differentiable }, i) => (dtype !== 'int32' && differentiable !== false ? [i] : []))));
  const verdicts: Verdict[] = [];
  for (const mutant of vjpMutants(op, [...inputs], await attributesRead(op, samples))) {
    put(mutant.vjp);
    const killedBy = await numericKill(op, samples);
    if (mutant.planted) verdicts.push({ kind: mutant.kind, killedBy });
  }
  const { vjp, restart } = overwriting(right);
  let killedBy: string | null = null;
  for (const sample of samples) {
    put(right);
    const once = await runSample(op, sample, 'cpu', 'float64');
    put(vjp);
    restart();
    const twice = await runSample(op, sample, 'cpu', 'float64', { calls: 2 });
    const doubled = { ...once, gradients: once.gradients.map((gradient) => gradient?.map((value) => 2 * value) ?? null) };
    if (judge(pairs(twice, doubled, ['gradients'], EXACT)).verdict === 'FAIL') {
      killedBy = sample.label;
      break;
    }
  }
  verdicts.push({ kind: 'overwritten instead of accumulated', killedBy });
  put(right);
  return verdicts;
}

/** A sample of an op, and what it should give. */
export interface Target {
  op: Op;
  sample: Sample;
  variant: string | undefined;
  expected: readonly TypedArray[];
}

/** Each shader with the calls that launch it: first one sample of every op, then the second ones, and so on. */
export async function targetsByModule(ops: readonly Op[]): Promise<Map<WgslModule, Target[]>> {
  const targets = new Map<WgslModule, { turn: number; target: Target }[]>();
  for (const op of ops) {
    for (const [turn, sample] of (samplesOf(op.name)?.samples ?? []).entries()) {
      if (!callOf(op, sample)) continue;
      const { outputs, inputsAfter } = await scope(() => values(op, sample, 'cpu'));
      for (const variant of variantNames(op)) {
        for (const module of new Set(callOf(op, sample, variant)!.plan.launches.map((launch) => launch.module))) {
          if (!targets.has(module)) targets.set(module, []);
          targets.get(module)!.push({ turn, target: { op, sample, variant, expected: [...outputs, ...inputsAfter] } });
        }
      }
    }
  }
  return new Map([...targets].map(([module, list]) => [module, list.sort((a, b) => a.turn - b.turn).map(({ target }) => target)]));
}

/** Free memory that nothing has written since must not hold the right values of an earlier run. */
function spoilFreeMemory(op: Op, sample: Sample, variant?: string): void {
  const call = callOf(op, sample, variant);
  const specs = [...(call?.outputs ?? []), ...Object.values(call?.plan.scratch ?? {})];
  const spoilt = specs.map(({ shape }) => tensor(new Float32Array(sizeOf(shape)).fill(12345.6), shape, { device: 'webgpu' }));
  for (const t of spoilt) t.dispose();
}

async function values(op: Op, sample: Sample, device: 'cpu' | 'webgpu', variant?: string): Promise<{ outputs: TypedArray[]; inputsAfter: TypedArray[] }> {
  const dtype = device === 'cpu' ? 'float64' : 'float32';
  const inputs = makeInputs(sample, device, dtype);
  if (device === 'webgpu') spoilFreeMemory(op, sample, variant);
  const outputs = callSample(op, sample, inputs, device, dtype);
  return {
    outputs: await Promise.all(outputs.map((output) => output.data())),
    inputsAfter: await Promise.all(inputs.map((input) => input.data())),
  };
}

/** Does Tint take the mutant? */
export async function compiles(code: string): Promise<boolean> {
  const { device } = backendFor('webgpu') as WebGpuBackend;
  device.pushErrorScope('validation');
  device.createShaderModule({ code });
  return (await device.popErrorScope()) === null;
}

/** The call that tells `code` from the module's own, or null if all give what they should. */
export async function wgslKill(module: WgslModule, code: string, targets: readonly Target[]): Promise<string | null> {
  const right = module.code;
  const { pipelines } = backendFor('webgpu') as unknown as { pipelines: { pipelines: Map<WgslModule, unknown> } };
  const replace = (text: string) => {
    (module as Mutable<WgslModule>).code = text;
    pipelines.pipelines.delete(module);
  };
  replace(withFuel(code));
  try {
    for (const { op, sample, variant, expected } of targets) {
      try {
        const { outputs, inputsAfter } = await withVariant(op, variant, () => scope(() => values(op, sample, 'webgpu', variant)));
        const tolerance = toleranceOf(op);
        const { verdict } = judge([...outputs, ...inputsAfter].map((actual, i) => ({ what: '', actual, expected: expected[i], tolerance })));
        if (verdict === 'FAIL') return `${op.name} (${sample.label})`;
      } catch (error) {
        return `${op.name} (${sample.label}): ${(error as Error).message}`;
      }
    }
    return null;
  } finally {
    replace(right);
  }
}
