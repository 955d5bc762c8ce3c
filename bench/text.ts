import { FIGURES } from './measure.js';
import { opsReport } from './peers/ops/report.js';
import type { BenchRecord, RowRecord } from './record.js';
import { rowsInWords, table } from './table.js';

/* What all reports say in words, and the report for a terminal. */

/** Microseconds in the unit that reads best. */
export function duration(microseconds: number): string {
  const [value, unit] = microseconds < 1000 ? [microseconds, 'us'] : microseconds < 1e6 ? [microseconds / 1000, 'ms'] : [microseconds / 1e6, 's'];
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`;
}

export const percent = (share: number) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

export function rate(value: number): string {
  return value === 0 ? '-' : value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}

/** One column of the table of rows. */
export interface Column {
  readonly title: string;
  /** What it means, in a sentence. */
  readonly meaning: string;
  cell(row: RowRecord): string;
}

const figure = (name: (typeof FIGURES)[number]) => ({ figures }: RowRecord) => (figures ? duration(figures[name].median) : '-');

export const COLUMNS: readonly Column[] = [
  { title: 'hot', meaning: 'Median time on the device, on the same buffers again and again.', cell: figure('hot') },
  {
    title: 'noise', meaning: 'Standard error of that median.',
    cell: ({ figures }) => (figures ? percent(figures.hot.noise) : '-'),
  },
  { title: 'GFLOP/s', meaning: 'Floating-point operations a second, hot.', cell: ({ speeds }) => (speeds ? rate(speeds.hot.gflops) : '-') },
  {
    title: 'GB/s', meaning: 'Bytes that must be moved at least, a second, hot.',
    cell: ({ speeds }) => (speeds ? rate(speeds.hot.gigabytesPerSecond) : '-'),
  },
  {
    title: 'of roofline', meaning: 'The time that this device allows, by its measured multiply-adds and copies, over the time taken, hot.',
    cell: ({ speeds }) => (speeds ? percent(speeds.hot.share) : '-'),
  },
  {
    title: 'cold', meaning: 'Median time on the device, on other buffers each time; in all 128 MiB, or what the remark says.',
    cell: figure('cold'),
  },
  {
    title: 'end to end', cell: figure('endToEnd'),
    meaning: 'One call by the engine, inputs on the device, result read back; on the wall clock, or in processor time where that is the clock.',
  },
  {
    title: 'compile', meaning: 'Creating the pipelines, unless the driver had them cached.',
    cell: ({ contact }) => (contact ? duration(1000 * contact.compileMilliseconds) : '-'),
  },
  {
    title: 'kernel', meaning: 'The variant that ran, where the op has several, and a hash of its WGSL.',
    cell: ({ contact }) => (contact ? `${contact.variant === null ? '' : `${contact.variant} `}${contact.wgsl}` : '-'),
  },
];

/** What a reader must know about a row besides its figures; empty for nothing. */
export function remark(row: RowRecord): string {
  if (row.status === 'wrong') return `WRONG, no number: ${row.problem}`;
  if (row.status === 'failed') return `FAILED: ${row.problem}`;
  if (row.status === 'absent') return `absent: ${row.problem}`;
  const remarks = isDeadWork(row.speeds!) ? ['DEAD WORK? faster than any probe'] : [];
  if (row.speeds!.cold === null) remarks.push(`cold within ${(row.rotatedBytes / 2 ** 20).toFixed(1)} MiB`);
  return remarks.join('; ');
}

export function isDeadWork({ hot, cold }: NonNullable<RowRecord['speeds']>): boolean {
  return hot.deadWork || (cold?.deadWork ?? false);
}

/** The name of a row in a report: with its side, where there are several. */
export function nameOf(row: RowRecord, rows: readonly RowRecord[]): string {
  return rows.every(({ side }) => side === row.side) ? row.id : `${row.id} [${row.side}]`;
}

export function deviceLines({ environment, clock, overheads, roofline, rounds, secondsPerRow }: BenchRecord): string[] {
  const { adapter, webgpu, cpu, cores, node, date, commit } = environment;
  const copies = roofline.copies.map(({ bytes, gigabytesPerSecond }) => `${rate(gigabytesPerSecond)} at ${bytes / 1024} KiB`).join(', ');
  const { dispatch, roundTrip, opCall, read, freshBuffer, pooledBuffer } = overheads;
  return [
    `${adapter}; ${webgpu?.implementation ?? ''}; commit ${commit ?? 'unknown'}`,
    `${cpu}, ${cores} cores, ${node}, ${date}`,
    `Clock: ${clock.method}${clock.reason ? ` (${clock.reason})` : ''}, quantum ${duration(clock.quantum)}, samples of ${duration(clock.shortestSample)} or more; ${rounds} rounds, ${secondsPerRow} s a row`,
    `Roofline: ${rate(roofline.gflops)} GFLOP/s (multiply-adds); copies in GB/s: ${copies}`,
    `Overheads: dispatch ${duration(dispatch)}, op call in JavaScript ${duration(opCall)}, submission and back ${duration(roundTrip)}, read ${duration(read)}, buffer of 16 MiB fresh ${duration(freshBuffer)}, pooled ${duration(pooledBuffer)}`,
  ];
}

export function reportText(record: BenchRecord): string {
  const rows = record.rows.map((row) => [nameOf(row, record.rows), ...COLUMNS.map(({ cell }) => cell(row)), ...(remark(row) ? [remark(row)] : [])]);
  const measured = [table([['', ...COLUMNS.map(({ title }) => title)], ...rows]), '', summaryLine(record)];
  return [...deviceLines(record), '', ...measured, ...(record.peers ? ['', opsReport(record.peers.rows)] : [])].join('\n');
}

export function summaryLine({ rows }: Pick<BenchRecord, 'rows'>): string {
  const count = (status: RowRecord['status']) => rows.filter((row) => row.status === status).length;
  const absent = count('absent') > 0 ? `, ${count('absent')} absent` : '';
  return `${rowsInWords(rows.length)}: ${count('measured')} measured, ${count('wrong')} wrong, ${count('failed')} failed${absent}`;
}

/** Is a kernel wrong, or did a call fail? */
export function hasFailed({ rows }: Pick<BenchRecord, 'rows'>): boolean {
  return rows.some(({ status }) => status === 'wrong' || status === 'failed');
}
