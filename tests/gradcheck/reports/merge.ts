import { readFileSync } from 'node:fs';
import { UsageError } from '../../../examples/commandLine.js';
import { type MutantReport, summarise } from '../mutantReport.js';
import type { Report } from './report.js';

/** What `--json` wrote: a run of the suite, or one of mutants. */
type Saved = Report | MutantReport;

const isMutantReport = (saved: Saved): saved is MutantReport => 'summary' in saved;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Is it a list of objects, each with these names, whose values are texts? */
const isList = (value: unknown, ...names: string[]) =>
  Array.isArray(value) && value.every((each) => isObject(each) && names.every((name) => typeof each[name] === 'string'));

function isShards(value: unknown): boolean {
  const isShard = (shard: unknown) => {
    const [, index, count] = /^(\d+)\/(\d+)$/.exec(String(shard))?.map(Number) ?? [];
    return index >= 1 && index <= count;
  };
  return Array.isArray(value) && value.length > 0 && value.every(isShard);
}

function isMutants(saved: unknown): boolean {
  if (!isObject(saved) || !isObject(saved.summary) || typeof saved.shard !== 'string' || typeof saved.seconds !== 'number') return false;
  return isShards(saved.shard.split(', ')) && isList(saved.rows, 'kind', 'where', 'what', 'verdict', 'why');
}

/** Is it whole: does it hold what the tables read? */
function isSaved(saved: unknown): saved is Saved {
  if (!isObject(saved)) return false;
  if ('summary' in saved) return isMutants(saved);
  const { options, ops, planned, shards, rows, mutants } = saved;
  if (!isObject(options) || !Array.isArray(options.devices) || !(ops === null || Array.isArray(ops))) return false;
  if (!isObject(planned) || !Object.values(planned).every(isObject)) return false;
  return isShards(shards) && isList(rows, 'op', 'axis', 'label', 'verdict', 'message') && (mutants === null || isMutants(mutants));
}

export function readReport(file: string): Saved {
  const text = readFileSync(file, 'utf8');
  try {
    const saved: unknown = JSON.parse(text);
    if (isSaved(saved)) return saved;
  } catch {
    // Falls through to the same complaint.
  }
  throw new UsageError(`${file}: not a report that --json wrote, or a damaged one`);
}

/** Which parts of the whole are not among `shards`. Throws UsageError unless these are different parts of one division. */
function missingShards(shards: readonly string[]): string[] {
  if (new Set(shards).size !== shards.length) throw new UsageError(`--merge: the same shard twice among ${shards.join(', ')}`);
  const counts = new Set(shards.map((shard) => Number(shard.split('/')[1])));
  if (counts.size > 1) throw new UsageError(`--merge: shards of different divisions: ${shards.join(', ')}`);
  const [count] = counts;
  return Array.from({ length: count }, (_, i) => `${i + 1}/${count}`).filter((shard) => !shards.includes(shard));
}

/** `1/1` where all parts are here. */
function together(shards: readonly string[]): string[] {
  return missingShards(shards).length === 0 ? ['1/1'] : [...shards];
}

const MOST_NAMED = 20;

/** What a merged report lacks, in lines: shards that were not named, and checks that none of them made. */
export function gapsOf({ shards, rows, planned, mutants }: Report): string[] {
  const gaps = (what: string, parts: readonly string[]) => {
    const missing = missingShards(parts);
    const more = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : '';
    return missing.length > 0 ? [`MISSING ${what} ${missing.slice(0, MOST_NAMED).join(', ')}${more}: name their reports too`] : [];
  };
  const lines = [...gaps('shards', shards), ...(mutants ? gaps('shards of mutants', mutants.shard.split(', ')) : [])];
  const wanted = Object.values(planned).flatMap((axes) => Object.values(axes)).reduce((sum, count) => sum + count, 0);
  const lost = wanted - new Set(rows.map(({ index }) => index)).size;
  return shards[0] === '1/1' && lost > 0 ? [...lines, `MISSING ${lost} checks, although every shard is here: run them again`] : lines;
}

const distinct = (values: readonly (string | null)[]) => [...new Set(values.filter((value) => value !== null))].join('; ');

function mergeMutants(reports: readonly MutantReport[]): MutantReport | null {
  if (reports.length === 0) return null;
  const shards = reports.flatMap(({ shard }) => shard.split(', '));
  const rows = reports.flatMap((report) => report.rows);
  return {
    ...reports[0],
    adapter: distinct(reports.map(({ adapter }) => adapter)) || null,
    shard: together(shards).join(', '),
    seconds: reports.reduce((sum, { seconds }) => sum + seconds, 0),
    summary: summarise(rows),
    rows,
  };
}

/**
 * The shards of one run as one report, the same as that of the whole run, with the mutants beside it if there are reports of
 * them. Throws UsageError if they do not fit together.
 */
export function mergeReports(saved: readonly Saved[]): Report {
  const reports = saved.filter((each): each is Report => !isMutantReport(each));
  const mutants = mergeMutants([...reports.flatMap((report) => report.mutants ?? []), ...saved.filter(isMutantReport)]);
  const [first] = reports;
  if (!first) throw new UsageError('--merge: name a report of the suite too, beside those of mutants');
  const sameRun = ({ options, ops, planned }: Report) => JSON.stringify({ options, ops, planned });
  if (reports.some((report) => sameRun(report) !== sameRun(first))) {
    throw new UsageError('--merge: the reports are of different runs (flags, or the checks themselves, differ)');
  }
  const shards = reports.flatMap((report) => report.shards);
  const rows = reports.flatMap((report) => report.rows).sort((a, b) => a.index - b.index);
  return { ...first, adapter: distinct(reports.map(({ adapter }) => adapter)), shards: together(shards), rows, mutants };
}
