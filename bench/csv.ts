import { FIGURES } from './measure.js';
import type { BenchRecord, RowRecord } from './record.js';
import type { Environment } from './stamp.js';
import { isDeadWork } from './text.js';

/** A cell by RFC 4180: quoted if it must be. */
function cell(value: string | number | null): string {
  const text = String(value ?? '');
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const STATISTICS = ['median', 'mad', 'p10', 'p90', 'noise', 'count'] as const;

const HEADER = [
  'row', 'side', 'status', 'problem', 'clock', 'flops', 'bytes', ...FIGURES.flatMap((name) => STATISTICS.map((statistic) => `${name} ${statistic}`)),
  'hot GFLOP/s', 'hot GB/s', 'hot of roofline', 'cold of roofline', 'cold MiB', 'bound', 'dead work',
  'dispatches', 'compile ms', 'first run ms', 'variant', 'wgsl', 'adapter', 'commit', 'date',
];

function cells(row: RowRecord, { adapter, commit, date }: Environment): (string | number | null)[] {
  const { id, side, status, problem, method, flops, bytes, rotatedBytes, figures, speeds, contact } = row;
  return [
    id, side, status, problem, method, flops, bytes,
    ...FIGURES.flatMap((name) => STATISTICS.map((statistic) => figures?.[name][statistic] ?? null)),
    speeds?.hot.gflops ?? null, speeds?.hot.gigabytesPerSecond ?? null, speeds?.hot.share ?? null, speeds?.cold?.share ?? null,
    figures ? rotatedBytes / 2 ** 20 : null, speeds?.hot.bound ?? null, speeds ? String(isDeadWork(speeds)) : null,
    contact?.dispatches ?? null, contact?.compileMilliseconds ?? null, contact?.firstRunMilliseconds ?? null,
    contact?.variant ?? null, contact?.wgsl ?? null, adapter, commit, date,
  ];
}

/** One line a row; times in microseconds, but for those in ms. */
export function csv({ rows, environment }: BenchRecord): string {
  return [HEADER, ...rows.map((row) => cells(row, environment))].map((line) => `${line.map(cell).join(',')}\r\n`).join('');
}
