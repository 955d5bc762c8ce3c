import { allOps } from '../../index.js';
import { AXES, reasonForEmpty } from './axes.js';
import type { Check, SuiteOptions } from './check.js';
import type { Row } from './runChecks.js';

/** What a run, or one shard of it, found; `--json` writes it. */
export interface Report {
  options: SuiteOptions;
  /** Which ops; null for all. */
  ops: readonly string[] | null;
  adapter: string;
  /** Which shards of how many are in here, as `1/4`. */
  shards: readonly string[];
  /** Checks of the whole suite by op (or model) and axis, whichever shard makes them. */
  planned: Record<string, Record<string, number>>;
  rows: readonly Row[];
}

export function countPlanned(checks: readonly Check[]): Report['planned'] {
  const planned: Report['planned'] = {};
  for (const { op, axis } of checks) {
    planned[op] ??= {};
    planned[op][axis] = (planned[op][axis] ?? 0) + 1;
  }
  return planned;
}

/** One field of the coverage matrix. */
export interface Cell {
  axis: string;
  planned: number;
  rows: readonly Row[];
  /** Why it is empty; null for one that is not, or that should not be. */
  reason: string | null;
}

/** One line of the coverage matrix. */
export interface Line {
  op: string;
  cells: readonly Cell[];
  rows: readonly Row[];
  worst: Row | null;
}

function furthest(rows: readonly Row[]): Row | null {
  return rows.reduce<Row | null>((worst, row) => ((row.worst ?? 0) > (worst?.worst ?? 0) ? row : worst), null);
}

/** The matrix: ops in the order of their declaration, then models and graphs. */
export function matrixOf({ options, ops, planned, rows }: Report): Line[] {
  const registered = allOps().filter((op) => !ops || ops.includes(op.name));
  const names = new Set([...registered.map((op) => op.name), ...Object.keys(planned)]);
  return [...names].map((name) => {
    const own = rows.filter((row) => row.op === name);
    const op = registered.find((candidate) => candidate.name === name);
    const cells = AXES.map((axis) => {
      const count = planned[name]?.[axis.name] ?? 0;
      const reason = count > 0 ? null : op ? reasonForEmpty(axis, op, options) : 'models and graphs are checked along the other axes';
      return { axis: axis.name, planned: count, rows: own.filter((row) => row.axis === axis.name), reason };
    });
    return { op: name, cells, rows: own, worst: furthest(own) };
  });
}

export interface Totals {
  checks: number;
  planned: number;
  failed: readonly Row[];
  unchecked: readonly Row[];
  /** Cells without a check and without a reason, as `op: axis`. */
  missing: readonly string[];
}

export function totalsOf(report: Report): Totals {
  const { rows, planned } = report;
  return {
    checks: rows.length,
    planned: Object.values(planned).flatMap((axes) => Object.values(axes)).reduce((total, count) => total + count, 0),
    failed: rows.filter((row) => row.verdict === 'FAIL'),
    unchecked: rows.filter((row) => row.verdict === 'UNCHECKED'),
    missing: matrixOf(report).flatMap(({ op, cells }) =>
      cells.filter((cell) => cell.planned === 0 && cell.reason === null).map((cell) => `${op}: ${cell.axis}`)),
  };
}

/** Empty cells by their reason: `reason` -> `axis: ops`. */
export function reasonsOf(lines: readonly Line[]): [string, string[]][] {
  const byReason = new Map<string, Map<string, string[]>>();
  for (const { op, cells } of lines) {
    for (const { axis, reason } of cells) {
      if (reason === null) continue;
      const axes = byReason.get(reason) ?? new Map<string, string[]>();
      byReason.set(reason, axes.set(axis, [...(axes.get(axis) ?? []), op]));
    }
  }
  return [...byReason].map(([reason, axes]) => {
    const byOps = new Map<string, string[]>();
    for (const [axis, ops] of axes) byOps.set(ops.join(', '), [...(byOps.get(ops.join(', ')) ?? []), axis]);
    return [reason, [...byOps].map(([ops, names]) => `${names.join(', ')}: ${ops}`)];
  });
}

/** The command that makes one check again. */
export function reproduce({ op }: Row, { seed, graphs }: SuiteOptions): string {
  const registered = allOps().some(({ name }) => name === op);
  return `npm run gradcheck -- --op ${registered ? op : `'${op}'`} --seed ${seed}${registered ? '' : ` --graphs ${graphs}`}`;
}

const ratio = (row: Row | null) => (row?.worst === undefined ? '-' : row.worst.toPrecision(2));

/** The report as text: a line an op, with the number of checks along each axis; then reasons, failures, totals. */
export function reportText(report: Report): string {
  const lines = matrixOf(report);
  const header = ['op', ...AXES.map(({ name }) => name), 'worst', 'seconds'];
  const cellText = ({ planned, rows, reason }: Cell) => {
    if (planned === 0) return reason === null ? 'MISSING' : '.';
    const failed = rows.filter((row) => row.verdict === 'FAIL').length;
    const made = rows.length === planned ? String(planned) : `${rows.length}/${planned}`;
    return failed > 0 ? `${made} (${failed} FAIL)` : made;
  };
  const table = [header, ...lines.map(({ op, cells, rows, worst }) => [
    op, ...cells.map(cellText), ratio(worst), (rows.reduce((sum, row) => sum + row.milliseconds, 0) / 1000).toFixed(1),
  ])];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const text = table.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '));

  const { checks, planned, failed, unchecked, missing } = totalsOf(report);
  const reasons = reasonsOf(lines).flatMap(([reason, where]) => [`  ${reason}`, ...where.map((line) => `    ${line}`)]);
  const show = (row: Row) => [
    `${row.verdict} ${row.op}, ${row.axis} (${row.label}): ${row.message}`,
    ...(row.details ? [row.details] : []),
    `  again: ${reproduce(row, report.options)}`,
  ];
  return [
    ...text,
    '',
    ...(reasons.length > 0 ? ['Empty cells (.) and why:', ...reasons, ''] : []),
    ...[...failed, ...unchecked].flatMap(show),
    ...missing.map((cell) => `MISSING ${cell}: no check and no reason`),
    `${checks}${checks < planned ? ` of ${planned}` : ''} checks: ${checks - failed.length - unchecked.length} PASS, ${failed.length} FAIL, ` +
      `${unchecked.length} UNCHECKED${missing.length > 0 ? `, ${missing.length} cells MISSING` : ''}`,
  ].join('\n');
}
