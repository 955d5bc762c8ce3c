import { writeFileSync } from 'node:fs';
import type { Outputs } from './options.js';
import { html } from './reports/html.js';
import { junit } from './reports/junit.js';
import { type Report, isGood, totalsOf } from './reports/report.js';
import { reportText } from './reports/text.js';

/** Writes what was asked for, prints the table, and gives the exit code. */
export function conclude(report: Report, { json, html: page, junit: xml }: Outputs): number {
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`);
  if (page) writeFileSync(page, html(report));
  if (xml) writeFileSync(xml, junit(report));
  console.log(reportText(report));
  return isGood(totalsOf(report)) ? 0 : 1;
}
