import { readFileSync } from 'node:fs';
import { UsageError } from '../../examples/commandLine.js';
import type { Report } from './report.js';

/** Reads what `--json` wrote. */
export function readReport(file: string): Report {
  const text = readFileSync(file, 'utf8');
  try {
    const report = JSON.parse(text) as Report;
    if (Array.isArray(report.rows) && Array.isArray(report.shards)) return report;
  } catch {
    // Falls through to the same complaint.
  }
  throw new UsageError(`${file}: not a report that --json wrote`);
}

/** The shards of one run as one report, the same as that of the whole run. Throws UsageError if they do not fit together. */
export function mergeReports(reports: readonly Report[]): Report {
  const [first] = reports;
  const sameRun = ({ options, ops, planned }: Report) => JSON.stringify({ options, ops, planned });
  if (reports.some((report) => sameRun(report) !== sameRun(first))) {
    throw new UsageError('--merge: the reports are of different runs (flags, or the checks themselves, differ)');
  }
  const shards = reports.flatMap((report) => report.shards);
  if (new Set(shards).size !== shards.length) throw new UsageError(`--merge: the same shard twice among ${shards.join(', ')}`);
  const rows = reports.flatMap((report) => report.rows).sort((a, b) => a.index - b.index);
  const total = Number(shards[0].split('/')[1]);
  const whole = shards.length === total;
  const adapters = [...new Set(reports.map((report) => report.adapter))];
  return { ...first, adapter: adapters.join('; '), shards: whole ? ['1/1'] : shards, rows };
}
