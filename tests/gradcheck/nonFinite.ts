import { Philox, allOps } from '../../index.js';
import type { Op } from '../../core/op.js';
import { type Sample, type SampleInput, drawSample, samplesOf } from '../../core/samples.js';
import { sizeOf } from '../../core/shape.js';
import { type SampleResult, runSample, toleranceOf, variantNames } from '../support.js';
import type { Check, CheckResult, SuiteOptions } from './check.js';
import { type Comparison, judge, pairs } from './judge.js';

/*
 * One value of an input is NaN or infinite, by a mistake made earlier: it must show in the same results as in float64, and
 * not turn into a number. WGSL leaves that open, and exp, log, pow and max of some adapters do lose it.
 */

type Values = SampleResult['gradients'];

const isFloat = ({ shape, dtype }: SampleInput) => dtype !== 'int32' && sizeOf(shape) > 0;

/** Why nothing can be put into an op; null if something can. */
export function reasonForNoNaN(op: Op): string | null {
  const inputs = samplesOf(op.name)?.samples.flatMap((sample) => sample.inputs) ?? [];
  return inputs.some(isFloat) ? null : 'takes no float32';
}

/** The sample with `value` in the middle of input `which`; all others are as they were. */
function withValue(value: number, sample: Sample, which: number, seed: number): Sample {
  const random = new Philox(seed);
  const inputs = sample.inputs.map((input, i) => {
    const data = Array.from(drawSample(input, input.dtype ?? 'float32', random));
    if (i === which) data[data.length >> 1] = value;
    return { ...input, data };
  });
  return { ...sample, inputs };
}

const mapValues = (lists: Values, change: (value: number, list: number, at: number) => number): Values =>
  lists.map((list, i) => list?.map((value, at) => change(value, i, at)) ?? null);

/** Infinities may end as NaN, or NaN as infinities, depending on the order of sums. */
const blurred = (lists: Values) => mapValues(lists, (value) => (Number.isFinite(value) ? value : NaN));

/** NaN is as good as a number of the reference, where an op says that it spreads further. */
const forgiven = (lists: Values, reference: Values) => mapValues(lists, (value, i, at) => (Number.isNaN(value) ? reference[i]![at] : value));

async function shows(value: number, op: Op, sample: Sample, seed: number): Promise<CheckResult> {
  const isNaN = Number.isNaN(value);
  const spreads = samplesOf(op.name)!.spreadsNaN !== undefined;
  const reference = await runSample(op, sample, 'cpu', 'float64', { seed });
  const comparisons: Comparison[] = [];
  for (const variant of variantNames(op)) {
    const result = await runSample(op, sample, 'webgpu', 'float32', { seed, variant });
    const [actual, expected] = [{ ...result }, { ...reference }];
    for (const part of ['outputs', 'gradients'] as const) {
      if (!isNaN) {
        expected[part] = blurred(expected[part]) as SampleResult['outputs'];
        actual[part] = blurred(actual[part]) as SampleResult['outputs'];
      }
      if (spreads) actual[part] = forgiven(actual[part], expected[part]) as SampleResult['outputs'];
    }
    const found = pairs(actual, expected, ['outputs', 'gradients'], toleranceOf(op, sample));
    comparisons.push(...found.map((pair) => (variant === undefined ? pair : { ...pair, what: `${pair.what}, variant ${variant}` })));
  }
  return judge(comparisons);
}

function checksOf(axis: string, value: number, { seed }: SuiteOptions): Check[] {
  return allOps().flatMap((op) => (samplesOf(op.name)?.samples ?? []).flatMap((sample) => sample.inputs.flatMap((input, which) =>
    isFloat(input) ? [{
      op: op.name,
      axis,
      label: `${sample.label}, ${value} in input ${which}`,
      run: () => shows(value, op, withValue(value, sample, which, seed), seed),
    }] : [])));
}

/** A check for each float32 input of each sample, with all variants of its kernel; infinities in the long run only. */
export function nonFiniteChecks(options: SuiteOptions): Check[] {
  if (!options.devices.includes('webgpu')) return [];
  const infinities = options.slow ? [Infinity, -Infinity] : [];
  return [...checksOf('NaN', NaN, options), ...infinities.flatMap((value) => checksOf('Infinity', value, options))];
}
