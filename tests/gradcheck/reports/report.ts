import { allOps } from '../../../index.js';
import { AXES, reasonForEmpty } from '../axes.js';
import type { Check, SuiteOptions } from '../check.js';
import type { MutantReport, Row as Mutant } from '../mutantReport.js';
import type { Row } from '../runChecks.js';

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
  /** The mutants that were tried, if a report of them was merged. */
  mutants: MutantReport | null;
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
  /** Mutants that no check noticed, and nobody knows why. */
  survivors: readonly Mutant[];
}

export function totalsOf(report: Report): Totals {
  const { rows, planned, mutants } = report;
  return {
    checks: rows.length,
    planned: Object.values(planned).flatMap((axes) => Object.values(axes)).reduce((total, count) => total + count, 0),
    failed: rows.filter((row) => row.verdict === 'FAIL'),
    unchecked: rows.filter((row) => row.verdict === 'UNCHECKED'),
    missing: matrixOf(report).flatMap(({ op, cells }) =>
      cells.filter((cell) => cell.planned === 0 && cell.reason === null).map((cell) => `${op}: ${cell.axis}`)),
    survivors: mutants?.rows.filter(({ verdict, why }) => verdict === 'survived' && why === '') ?? [],
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

/** Is nothing wrong? UNCHECKED is not a failure, but is reported with its reason. */
export function isGood({ failed, missing, survivors }: Totals): boolean {
  return failed.length + missing.length + survivors.length === 0;
}

/** An error over its tolerance, to two digits. */
export function ratioText(row: Row | null): string {
  if (row?.worst === undefined) return '-';
  return row.worst > 0 && row.worst < 1e-3 ? row.worst.toExponential(0) : String(Number(row.worst.toPrecision(2)));
}

/** The command that makes one check again. */
export function reproduce({ op }: Row, { seed, seeds, graphs }: SuiteOptions): string {
  const registered = allOps().some(({ name }) => name === op);
  const more = seeds > 0 ? ` --seeds ${seeds}` : registered ? '' : ` --graphs ${graphs}`;
  return `npm run gradcheck -- --op ${registered ? op : `'${op}'`} --seed ${seed}${more}`;
}
