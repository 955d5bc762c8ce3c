import { type Spread, spreadOf } from '../../statistics.js';
import { table } from '../../table.js';
import type { Run, Sample } from './race.js';

/** Losses are compared over this many steps; later ones drift apart by rounding. */
const COMPARED_STEPS = 5;

/**
 * Engines that agree differ by rounding: measured 5e-7 on webgpu, 7e-6 for jax-js on wasm. Over five steps, Adam with a
 * beta1 of 0.85 is 7e-4 away, with a bias correction 2 % off 7e-4, with an eps of 1e-6 4e-4.
 */
const LOSS_TOLERANCE = 1e-4;

/** Do all contenders compute the same thing? */
export interface Agreement {
  /** How many steps at least two contenders have taken. */
  readonly steps: number;
  /** The largest difference between the losses of one step. */
  readonly difference: number;
  readonly agrees: boolean;
}

/** Null if there are no two contenders that got through a step. */
export function agreementOf(runs: readonly Run[]): Agreement | null {
  const byStep = Array.from({ length: COMPARED_STEPS }, (_, step) => runs.flatMap(({ samples }) => samples[step]?.loss ?? []));
  const compared = byStep.filter((losses) => losses.length > 1);
  if (compared.length === 0) return null;
  const difference = Math.max(...compared.map((losses) => Math.max(...losses) - Math.min(...losses)));
  return { steps: compared.length, difference, agrees: difference <= LOSS_TOLERANCE }; // a loss of NaN does not agree
}

/** Statistics of one run; the first step is not in them. Null where there is nothing to go by. */
export interface Summary {
  readonly steps: number;
  readonly firstMilliseconds: number | null;
  readonly milliseconds: Spread | null;
  readonly cpuMilliseconds: Spread | null;
  readonly scriptMilliseconds: Spread | null;
  /** Milliseconds by those of the baseline in the same round: 2 takes twice as long. */
  readonly ratio: Spread | null;
}

export function summarize(run: Run, baseline: Run | undefined): Summary {
  const warm = run.samples.filter(({ round }) => round > 0);
  const spread = (values: readonly number[]) => (values.length > 0 ? spreadOf(values) : null);
  const ratios = warm.flatMap(({ round, milliseconds }) => {
    const other = baseline?.samples.find((sample) => sample.round === round);
    return other ? [milliseconds / other.milliseconds] : [];
  });
  return {
    steps: warm.length,
    firstMilliseconds: run.samples[0]?.milliseconds ?? null,
    milliseconds: spread(warm.map(({ milliseconds }) => milliseconds)),
    cpuMilliseconds: spread(warm.map(({ cpuMilliseconds }) => cpuMilliseconds)),
    scriptMilliseconds: spread(warm.map(({ scriptMilliseconds }) => scriptMilliseconds)),
    ratio: spread(ratios),
  };
}

const whole = (value: number | null) => (value === null ? '-' : value.toFixed(0));
const range = (spread: Spread | null, digits: number) =>
  spread ? `${spread.median.toFixed(digits)} (${spread.lowerQuartile.toFixed(digits)}-${spread.upperQuartile.toFixed(digits)})` : '-';

const megabytes = (bytes: number | null) => (bytes === null ? '-' : (bytes / 1e6).toFixed(1));

export const LEGEND = `\
Milliseconds: median (lower-upper quartile) of the steps after the first. Ratios are taken round by round: 2 is twice as slow.
Script ms: how long the call ran before it first waited; tapegrad queues a whole step without waiting, so that is all of its JavaScript.
The first step includes compiling, but for what the driver has cached (Mesa: MESA_SHADER_CACHE_DISABLE=true for nothing).
Peak MB: the most bytes of GPU buffers created and not destroyed, at any moment of the run, pools and staging included.`;

/** A table of the runs, a row each. */
export function timesTable(runs: readonly Run[], baseline: Run | undefined): string {
  const header = ['', 'version', 'first step', 'steps', 'ms a step', 'CPU ms a step', 'script ms', 'ratio to tapegrad', 'peak MB'];
  const rows = runs.map((run) => {
    const { steps, firstMilliseconds, milliseconds, cpuMilliseconds, scriptMilliseconds, ratio } = summarize(run, baseline);
    const times = [range(milliseconds, 0), range(cpuMilliseconds, 0), range(scriptMilliseconds, 1), range(ratio, 2)];
    const cells = [whole(firstMilliseconds), String(steps), ...times, megabytes(run.peakDeviceBytes)];
    return [run.name, run.version, ...cells, ...(run.failure ? [`failed: ${run.failure}`] : [])];
  });
  return table([header, ...rows]);
}

/** The losses of the first steps, side by side. */
export function lossesTable(runs: readonly Run[]): string {
  const steps = Math.min(COMPARED_STEPS, Math.max(...runs.map(({ samples }) => samples.length)));
  const cell = (sample: Sample | undefined) => sample?.loss.toFixed(6) ?? '-';
  const rows = runs.map(({ name, samples }) => [name, ...Array.from({ length: steps }, (_, i) => cell(samples[i]))]);
  return table([['loss at step', ...Array.from({ length: steps }, (_, i) => String(i + 1))], ...rows]);
}

export function agreementLine(agreement: Agreement | null): string {
  if (!agreement) return 'nothing to compare: no two contenders got through a step';
  const { steps, difference, agrees } = agreement;
  const verdict = agrees ? 'All compute the same thing' : 'THE CONTENDERS DO NOT COMPUTE THE SAME THING';
  return `${verdict}: losses of the first ${steps} steps differ by at most ${difference.toExponential(1)} (allowed ${LOSS_TOLERANCE}).`;
}
