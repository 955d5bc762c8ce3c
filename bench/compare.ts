import { UsageError } from '../examples/commandLine.js';
import type { FigureName } from './measure.js';
import type { BenchRecord, RowRecord } from './record.js';
import type { Environment } from './stamp.js';
import { medianOf } from './statistics.js';
import { rowsInWords, table } from './table.js';
import { duration } from './text.js';

/*
 * Is B faster than A? Samples of one moment say little: the machine differs more from minute to minute. So each run takes its
 * samples in five rounds spread over the run, and a verdict is about the medians of the rounds, by an interval that holds the
 * true ratio of B to A with about 95 % confidence, whatever the noise is like:
 *
 * - Of two runs: all 25 ratios of a round of B to one of A, but for the two least and the two largest (Mann and Whitney's
 *   interval of a shift, here of the logarithm: with 5 and 5, P(U <= 2) = 4 / 252 at either end, so 97 %).
 * - Of two sides of one run: the five ratios of rounds that ran next to each other (5 values lie all on one side of their true median
 *   in 2 of 2^5 cases, so 94 %).
 *
 * A row is FASTER or SLOWER only if the whole interval is beyond a threshold of 5 %, SAME if all of it is within, and otherwise
 * UNDECIDED. Who wants more decided measures longer, on a quieter machine, or both in one run.
 */

export type Outcome = 'FASTER' | 'SLOWER' | 'SAME' | 'UNDECIDED';

/** Smaller differences are of no account. */
const THRESHOLD = 1.05;
const FEWEST_ROUNDS = 5;
/** Ratios of rounds of two runs that lie outside the interval at either end. */
const OUTSIDE = 2;

