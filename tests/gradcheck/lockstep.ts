import type { Op } from '../../core/op.js';
import { type Sample, type SampleInput, samplesOf } from '../../core/samples.js';
import { scope } from '../../core/memory.js';
import { sizeOf } from '../../core/shape.js';
import type { Launch } from '../../core/webgpu/kernel.js';
import { packParams } from '../../core/webgpu/uniforms.js';
import { variantNames } from '../support.js';
import { type CallMemory, expectationOf, judgeMemory, memoryOf, writtenPastTheEnd } from './callMemory.js';
import type { Check, CheckResult } from './check.js';
import { execute } from './executor.js';
import { type SampleCall, callOf, labelOf, specialise } from './plans.js';

/*
 * Kernels in slow motion: wgsl_reflect's executor runs every invocation of a workgroup one statement at a time, and notes
 * who touches which byte between two barriers. It knows nothing of GPUs or compilers: a third opinion on every value, and
 * the only one on races.
 */

const LOW_BITS = 'whole numbers in vectors pass through float32 and lose their low bits';

/** Ops, or single samples, that the executor gets wrong, each with its reason. */
export const NOT_IN_LOCKSTEP: Readonly<Record<string, string>> = {
  indexSelectGrad: 'a break inside an if goes astray in a while loop: the executor never ends, or loses the variables',
  'fill (int32)': LOW_BITS,
  'pad (int32)': LOW_BITS,
  'permute (matrix of one 4 x 4 block)': LOW_BITS,
  'permute (blocks between the outer and the inner axis)': LOW_BITS,
  'arange (int32 to the last one)': 'conversion out of range wraps around, where WGSL takes the nearest number',
  'cast (to int32, both signs)': 'conversion out of range wraps around, where WGSL takes the nearest number',
  'round (far out)': 'halves are rounded up, where WGSL takes the even neighbour',
  rand: 'products of u32 lose their low bits',
  randn: 'products of u32 lose their low bits',
  randInt: 'products of u32 lose their low bits',
  dropout: 'products of u32 lose their low bits',
};

/** Larger samples take seconds each: the executor interprets, and compares all accesses of a workgroup pair by pair. */
const MAX_INVOCATIONS = 256;
const MAX_ELEMENTS = 300;

const isFinite = ({ data = [] }: SampleInput) => data.every(Number.isFinite);

/** Why a sample is not run, or null if it is. */
export function reasonToLeaveOut(sample: Sample, call: SampleCall): string | null {
  if (!sample.inputs.every(isFinite)) return 'the executor gets NaN and infinity wrong';
  const elements = [...call.inputs, ...call.outputs].reduce((total, { shape }) => total + sizeOf(shape), 0);
  if (elements > MAX_ELEMENTS) return `more than ${MAX_ELEMENTS} elements`;
  const invocations = call.plan.launches.map(({ workgroups: [x, y, z] }) => 64 * x * y * z);
  return Math.max(...invocations) > MAX_INVOCATIONS ? `more than ${MAX_INVOCATIONS} invocations` : null;
}

/** One check a sample that is small enough. */
export function lockstepChecks(ops: readonly Op[]): Check[] {
  return ops.filter((op) => !(op.name in NOT_IN_LOCKSTEP)).flatMap((op) =>
    (samplesOf(op.name)?.samples ?? []).flatMap((sample) => variantNames(op).flatMap((variant): Check[] => {
      const call = callOf(op, sample, variant);
      if (`${op.name} (${sample.label})` in NOT_IN_LOCKSTEP || !call || reasonToLeaveOut(sample, call)) return [];
      return [{ op: op.name, axis: 'lockstep', label: labelOf(sample, variant), run: () => scope(() => checkSample(op, sample, call)) }];
    })));
}

async function checkSample(op: Op, sample: Sample, call: SampleCall): Promise<CheckResult> {
  // Reading past the end, the executor throws where WebGPU gives some value of the buffer: hence the slack behind each.
  const memory = await memoryOf(op, sample, call);
  const complaints = [...call.plan.launches.flatMap((launch) => launchOn(op, launch, memory)), ...writtenPastTheEnd(memory)];
  if (complaints.length > 0) return { verdict: 'FAIL', message: `${complaints[0]}; ${complaints.length} in all` };
  return judgeMemory(op, call, memory, await expectationOf(op, sample));
}

/** Runs one launch on `memory`; what the executor says against it. */
function launchOn(op: Op, launch: Launch, memory: CallMemory): string[] {
  const { module, bind, params, workgroups } = launch;
  const { code, entryPoint, constants } = specialise(op, launch, op.name);
  const bindings = module.bindings.filter(({ name }) => module.entryPoints[entryPoint].bindings.includes(name));
  const group = Object.fromEntries(bindings.map(({ name, binding, kind }) =>
    [binding, kind === 'uniform' ? { uniform: packParams(op.name, module, params ?? {}) } : memory.get(bind?.[name] ?? name)]));

  // The executor reports what it cannot do on the console, and carries on with a wrong value.
  const complaints: string[] = [];
  const { log, error } = console;
  console.log = console.error = (...words) => complaints.push(`the executor says: ${words.join(' ')}`);
  try {
    const { races, errors } = execute(code, entryPoint, workgroups, group, constants);
    complaints.push(...errors, ...races.map((race) => race.message));
  } finally {
    Object.assign(console, { log, error });
  }
  return complaints.map((complaint) => `${module.name}, ${entryPoint}: ${complaint}`);
}
