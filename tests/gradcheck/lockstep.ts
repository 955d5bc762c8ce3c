import { allOps } from '../../index.js';
import type { Op } from '../../core/op.js';
import { type Sample, type SampleInput, samplesOf } from '../../core/samples.js';
import { sizeOf } from '../../core/shape.js';
import type { Launch } from '../../core/webgpu/kernel.js';
import { packParams } from '../../core/webgpu/uniforms.js';
import { variantNames } from '../support.js';
import { type CallMemory, GARBAGE, expectationOf, judgeMemory, memoryOf, writtenPastTheEnd } from './callMemory.js';
import type { Check, CheckResult, SuiteOptions } from './check.js';
import { execute } from './executor.js';
import { LAUNCHES_NOTHING, type SampleCall, callOf, entryPointOf, labelOf, specialise } from './plans.js';

/*
 * Kernels in slow motion: wgsl_reflect's executor runs every invocation of a workgroup one statement at a time, and notes
 * who touches which byte between two barriers. It knows nothing of GPUs or compilers: a third opinion on every value, and
 * the only one on races.
 */

const EXECUTOR = 'the executor gets it wrong';
const NO_SUBGROUPS = 'the executor knows no subgroups';
const LOW_BITS = 'whole numbers in vectors pass through float32 and lose their low bits';

/** Ops, or single samples, that the executor gets wrong, each with its reason. */
export const NOT_IN_LOCKSTEP: Readonly<Record<string, string>> = {
  'fill (int32)': LOW_BITS,
  'pad (int32)': LOW_BITS,
  'mul (int32 that wraps around)': LOW_BITS,
  'square (int32 that wraps around)': LOW_BITS,
  'arange (int32 to the last one)': 'conversion out of range wraps around, where WGSL takes the nearest number',
  'cast (to int32, both signs)': 'conversion out of range wraps around, where WGSL takes the nearest number',
  'round (far out)': 'halves are rounded up, where WGSL takes the even neighbour',
  'sin (far out)': 'products of u32 lose their low bits',
  'cos (far out)': 'products of u32 lose their low bits',
  rand: 'products of u32 lose their low bits',
  randn: 'products of u32 lose their low bits',
  randInt: 'products of u32 lose their low bits',
  dropout: 'products of u32 lose their low bits',
};

/**
 * Larger samples take seconds each: the executor interprets, and compares all accesses of a workgroup pair by pair. They are
 * run only for entry points that no smaller sample launches.
 */
const MAX_WORKGROUPS = 4;
const MAX_ELEMENTS = 300;

/** A sample, under one of its op's variants, that the executor can run. */
interface Candidate {
  op: Op;
  sample: Sample;
  label: string;
  call: SampleCall;
  elements: number;
  entryPoints: readonly string[];
}

const isFinite = ({ data = [] }: SampleInput) => data.every(Number.isFinite);

function candidateOf(op: Op, sample: Sample, variant: string | undefined): Candidate | { reason: string } {
  if (variant === 'subgroups') return { reason: NO_SUBGROUPS };
  const call = callOf(op, sample, variant);
  if (!call) return { reason: 'view' in op ? LAUNCHES_NOTHING : 'an empty result: nothing is launched' };
  const known = NOT_IN_LOCKSTEP[op.name] ?? NOT_IN_LOCKSTEP[`${op.name} (${sample.label})`];
  if (known) return { reason: `${EXECUTOR}: ${known}` };
  if (!sample.inputs.every(isFinite)) return { reason: `${EXECUTOR}: NaN and infinity` };
  const elements = [...call.inputs, ...call.outputs].reduce((total, { shape }) => total + sizeOf(shape), 0);
  return { op, sample, label: labelOf(sample, variant), call, elements, entryPoints: call.plan.launches.map(entryPointOf) };
}

const isSmall = ({ elements, call: { plan } }: Candidate) =>
  elements <= MAX_ELEMENTS && plan.launches.every(({ workgroups: [x, y, z] }) => x * y * z <= MAX_WORKGROUPS);

function candidatesOf(op: Op): (Candidate | { reason: string })[] {
  return (samplesOf(op.name)?.samples ?? []).flatMap((sample) => variantNames(op).map((variant) => candidateOf(op, sample, variant)));
}

let cached: Candidate[] | null = null;

/** What is run: the small ones, and for each other entry point the smallest that launches it. */
function chosenCandidates(): Candidate[] {
  if (cached) return cached;
  const all = allOps().flatMap(candidatesOf).filter((candidate): candidate is Candidate => !('reason' in candidate));
  const chosen = new Set(all.filter(isSmall));
  const launched = new Set([...chosen].flatMap(({ entryPoints }) => entryPoints));
  for (const candidate of [...all].sort((a, b) => a.elements - b.elements)) {
    if (candidate.entryPoints.every((entryPoint) => launched.has(entryPoint))) continue;
    chosen.add(candidate);
    candidate.entryPoints.forEach((entryPoint) => launched.add(entryPoint));
  }
  return (cached = all.filter((candidate) => chosen.has(candidate)));
}

/** Why none of an op's samples is run; null if one is. */
export function reasonForNoLockstep(op: Op): string | null {
  if (chosenCandidates().some((chosen) => chosen.op === op)) return null;
  const reasons = candidatesOf(op).map((candidate) =>
    'reason' in candidate ? candidate.reason : `its samples are too large, and others launch ${candidate.entryPoints.join(', ')}`);
  return [...new Set(reasons)].join('; ') || null;
}

/** One check a sample and variant. No adapter is needed. */
export function lockstepChecks({ seed, devices }: SuiteOptions): Check[] {
  if (!devices.includes('cpu')) return [];
  return chosenCandidates().map(({ op, sample, label, call }) =>
    ({ op: op.name, axis: 'lockstep', label, run: () => checkSample(op, sample, call, seed) }));
}

/** Runs one call of an op in lockstep, as `call` launches it. */
export async function checkSample(op: Op, sample: Sample, call: SampleCall, seed: number): Promise<CheckResult> {
  // Reading past the end, the executor throws where WebGPU gives some value of the buffer: hence the slack behind each.
  const memory = await memoryOf(op, sample, call, GARBAGE, seed);
  const complaints = [...call.plan.launches.flatMap((launch) => launchOn(op, launch, memory)), ...writtenPastTheEnd(memory)];
  if (complaints.length > 0) return { verdict: 'FAIL', message: `${complaints[0]}; ${complaints.length} in all` };
  return judgeMemory(op, call, memory, await expectationOf(op, sample, seed));
}

/** Runs one launch on `memory`; what the executor says against it. */
function launchOn(op: Op, launch: Launch, memory: CallMemory): string[] {
  const { module, bind, params, workgroups } = launch;
  const { code, entryPoint, constants } = specialise(op, launch, op.name);
  const bindings = module.bindings.filter(({ name }) => module.entryPoints[entryPoint].bindings.includes(name));
  const group = Object.fromEntries(bindings.map(({ name, binding, kind }) =>
    [binding, kind === 'uniform' ? { uniform: packParams(op.name, module, params ?? {}).buffer } : memory.get(bind?.[name] ?? name)]));

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
