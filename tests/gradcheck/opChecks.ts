import { type DType, type DeviceName, type Tensor, allOps, scope } from '../../index.js';
import { type GradcheckReport, gradcheck, gradgradcheck } from '../../core/gradcheck.js';
import { type Op, isDifferentiableOutput } from '../../core/op.js';
import { type OpSamples, type Sample, samplesOf, specsOf, takesGradient } from '../../core/samples.js';
import { sizeOf } from '../../core/shape.js';
import { type RunOptions, type SampleResult, callSample, makeInputs, runSample, toleranceOf, variantNames } from '../support.js';
import type { Check, CheckResult, SuiteOptions } from './check.js';
import { EXACT, fromReport, judge, pairs } from './judge.js';
import { AS_GIVEN, LAYOUTS, type Layout, leafOf } from './layouts.js';

/* The checks of every op, from the registry and its samples: no op is named here. */

/** One op, one sample, one way for its inputs to arrive. */
export class Case {
  readonly label: string;

  constructor(readonly op: Op, readonly sample: Sample, readonly layout: Layout, readonly declared: OpSamples, readonly seed: number) {
    this.label = layout === AS_GIVEN ? sample.label : `${sample.label}, ${layout.name}`;
  }

  get differentiable(): boolean {
    return typeof this.op.vjp === 'function' && this.sample.inputs.some(takesGradient);
  }

  /** Is there an element to move, and one that could follow? */
  get hasSlopes(): boolean {
    const outputs = this.op.infer(specsOf(this.sample), this.sample.attrs ?? {});
    const moves = this.sample.inputs.some((input) => takesGradient(input) && sizeOf(input.shape) > 0);
    return this.differentiable && moves && outputs.some(({ shape }) => sizeOf(shape) > 0);
  }

  get mutates(): boolean {
    return !('view' in this.op) && (this.op.mutates?.length ?? 0) > 0;
  }

  run(device: DeviceName, dtype: DType, options: RunOptions = {}): Promise<SampleResult> {
    return runSample(this.op, this.sample, device, dtype, { seed: this.seed, layout: this.layout, ...options });
  }

  leaves(): Tensor[] {
    return makeInputs(this.sample, 'cpu', 'float64', this.seed).map((given) => leafOf(this.layout, given));
  }

  /** The op as a function of its leaves, in float64: the outputs that can carry gradients. */
  call = (...leaves: Tensor[]): Tensor[] => {
    const inputs = leaves.map((leaf, i) => this.layout.arrive(leaf, this.sample.inputs[i].shape));
    return callSample(this.op, this.sample, inputs, 'cpu', 'float64').filter((output, i) => isDifferentiableOutput(this.op, i, output));
  };
}

/** Runs of the case that was checked last: neighbouring checks share them, and no more is kept. */
class RecentRuns {
  private of: Case | null = null;
  private runs = new Map<string, Promise<SampleResult>>();

  get(of: Case, device: DeviceName, dtype: DType): Promise<SampleResult> {
    if (of !== this.of) this.runs.clear();
    this.of = of;
    const key = `${device} ${dtype}`;
    let run = this.runs.get(key);
    if (!run) this.runs.set(key, (run = of.run(device, dtype)));
    return run;
  }
}

const DTYPES = { cpu: ['float64', 'float32'], webgpu: ['float32'] } as const;

/** An op declared flat must turn out flat; any other must have slopes. */
export function asDeclared(report: GradcheckReport, flat: string | undefined): CheckResult {
  const result = fromReport(report);
  if (flat === undefined || result.verdict === 'FAIL') return result;
  if (result.verdict === 'PASS') return { verdict: 'FAIL', message: `declared flat (${flat}), but it has slopes: ${result.message}` };
  return { verdict: 'PASS', message: `every slope is zero, as declared: ${flat}` };
}

/** Element by element as given; the other layouts and the second order take directions sooner, as they repeat or cost more. */
export const FEWER = { maxElements: 12, directions: 3, maxJacobian: 64 };

