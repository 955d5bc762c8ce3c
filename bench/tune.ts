import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import { type TuningEntry, type TuningTable, hashOfWgsl } from '../core/webgpu/tuning.js';
import { ratioOfSides } from './compare.js';
import type { RowRecord } from './record.js';
import { type Row, callOf } from './rows.js';
import { geometricMean } from './statistics.js';
import { table } from './table.js';

/* npm run bench -- --tune: all variants of each row have been verified and timed in turn; what was best goes into a table. */

const FOLDER = 'kernels/tuning';

/** A variant replaces the one that is taken where nothing was measured only if it is better by this factor. */
const WORTHWHILE = 1.05;

/** What was found for one op and bucket. */
export interface Choice {
  readonly op: string;
  readonly bucket: string;
  readonly variant: string;
  /** How many times as fast as the variant that is taken without tuning. */
  readonly gain: number;
  readonly entry: TuningEntry;
}

/** The best variant of each bucket: by the geometric mean of the times of its rows, each relative to the untuned variant's. */
export function chooseVariants(rows: readonly Row[], records: readonly RowRecord[], { family, limits }: Pick<WebGpuBackend, 'family' | 'limits'>): Choice[] {
  const buckets = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.op.name, row.op.variants!.bucket({ ...callOf(row), limits })]);
    buckets.set(key, [...(buckets.get(key) ?? []), row]);
  }
  return [...buckets].map(([key, members]): Choice => {
    const [op, bucket] = JSON.parse(key) as [string, string];
    const { names, untuned } = members[0].op.variants!;
    const fallback = untuned?.[family] ?? names[0];
    const roundsOf = (row: Row, variant: string) => records.find(({ id, side }) => id === row.id && side === variant)?.figures?.hot.rounds;
    const gainOf = (variant: string) => geometricMean(members.map((row) => gain(roundsOf(row, fallback), roundsOf(row, variant))));
    const best = names.reduce((a, b) => (gainOf(b) > gainOf(a) ? b : a), fallback);
    const variant = gainOf(best) > WORTHWHILE ? best : fallback;
    const plan = members[0].op.kernel({ ...callOf(members[0]), limits, variant });
    return { op, bucket, variant, gain: gainOf(variant), entry: { variant, wgsl: hashOfWgsl(plan) } };
  });
}

type Rounds = readonly (readonly number[])[];

/** How many times as fast, round by round. A variant without figures is wrong, or not for this adapter. */
function gain(fallback: Rounds | undefined, variant: Rounds | undefined): number {
  if (!variant) return 0;
  return fallback ? 1 / ratioOfSides(fallback, variant).median : Infinity;
}

/** Writes the choices into the adapter's table, and gives its path. Entries of other ops and buckets stay. */
export function writeTable({ description, family }: Pick<WebGpuBackend, 'description' | 'family'>, choices: readonly Choice[], folder = FOLDER): string {
  const known = readdirSync(folder).filter((file) => file.endsWith('.json')).map((file) => {
    const path = join(folder, file);
    return { path, table: JSON.parse(readFileSync(path, 'utf8')) as TuningTable };
  });
  const own = known.find((one) => new RegExp(one.table.adapter).test(description)) ?? newTable(description, family, folder);
  const entries: Record<string, Record<string, TuningEntry>> = Object.fromEntries(
    Object.entries(own.table.entries).map(([op, buckets]) => [op, { ...buckets }]),
  );
  for (const { op, bucket, entry } of choices) entries[op] = { ...entries[op], [bucket]: entry };
  writeFileSync(own.path, `${JSON.stringify({ ...own.table, entries: sorted(entries) }, null, 2)}\n`);
  return own.path;
}

function newTable(description: string, family: TuningTable['family'], folder: string): { path: string; table: TuningTable } {
  const name = description.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 60);
  return { path: join(folder, `${name}.json`), table: { adapter: escapePattern(description), family, entries: {} } };
}

/** A regular expression that matches `text` and nothing else. */
function escapePattern(text: string): string {
  return `^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`;
}

function sorted<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function choicesText(choices: readonly Choice[], path: string): string {
  const lines = choices.map(({ op, bucket, variant, gain: times }) => [op, bucket, variant, times.toFixed(2)]);
  return `${table([['op', 'bucket', 'variant', 'times as fast as untuned'], ...lines])}\n\nwritten to ${path}; a new table takes effect with a line in ${FOLDER}/index.ts`;
}
