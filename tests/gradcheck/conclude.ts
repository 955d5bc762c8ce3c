import { writeFileSync } from 'node:fs';
import { UsageError } from '../../examples/usageError.js';
import type { Outputs } from './options.js';
import { html } from './reports/html.js';
import { junit } from './reports/junit.js';
import { type Report, isGood, totalsOf } from './reports/report.js';
import { reportText } from './reports/text.js';

/** Writes what was asked for, prints the table and what is missing, and gives the exit code. Throws UsageError where nothing ran. */
export function conclude(report: Report, { json, html: page, junit: xml }: Outputs, gaps: readonly string[] = []): number {
  const totals = totalsOf(report);
  if (totals.checks === 0) {
    throw new UsageError(`--shard ${report.shards.join(', ')}: none of the ${totals.planned} checks falls into it; take fewer shards`);
  }
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`);
  if (page) writeFileSync(page, html(report));
  if (xml) writeFileSync(xml, junit(report));
  console.log([reportText(report), ...gaps].join('\n'));
  return isGood(totals) && gaps.length === 0 ? 0 : 1;
}
