import { readFileSync } from 'node:fs';
import { UsageError } from '../../../examples/commandLine.js';
import { type MutantReport, summarise } from '../mutantReport.js';
import type { Report } from './report.js';

/** What `--json` wrote: a run of the suite, or one of mutants. */
type Saved = Report | MutantReport;

const isMutantReport = (saved: Saved): saved is MutantReport => 'summary' in saved;

export function readReport(file: string): Saved {
  const text = readFileSync(file, 'utf8');
  try {
    const saved = JSON.parse(text) as Saved;
    if (Array.isArray(saved.rows) && ('summary' in saved || Array.isArray(saved.shards))) return saved;
  } catch {
    // Falls through to the same complaint.
  }
  throw new UsageError(`${file}: not a report that --json wrote`);
}

function onlyOnce(shards: readonly string[]): void {
  if (new Set(shards).size !== shards.length) throw new UsageError(`--merge: the same shard twice among ${shards.join(', ')}`);
}

const distinct = (values: readonly (string | null)[]) => [...new Set(values.filter((value) => value !== null))].join('; ');

function mergeMutants(reports: readonly MutantReport[]): MutantReport | null {
  if (reports.length === 0) return null;
  const shards = reports.map(({ shard }) => shard);
  onlyOnce(shards);
  const rows = reports.flatMap((report) => report.rows);
  const isWhole = shards.length === Number(shards[0].split('/')[1]);
  return {
    ...reports[0],
    adapter: distinct(reports.map(({ adapter }) => adapter)) || null,
    shard: isWhole ? '1/1' : shards.join(', '),
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
  onlyOnce(shards);
  const rows = reports.flatMap((report) => report.rows).sort((a, b) => a.index - b.index);
  const isWhole = shards.length === Number(shards[0].split('/')[1]);
  return { ...first, adapter: distinct(reports.map(({ adapter }) => adapter)), shards: isWhole ? ['1/1'] : shards, rows, mutants };
}
