import { geometricMean as meanOf, spreadOf } from '../../statistics.js';
import { rowsInWords, table } from '../../table.js';
import type { Lane, RowResult } from './race.js';

/** A row in figures; null where there is nothing to go by. */
export interface RowSummary {
  readonly row: string;
  /** Median milliseconds a call, by contender. */
  readonly milliseconds: Readonly<Record<string, number | null>>;
  /** The peer with the lowest median. */
  readonly fastestPeer: string | null;
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
  const fastest = peers.at(0) ?? null;
  return {
    row,
    milliseconds: Object.fromEntries(lanes.map((lane) => [lane.name, lane.missing ? null : medianOf(lane)])),
    fastestPeer: fastest?.name ?? null,
    ratio: ratioOf(fastest?.milliseconds, ours?.milliseconds),
    cpuRatio: ratioOf(fastest?.cpuMilliseconds, ours?.cpuMilliseconds),
    missing: Object.fromEntries(lanes.flatMap(({ name, missing }) => (missing ? [[name, missing]] : []))),
  };
}

function ratioOf(peer: readonly number[] = [], ours: readonly number[] = []): number | null {
  const rounds = Math.min(peer.length, ours.length);
  return rounds > 0 ? spreadOf(peer.slice(0, rounds).map((time, round) => time / ours[round])).median : null;
}

/** Over the rows that have a ratio; null if there is none. */
export function geometricMean(rows: readonly RowSummary[]): number | null {
  const ratios = rows.flatMap(({ ratio }) => (ratio === null ? [] : [ratio]));
  return ratios.length > 0 ? meanOf(ratios) : null;
}

export const OPS_LEGEND = `\
Milliseconds a call: median over the rounds. A sample is the stated number of calls on the same inputs, the same for all, then one
element of the last result read back. Ratio: the fastest peer by tapegrad, round by round, the median; below 1 it is marked. CPU
ratio: the same of processor time, which a busy machine moves less.`;

/** A row's figures in one line. */
export function rowLine(result: RowResult): string {
  const { row, milliseconds, ratio, cpuRatio } = summarizeRow(result);
  const times = Object.entries(milliseconds).map(([name, value]) => `${name} ${value?.toFixed(2) ?? '-'}`);
  return `${row}: ${times.join(', ')} ms, ratio ${ratio?.toFixed(2) ?? '-'}, of CPU time ${cpuRatio?.toFixed(2) ?? '-'}`;
}

/** The rows as a table, its head first. */
export function opsTable(results: readonly RowResult[]): string[][] {
  const names = results[0]?.lanes.map(({ name }) => name) ?? [];
  const body = results.map((result) => {
    const { row, milliseconds, ratio, cpuRatio } = summarizeRow(result);
    return [
      row, String(result.calls), ...names.map((name) => milliseconds[name]?.toFixed(2) ?? '-'),
      ratio?.toFixed(2) ?? '-', cpuRatio?.toFixed(2) ?? '-', ratio !== null && ratio < 1 ? 'SLOWER' : '',
    ];
  });
  return [['milliseconds', 'calls', ...names, 'ratio', 'CPU ratio', ''], ...body];
}

/** The geometric mean, and a line for every number that is missing. */
export function opsVerdict(results: readonly RowResult[]): string[] {
  const rows = results.map(summarizeRow);
  const mean = geometricMean(rows);
  const compared = rows.filter(({ ratio }) => ratio !== null);
  const slower = compared.filter(({ ratio }) => ratio! < 1).length;
  const lines = rows.flatMap(({ row, missing }) => Object.entries(missing).map(([name, reason]) => `no number: ${row}: ${name}: ${reason}`));
  const meanLine = () => `geometric mean of ${rowsInWords(compared.length)}: ${mean!.toFixed(2)}; below 1: ${slower}`;
  return [mean === null ? 'nothing to compare' : meanLine(), ...lines];
}

export function opsReport(results: readonly RowResult[]): string {
  return [table(opsTable(results)), OPS_LEGEND, ...opsVerdict(results)].join('\n');
}

/** What a race writes as JSON. */
export interface PeersRecord {
  readonly rounds: number;
  readonly geometricMean: number | null;
  readonly summaries: readonly RowSummary[];
  readonly rows: readonly RowResult[];
}

export function peersRecord(rows: readonly RowResult[], rounds: number): PeersRecord {
  const summaries = rows.map(summarizeRow);
  return { rounds, geometricMean: geometricMean(summaries), summaries, rows };
}

/** Did tapegrad itself fail in a row? Its lane is the first. */
export function weFailed({ rows }: Pick<PeersRecord, 'rows'>): boolean {
  return rows.some(({ lanes: [ours] }) => ours.missing);
}
