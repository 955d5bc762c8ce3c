import { type DType, type DeviceName, Philox, allOps, applyOp, backendFor, scope, tensor } from '../../index.js';
import { type TypedArray, allocate } from '../../core/dtype.js';
import type { Op } from '../../core/op.js';
import { type Sample, drawSample, samplesOf } from '../../core/samples.js';
import { type Shape, sizeOf } from '../../core/shape.js';
import type { KernelPlan } from '../../core/webgpu/kernel.js';
import { attrsFor, toleranceOf } from '../support.js';
import type { Check, CheckResult, SuiteOptions } from './check.js';
import { judge } from './judge.js';
import { LAUNCHES_NOTHING, callOf, entryPointOf } from './plans.js';

/*
 * Grids past 65,535 workgroups fold into y and z. A sample is made longer along its first axis until a launch folds; the
 * values repeat, so that drawing them costs nothing. Each entry point is checked once, by the op that needs the fewest elements.
 */

const MAX_WORKGROUPS = 65_535;
/** At 128 MiB a float32 operand ends what WebGPU promises to bind. */
const MAX_ELEMENTS = 2 ** 25;

/** Smaller samples are degenerate ones (rows of one value), which would prove little. */
const LEAST_ELEMENTS = 24;

interface Fold {
  op: Op;
  /** The sample, longer. */
  sample: Sample;
  base: Sample;
  elements: number;
  /** The WGSL files and entry points whose grids fold. */
  entryPoints: readonly string[];
}

/** `sample`, `times` as long along the first axis; null where its inputs have none. */
function lengthen(sample: Sample, times: number): Sample | null {
  const attrs = sample.attrs as { shape?: Shape } | undefined;
  const extent = (sample.inputs[0]?.shape ?? attrs?.shape)?.[0];
  if (!extent) return null;
  const longer = (shape: Shape) => (shape[0] === extent ? [extent * times, ...shape.slice(1)] : shape);
  return {
    ...sample,
    label: `${sample.label}, ${times} times as long`,
    inputs: sample.inputs.map((input) => ({ ...input, shape: longer(input.shape) })),
    attrs: attrs?.shape ? { ...attrs, shape: longer(attrs.shape) } : sample.attrs,
  };
}

function planOf(op: Op, sample: Sample): { plan: KernelPlan; elements: number; largest: number; outputElements: number } | null {
  try {
    const call = callOf(op, sample);
    if (!call) return null;
    const { inputs, outputs, plan } = call;
    const counts = [...inputs, ...outputs].map(({ shape }) => sizeOf(shape));
    const elements = counts.reduce((total, count) => total + count, 0);
    return { plan, elements, largest: Math.max(...counts), outputElements: sizeOf((outputs[0] ?? inputs[0]).shape) };
  } catch {
    return null; // The longer call is not a legal one.
  }
}

/** The shortest of the op's samples that folds, if any does before it grows too large. */
function foldOf(op: Op): Fold | null {
  let best: Fold | null = null;
  for (const base of samplesOf(op.name)?.samples ?? []) {
    const short = planOf(op, base);
    if (!short || short.elements < LEAST_ELEMENTS) continue;
    for (let times = 2; times <= MAX_ELEMENTS; times *= 2) {
      const sample = lengthen(base, times);
      const found = sample && planOf(op, sample);
      if (!found || found.elements > 3 * MAX_ELEMENTS || found.largest > MAX_ELEMENTS || (best && found.elements >= best.elements)) break;
      if (found.outputElements !== times * short.outputElements) break;
      const folded = found.plan.launches.filter(({ workgroups: [x, y, z] }) => x * y * z > MAX_WORKGROUPS);
      if (folded.length === 0) continue;
      const entryPoints = [...new Set(folded.map(entryPointOf))];
      best = { op, sample, base, elements: found.elements, entryPoints };
    }
  }
  return best;
}

let chosen: Map<string, Fold | string> | null = null;

/** For each op its fold, or the reason why it has none. */
function folds(): Map<string, Fold | string> {
  if (chosen) return chosen;
  chosen = new Map();
  const coveredBy = new Map<string, string>();
  const found = allOps().map((op) => ({ op, fold: foldOf(op) }));
  for (const { op, fold } of found.sort((a, b) => (a.fold?.elements ?? 0) - (b.fold?.elements ?? 0))) {
    const missing = fold?.entryPoints.filter((entryPoint) => !coveredBy.has(entryPoint)) ?? [];
    if ('view' in op) chosen.set(op.name, LAUNCHES_NOTHING);
    else if (!fold) chosen.set(op.name, `no sample folds along its first axis before it exceeds ${MAX_ELEMENTS / 2 ** 20}M elements`);
    else if (missing.length === 0) chosen.set(op.name, `same WGSL as that of ${coveredBy.get(fold.entryPoints[0])}: ${fold.entryPoints.join(', ')}`);
    else {
      missing.forEach((entryPoint) => coveredBy.set(entryPoint, op.name));
      chosen.set(op.name, fold);
    }
  }
  return chosen;
}

/** Why `op` has no check of its own; null if it has one. */
export function reasonForNoFold(op: Op): string | null {
  const fold = folds().get(op.name);
  return typeof fold === 'string' ? fold : null;
}

function repeatTo(values: TypedArray, dtype: DType, size: number): TypedArray {
  const all = allocate(dtype, size);
  for (let at = 0; at < size; at += values.length) all.set(values, at);
  return all;
}

function run({ op, sample, base }: Fold, device: DeviceName, dtype: DType, seed: number): Promise<TypedArray[]> {
  return scope(async () => {
    const random = new Philox(seed);
    const inputs = sample.inputs.map((input, i) => {
      const own = input.dtype === 'int32' ? 'int32' : dtype;
      const values = drawSample(base.inputs[i], own, random);
      return tensor(repeatTo(values, own, sizeOf(input.shape)), input.shape, { dtype: own, device });
    });
    const outputs = applyOp(op, inputs, attrsFor(sample, dtype), backendFor(device));
    const changed = 'view' in op || !op.mutates ? [] : inputs;
    return Promise.all([...outputs, ...changed].map((result) => result.data()));
  });
}

async function check(fold: Fold, seed: number): Promise<CheckResult> {
  const expected = await run(fold, 'cpu', 'float64', seed);
  const actual = await run(fold, 'webgpu', 'float32', seed);
  const tolerance = toleranceOf(fold.op);
  // Outputs that did not grow are sums over the long axis, whose error is another matter.
  return judge(expected.flatMap((values, i) =>
    values.length < MAX_WORKGROUPS ? [] : [{ what: `result ${i}`, actual: actual[i], expected: values, tolerance }]));
}

/** One check for every entry point whose grid can fold. */
export function foldChecks({ devices, slow, seed }: SuiteOptions): Check[] {
  if (!slow || !devices.includes('webgpu')) return [];
  return [...folds().values()].flatMap((fold) =>
    typeof fold === 'string' ? [] : [{ op: fold.op.name, axis: 'fold', label: fold.sample.label, run: () => check(fold, seed) }]);
}
