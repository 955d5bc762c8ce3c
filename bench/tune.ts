import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import { type TuningEntry, type TuningTable, hashesOfWgsl } from '../core/webgpu/tuning.js';
import { outcomeOf, ratioFrom } from './compare.js';
import type { Figure, RowRecord } from './record.js';
import { type Row, callOf } from './rows.js';
import { geometricMean, medianOf } from './statistics.js';
import { table } from './table.js';

/* npm run bench -- --tune: all variants of each row have been verified and timed in turn; what was best goes into a table. */

const FOLDER = 'kernels/tuning';

/** What was found for one op and bucket. */
export interface Choice {
  readonly op: string;
  readonly bucket: string;
  readonly variant: string;
  /** How many times as fast as the variant that is taken without tuning. */
  readonly gain: number;
  readonly entry: TuningEntry;
}

/**
 * The best variant of each bucket. Rounds of its rows are taken together, by the geometric mean of their times relative to the
 * variant that is taken where nothing was measured; another one replaces it only if the verdict on it is FASTER.
 */
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
    const figuresOf = (variant: string) => members.map((row) => records.find(({ id, side }) => id === row.id && side === variant)?.figures?.hot);
    const { variant, ratio } = best(names, fallback, figuresOf);
    const plans = members.map((row) => row.op.kernel({ ...callOf(row), limits, variant }));
    return { op, bucket, variant, gain: 1 / ratio, entry: { variant, wgsl: hashesOfWgsl(plans) } };
  });
}

/** The variant to take, and its time by the fallback's. One without a figure in some row is wrong there, or not for this adapter. */
function best(names: readonly string[], fallback: string, figuresOf: (variant: string) => (Figure | undefined)[]): { variant: string; ratio: number } {
  const isMeasured = (figures: readonly (Figure | undefined)[]): figures is Figure[] => figures.every((figure) => figure !== undefined);
  const before = figuresOf(fallback);
  if (!isMeasured(before)) return { variant: names.find((name) => isMeasured(figuresOf(name))) ?? fallback, ratio: 1 };
  let chosen = { variant: fallback, ratio: 1 };
  for (const variant of names) {
    const after = figuresOf(variant);
    if (!isMeasured(after)) continue;
    const rounds = Math.min(...[...before, ...after].map((figure) => figure.rounds.length));
    const ratios = Array.from({ length: rounds }, (_, round) =>
      geometricMean(after.map((figure, i) => medianOf(figure.rounds[round]) / medianOf(before[i].rounds[round]))));
    const ratio = ratioFrom(ratios);
    if (outcomeOf(ratio, rounds) === 'FASTER' && ratio.median < chosen.ratio) chosen = { variant, ratio: ratio.median };
  }
  return chosen;
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