/** B's time by A's. */
export interface Ratio {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

type Rounds = readonly (readonly number[])[];

/** Of two figures from different runs: any round of one may have met any machine that a round of the other met. */
export function ratioOfRuns(a: Rounds, b: Rounds): Ratio {
  const mediansOfA = a.map(medianOf);
  const ratios = b.map(medianOf).flatMap((time) => mediansOfA.map((other) => time / other)).sort((x, y) => x - y);
  return ratioFrom(Math.min(a.length, b.length) < FEWEST_ROUNDS ? ratios : ratios.slice(OUTSIDE, -OUTSIDE));
}

/** Of two figures measured in turn in one run: round by round, both met the same machine. */
export function ratioOfSides(a: Rounds, b: Rounds): Ratio {
  return ratioFrom(b.slice(0, a.length).map((round, i) => medianOf(round) / medianOf(a[i])));
}

/** The ratio of which `ratios` are the rounds. */
export function ratioFrom(ratios: readonly number[]): Ratio {
  return { median: medianOf(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

/** `ratio` as it may be at both ends if the machine of B was `drift` times as slow as that of A. */
export function allowForDrift({ median, low, high }: Ratio, drift: readonly number[]): Ratio {
  return { median, low: low / Math.max(1, ...drift), high: high / Math.min(1, ...drift) };
}

export function outcomeOf({ low, high }: Ratio, rounds: number): Outcome {
  if (rounds < FEWEST_ROUNDS) return 'UNDECIDED';
  if (high < 1 / THRESHOLD) return 'FASTER';
  if (low > THRESHOLD) return 'SLOWER';
  return low >= 1 / THRESHOLD && high <= THRESHOLD ? 'SAME' : 'UNDECIDED';
}

/** One row of A and B. */
export interface Comparison {
  readonly name: string;
  /** Microseconds; null where a run has no figure. */
  readonly before: number | null;
  readonly after: number | null;
  readonly ratio: Ratio | null;
  readonly outcome: Outcome | null;
  /** Why there is no outcome. */
  readonly problem: string | null;
  /** B's kernel is wrong or failed, and A's was not. */
  readonly broken: boolean;
}

function compareRows(name: string, a: RowRecord | undefined, b: RowRecord | undefined, figure: FigureName, ratioOf: (a: Rounds, b: Rounds) => Ratio): Comparison {
  const before = a?.figures?.[figure];
  const after = b?.figures?.[figure];
  const times = { name, before: before?.median ?? null, after: after?.median ?? null };
  const without = (problem: string, broken: boolean): Comparison => ({ ...times, ratio: null, outcome: null, problem, broken });
  if (!before || !after) {
    const lacking = (which: string, row: RowRecord | undefined) => (row ? `${which}: ${row.status}, ${row.problem}` : `${which} lacks this row`);
    return without(before ? lacking('B', b) : lacking('A', a), before !== undefined && b !== undefined && b.status !== 'absent');
  }
  if (String(a!.inputs) !== String(b!.inputs)) return without(`other inputs: A ${a!.inputs.join(', ')}; B ${b!.inputs.join(', ')}`, false);
  const ratio = ratioOf(before.rounds, after.rounds);
  return { ...times, ratio, outcome: outcomeOf(ratio, Math.min(before.rounds.length, after.rounds.length)), problem: null, broken: false };
}

/** Two runs, row by row. Throws UsageError if they cannot be compared. */
export function compareRuns(a: BenchRecord, b: BenchRecord, figure: FigureName): Comparison[] {
  for (const [what, pick] of [
    ['adapters', ({ environment }: BenchRecord) => environment.adapter],
    ['clocks', ({ clock }: BenchRecord) => clock.method],
  ] as const) {
    if (pick(a) !== pick(b)) throw new UsageError(`compare: the ${what} differ: ${pick(a)} and ${pick(b)}`);
  }
  const drift = driftOf(a, b);
  const sides = (record: BenchRecord) => new Set(record.rows.map(({ side }) => side)).size;
  const key = ({ id, side }: RowRecord) => (sides(a) === 1 && sides(b) === 1 ? id : `${id} [${side}]`);
  const rowsOfA = new Map(a.rows.map((row) => [key(row), row]));
  const rowsOfB = new Map(b.rows.map((row) => [key(row), row]));
  if (![...rowsOfA.keys()].some((name) => rowsOfB.has(name))) throw new UsageError('compare: the reports have no row in common');
  const ratioOf = (x: Rounds, y: Rounds) => allowForDrift(ratioOfRuns(x, y), drift);
  const names = new Set([...rowsOfA.keys(), ...rowsOfB.keys()]);
  return [...names].map((name) => compareRows(name, rowsOfA.get(name), rowsOfB.get(name), figure, ratioOf));
}

/** What else was not the same in two runs of one adapter, a line each: a verdict may be about that, and not about kernels. */
export function differencesOf(a: BenchRecord, b: BenchRecord): string[] {
  const facts: [string, (environment: Environment) => unknown][] = [
    ['CPU', ({ cpu }) => cpu], ['cores', ({ cores }) => cores], ['WebGPU', ({ webgpu }) => webgpu?.implementation],
  ];
  return facts.flatMap(([what, pick]) => {
    const [ofA, ofB] = [a, b].map(({ environment }) => String(pick(environment) ?? 'unknown'));
    return ofA === ofB ? [] : [`not the same machine: ${what} ${ofA} in A, ${ofB} in B`];
  });
}

/** How much slower the machine was in B: for multiply-adds, and for copies. */
export function driftOf(a: BenchRecord, b: BenchRecord): number[] {
  return a.drift.flatMap(({ id, rounds }) => {
    const other = b.drift.find((probe) => probe.id === id);
    return other ? [medianOf(other.rounds) / medianOf(rounds)] : [];
  });
}

/** The sides of one run, each against the first. */
export function compareSides({ rows }: Pick<BenchRecord, 'rows'>, figure: FigureName): Comparison[] {
  const [baseline] = new Set(rows.map(({ side }) => side));
  return rows.filter(({ side }) => side !== baseline).map((row) => {
    const other = rows.find(({ id, side }) => id === row.id && side === baseline);
    return compareRows(`${row.id}: ${row.side} against ${baseline}`, other, row, figure, ratioOfSides);
  });
}

export const COMPARISON_TITLES = ['A', 'B', 'B / A', 'interval', 'verdict'] as const;

/** The row's name, and a cell for each of these titles. */
export function comparisonCells({ name, before, after, ratio, outcome, problem }: Comparison): string[] {
  const time = (microseconds: number | null) => (microseconds === null ? '-' : duration(microseconds));
  const interval = ratio ? `${ratio.low.toFixed(3)}-${ratio.high.toFixed(3)}` : '-';
  return [name, time(before), time(after), ratio ? ratio.median.toFixed(3) : '-', interval, outcome ?? problem!];
}

export function comparisonText(comparisons: readonly Comparison[], figure: FigureName): string {
  return [table([[figure, ...COMPARISON_TITLES], ...comparisons.map(comparisonCells)]), '', comparisonLine(comparisons)].join('\n');
}

export function comparisonLine(comparisons: readonly Comparison[]): string {
  const count = (outcome: Outcome) => comparisons.filter((one) => one.outcome === outcome).length;
  const words = (['FASTER', 'SLOWER', 'SAME', 'UNDECIDED'] as const).map((outcome) => `${count(outcome)} ${outcome}`);
  const without = comparisons.filter(({ outcome }) => outcome === null).length;
  return `${rowsInWords(comparisons.length)}: ${words.join(', ')}${without > 0 ? `, ${without} without a verdict` : ''}`;
}