async function repeat(of: Case, device: DeviceName, dtype: DType): Promise<CheckResult> {
  const first = await of.run(device, dtype);
  const comparisons = pairs(await of.run(device, dtype), first, ['outputs', 'inputsAfter', 'gradients'], EXACT);
  if (!of.mutates) {
    const fresh = await scope(() => Promise.all(makeInputs(of.sample, device, dtype, of.seed).map((input) => input.data())));
    fresh.forEach((expected, i) => comparisons.push({ what: `input ${i}, unchanged`, actual: first.inputsAfter[i], expected, tolerance: EXACT }));
  }
  return judge(comparisons);
}

async function accumulate(of: Case, device: DeviceName, dtype: DType): Promise<CheckResult> {
  const once = await of.run(device, dtype);
  const twice = await of.run(device, dtype, { calls: 2 });
  return judge(once.gradients.map((gradient, i) => ({
    what: `gradient of input ${i}, used twice`, actual: twice.gradients[i], expected: gradient?.map((value) => 2 * value) ?? null, tolerance: EXACT,
  })));
}

async function zeroUpstream(of: Case, device: DeviceName, dtype: DType): Promise<CheckResult> {
  const { gradients } = await of.run(device, dtype, { upstream: 'zero' });
  return judge(gradients.map((gradient, i) => ({
    what: `gradient of input ${i} under zero upstream`, actual: gradient, expected: gradient?.map(() => 0) ?? null, tolerance: EXACT,
  })));
}

/** All checks of one case; `recent` shares runs between them. */
function* checksOf(of: Case, { devices, seed }: SuiteOptions, recent: RecentRuns): Generator<Check> {
  const { op, label, declared } = of;
  const tolerance = toleranceOf(op, of.sample);
  const { hasSlopes } = of;
  const check = (axis: string, run: () => Promise<CheckResult>, suffix = ''): Check => ({ op: op.name, axis, label: label + suffix, run });
  const against = (device: DeviceName, parts: Parameters<typeof pairs>[2]) => async () =>
    judge(pairs(await recent.get(of, device, 'float32'), await recent.get(of, 'cpu', 'float64'), parts, tolerance));

  if (devices.includes('cpu')) {
    const effort = of.layout === AS_GIVEN ? {} : FEWER;
    if (hasSlopes) yield check('f64 numeric', async () => asDeclared(await gradcheck(of.call, of.leaves(), { seed, ...effort }), declared.flat));
    yield check('f32 cpu', against('cpu', ['outputs', 'inputsAfter', 'gradients']));
    if (hasSlopes && of.layout === AS_GIVEN) {
      yield check('second order', async () => asDeclared(await gradgradcheck(of.call, of.leaves(), { seed, ...FEWER }), declared.flat));
    }
  }
  if (devices.includes('webgpu')) {
    yield check('webgpu forward', against('webgpu', ['outputs', 'inputsAfter']));
    for (const variant of variantNames(op)) {
      if (variant === undefined) continue;
      const run = async () => judge(pairs(await of.run('webgpu', 'float32', { variant }), await recent.get(of, 'cpu', 'float64'), ['outputs', 'gradients'], tolerance));
      yield check('webgpu forward', run, `, variant ${variant}`);
    }
    if (of.differentiable) yield check('webgpu backward', against('webgpu', ['gradients']));
  }
  if (of.layout !== AS_GIVEN) return;
  for (const device of devices) {
    for (const dtype of DTYPES[device]) {
      const suffix = `, ${device} ${dtype}`;
      yield check('repeat', () => repeat(of, device, dtype), suffix);
      if (!of.differentiable) continue;
      yield check('accumulate', () => accumulate(of, device, dtype), suffix);
      yield check('zero upstream', () => zeroUpstream(of, device, dtype), suffix);
    }
  }
}

/** The checks of all ops that `names` lists; all ops without it. */
export function opChecks(options: SuiteOptions, names?: readonly string[]): Check[] {
  const recent = new RecentRuns();
  return allOps().filter((op) => !names || names.includes(op.name)).flatMap((op) => {
    const declared = samplesOf(op.name);
    return (declared?.samples ?? []).flatMap((sample) =>
      LAYOUTS.filter((layout) => layout === AS_GIVEN || sample.inputs.length > 0).flatMap((layout) => [
        ...checksOf(new Case(op, sample, layout, declared!, options.seed), options, recent),
      ]));
  });
}
