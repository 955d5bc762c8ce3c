import { distance } from '../../../tests/support.js';
import { type Time, failureOf, rotated, timed } from '../lanes.js';
import type { LoadedRow, OpContender } from './contender.js';
import type { Row } from './rows.js';

/** What one contender did in one row. Times are a call's, one for each round. */
export interface Lane {
  readonly name: string;
  readonly version: string;
  readonly milliseconds: number[];
  /** Processor time of all threads: steadier on a busy machine; a software adapter's work is in it. */
  readonly cpuMilliseconds: number[];
  /** Why there are none: the engine lacks the op, gave a wrong result, or failed. */
  missing: string | null;
}

export interface RowResult {
  readonly row: string;
  /** Calls in each sample, the same for all. */
  readonly calls: number;
  readonly lanes: readonly Lane[];
}

/**
 * |actual - expected| by the largest |expected|. Rounding in sums of up to 4M float32 values stays below a tenth of it; a
 * missing term or a wrong index is far above.
 */
const TOLERANCE = { relative: 1e-4, absolute: 0 };

/** The fastest contender's samples should be about this long, so that dispatch and readback do not hide the kernels ... */
const SAMPLE_MILLISECONDS = 40;
/** ... but the slowest's no longer than this, */
const PATIENCE_MILLISECONDS = 2000;
/** and none may pile up more results than this. */
const MOST_CALLS = 16;

/** A contender, opened for all rows; or why it could not be. */
export interface Entrant {
  readonly contender: OpContender;
  readonly failure: string | null;
}

/** Opens the contenders. */
export async function enter(contenders: readonly OpContender[]): Promise<Entrant[]> {
  const entrants: Entrant[] = [];
  for (const contender of contenders) entrants.push({ contender, failure: await failureOf(() => contender.prepare()) });
  return entrants;
}

/** Closes those that were opened. */
export function leave(entrants: readonly Entrant[]): void {
  for (const { contender, failure } of entrants) if (!failure) contender.dispose();
}

/**
 * Measures the contenders side by side in one row. Their outputs are compared first: a wrong result gets no number.
 * Then `rounds` rounds of one sample each, in rotating order: whatever else the machine does falls on all.
 */
export async function raceRow(row: Row, entrants: readonly Entrant[], reference: OpContender, rounds: number): Promise<RowResult> {
  const runners: Runner[] = [];
  for (const entrant of entrants) runners.push(await start(entrant, row));
  await judge(runners, async () => {
    const loaded = await reference.load(row);
    const outputs = await loaded.outputs();
    loaded.dispose();
    return outputs;
  });
  const calls = await callsFor(runners);
  for (let round = 0; round <= rounds; round++) {
    for (const runner of rotated(runners, round)) {
      const time = await sample(runner, calls);
      if (!time || round === 0) continue; // the first round warms up
      runner.lane.milliseconds.push(time.milliseconds / calls);
      runner.lane.cpuMilliseconds.push(time.cpuMilliseconds / calls);
    }
  }
  for (const { loaded } of runners) loaded?.dispose();
  return { row: row.name, calls, lanes: runners.map(({ lane }) => lane) };
}

interface Runner {
  readonly lane: Lane;
  readonly loaded: LoadedRow | null;
  readonly outputs: Outputs;
}

type Outputs = readonly ArrayLike<number>[];

async function start({ contender, failure }: Entrant, row: Row): Promise<Runner> {
  let loaded: LoadedRow | null = null;
  let outputs: Outputs = [];
  const { name, version } = contender;
  const missing = failure ?? (await failureOf(async () => {
    loaded = await contender.load(row);
    outputs = await loaded.outputs();
  }));
  return { lane: { name, version, milliseconds: [], cpuMilliseconds: [], missing }, loaded, outputs };
}

/**
 * Takes out who is wrong. Engines that share no code and agree are right; where most do not agree, or one is alone, the
 * reference decides: it takes seconds for large products, and hence is not asked each time.
 */
async function judge(runners: readonly Runner[], reference: () => Promise<Outputs>): Promise<void> {
  const running = runners.filter(({ lane }) => !lane.missing);
  const agreeing = (candidate: Runner) => running.filter((other) => !differenceOf(other.outputs, candidate.outputs)).length;
  const majority = running.find((candidate) => agreeing(candidate) > Math.max(1, running.length / 2));
  const expected = majority?.outputs ?? (await reference());
  for (const { lane, outputs } of running) lane.missing = differenceOf(outputs, expected);
}

/** Null if the outputs agree, else where they do not. */
function differenceOf(actual: Outputs, expected: Outputs): string | null {
  for (const [i, values] of expected.entries()) {
    const { ratio, index } = distance(actual[i], values, TOLERANCE);
    if (ratio > 1) return `wrong result: element ${index} of output ${i} is ${actual[i][index]}, not ${values[index]}`;
  }
  return null;
}

/** Times `calls` calls; null for a contender that is out, by now or before. */
async function sample({ lane, loaded }: Runner, calls: number): Promise<Time | null> {
  if (lane.missing || !loaded) return null;
  const time = await timed(async () => {
    lane.missing = await failureOf(() => loaded.run(calls));
  });
  return lane.missing ? null : time;
}

/** How many calls a sample has, a power of two, judged by one warm call of each contender. */
async function callsFor(runners: readonly Runner[]): Promise<number> {
  const single: number[] = [];
  for (const runner of runners) {
    await sample(runner, 1);
    const time = await sample(runner, 1);
    if (time) single.push(time.milliseconds);
  }
  const wanted = Math.min(SAMPLE_MILLISECONDS / Math.min(...single), PATIENCE_MILLISECONDS / Math.max(...single), MOST_CALLS);
  return 2 ** Math.max(0, Math.floor(Math.log2(wanted)));
}
