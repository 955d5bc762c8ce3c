import type { Report } from './report.js';
import { reproduce } from './report.js';
import type { Row } from './runChecks.js';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** Text that may stand in XML and HTML: no markup, no control characters. */
export function escapeMarkup(text: string): string {
  return text.replace(/[\u0000-\u001f]/g, ' ').replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

function testCase(row: Row, { options }: Report): string {
  const name = `${row.axis}: ${row.label}`;
  const open = `    <testcase classname="gradcheck.${escapeMarkup(row.op)}" name="${escapeMarkup(name)}" time="${(row.milliseconds / 1000).toFixed(4)}"`;
  if (row.verdict === 'PASS') return `${open}/>`;
  const message = escapeMarkup(row.message);
  if (row.verdict === 'UNCHECKED') return `${open}><skipped message="${message}"/></testcase>`;
  return `${open}><failure message="${message}">${escapeMarkup(reproduce(row, options))}</failure></testcase>`;
}

/** The report as JUnit's XML: a suite an op, a case a check; UNCHECKED counts as skipped. */
export function junit(report: Report): string {
  const count = (rows: readonly Row[], verdict: Row['verdict']) => rows.filter((row) => row.verdict === verdict).length;
  const attributes = (rows: readonly Row[]) =>
    `tests="${rows.length}" failures="${count(rows, 'FAIL')}" errors="0" skipped="${count(rows, 'UNCHECKED')}" ` +
    `time="${(rows.reduce((sum, row) => sum + row.milliseconds, 0) / 1000).toFixed(3)}"`;
  const byOp = new Map<string, Row[]>();
  for (const row of report.rows) byOp.set(row.op, [...(byOp.get(row.op) ?? []), row]);
  const suites = [...byOp].flatMap(([op, rows]) => [
    `  <testsuite name="${escapeMarkup(op)}" ${attributes(rows)}>`,
    ...rows.map((row) => testCase(row, report)),
    '  </testsuite>',
  ]);
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="gradcheck" ${attributes(report.rows)}>`, ...suites, '</testsuites>', ''].join('\n');
}
