import { spreadOf } from '../../statistics.js';
import { table } from '../../table.js';
import type { Lane, RowResult } from './race.js';

/** A row in figures; null where there is nothing to go by. */
export interface RowSummary {
  readonly row: string;
  /** Median milliseconds a call, by contender. */
  readonly milliseconds: Readonly<Record<string, number | null>>;
  /** The peer with the lower median. */
  readonly fasterPeer: string | null;
  /** Its milliseconds by ours, round by round, the median: 2 means that we are twice as fast. */
  readonly ratio: number | null;
  /** The same of the processor time. */
  readonly cpuRatio: number | null;
  /** Why contenders have no number, by contender. */
  readonly missing: Readonly<Record<string, string>>;
}

const isOurs = ({ name }: Lane) => name.startsWith('tapegrad');
const medianOf = ({ milliseconds }: Lane) => (milliseconds.length > 0 ? spreadOf(milliseconds).median : null);

export function summarizeRow({ row, lanes }: RowResult): RowSummary {
  const ours = lanes.find(isOurs);
  const peers = lanes.filter((lane) => !isOurs(lane) && !lane.missing).sort((a, b) => medianOf(a)! - medianOf(b)!);
  const faster = peers.at(0) ?? null;
  return {
    row,
    milliseconds: Object.fromEntries(lanes.map((lane) => [lane.name, lane.missing ? null : medianOf(lane)])),
    fasterPeer: faster?.name ?? null,
    ratio: ratioOf(faster?.milliseconds, ours?.milliseconds),
    cpuRatio: ratioOf(faster?.cpuMilliseconds, ours?.cpuMilliseconds),
    missing: Object.fromEntries(lanes.flatMap(({ name, missing }) => (missing ? [[name, missing]] : []))),
  };
}

function ratioOf(peer: readonly number[] = [], ours: readonly number[] = []): number | null {
  const rounds = Math.min(peer.length, ours.length);
  return rounds > 0 ? spreadOf(peer.slice(0, rounds).map((time, round) => time / ours[round])).median : null;
}

/** Over the rows that have a ratio; null if there is none. */
export function geometricMean(rows: readonly RowSummary[]): number | null {
  const logarithms = rows.flatMap(({ ratio }) => (ratio === null ? [] : [Math.log(ratio)]));
  return logarithms.length > 0 ? Math.exp(logarithms.reduce((total, value) => total + value, 0) / logarithms.length) : null;
}

export const OPS_LEGEND = `\
Milliseconds a call: median over the rounds. A sample is the stated number of calls on the same inputs, the same for all, then one
element of the last result read back. Ratio: the faster peer by tapegrad, round by round, the median; below 1 it is marked. CPU
ratio: the same of processor time, which a busy machine moves less.`;

/** A row's figures in one line. */
export function rowLine(result: RowResult): string {
  const { row, milliseconds, ratio, cpuRatio } = summarizeRow(result);
  const times = Object.entries(milliseconds).map(([name, value]) => `${name} ${value?.toFixed(2) ?? '-'}`);
  return `${row}: ${times.join(', ')} ms, ratio ${ratio?.toFixed(2) ?? '-'}, of CPU time ${cpuRatio?.toFixed(2) ?? '-'}`;
}

/** A table of the rows, the geometric mean, and a line for every number that is missing. */
export function opsReport(results: readonly RowResult[]): string {
  const rows = results.map(summarizeRow);
  const names = results[0]?.lanes.map(({ name }) => name) ?? [];
  const mark = (ratio: number) => (ratio < 1 ? '  SLOWER' : '');
  const body = rows.map(({ row, milliseconds, ratio, cpuRatio }, i) => [
    row,
    String(results[i].calls),
    ...names.map((name) => milliseconds[name]?.toFixed(2) ?? '-'),
    ratio?.toFixed(2) ?? '-',
    cpuRatio?.toFixed(2) ?? '-',
    ...(ratio === null ? [] : [mark(ratio)]),
  ]);
  const mean = geometricMean(rows);
  const compared = rows.filter(({ ratio }) => ratio !== null);
  const slower = compared.filter(({ ratio }) => ratio! < 1).length;
  const lines = rows.flatMap(({ row, missing }) => Object.entries(missing).map(([name, reason]) => `no number: ${row}: ${name}: ${reason}`));
  const verdict = mean === null ? 'nothing to compare' : `geometric mean of ${compared.length} rows: ${mean.toFixed(2)}; below 1: ${slower}`;
  return [table([['milliseconds', 'calls', ...names, 'ratio', 'CPU ratio'], ...body]), OPS_LEGEND, verdict, ...lines].join('\n');
}
