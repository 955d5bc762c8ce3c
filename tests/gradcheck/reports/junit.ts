import type { Row as Mutant } from '../mutantReport.js';
import type { Row } from '../runChecks.js';
import { escapeMarkup } from '../../../examples/markup.js';
import { type Report, reproduce } from './report.js';

function testCase(row: Row, { options }: Report): string {
  const name = `${row.axis}: ${row.label}`;
  const open = `    <testcase classname="gradcheck.${escapeMarkup(row.op)}" name="${escapeMarkup(name)}" time="${(row.milliseconds / 1000).toFixed(4)}"`;
  if (row.verdict === 'PASS') return `${open}/>`;
  const message = escapeMarkup(row.message);
  if (row.verdict === 'UNCHECKED') return `${open}><skipped message="${message}"/></testcase>`;
  return `${open}><failure message="${message}">${escapeMarkup(reproduce(row, options))}</failure></testcase>`;
}

/** Killed is what is wanted; a survivor fails unless its reason is known. */
function mutantCase({ kind, where, what, verdict, why }: Mutant): string {
  const open = `    <testcase classname="mutants.${escapeMarkup(where)}" name="${escapeMarkup(`${kind}: ${what}`)}" time="0"`;
  if (verdict === 'killed') return `${open}/>`;
  const message = escapeMarkup(`${verdict}: ${why}`);
  return `${open}>${verdict === 'survived' && why === '' ? `<failure message="${message}"/>` : `<skipped message="${message}"/>`}</testcase>`;
}

interface Case {
  suite: string;
  xml: string;
  seconds: number;
}

/** The report as JUnit's XML: a suite an op, a case a check; UNCHECKED counts as skipped. Mutants have suites of their own. */
export function junit(report: Report): string {
  const cases: Case[] = [
    ...report.rows.map((row) => ({ suite: row.op, xml: testCase(row, report), seconds: row.milliseconds / 1000 })),
    ...(report.mutants?.rows ?? []).map((mutant) => ({ suite: `mutants of ${mutant.where}`, xml: mutantCase(mutant), seconds: 0 })),
  ];
  const attributes = (some: readonly Case[]) => {
    const having = (tag: string) => some.filter(({ xml }) => xml.includes(tag)).length;
    const seconds = some.reduce((sum, each) => sum + each.seconds, 0);
    return `tests="${some.length}" failures="${having('<failure ')}" errors="0" skipped="${having('<skipped ')}" time="${seconds.toFixed(3)}"`;
  };
  const bySuite = new Map<string, Case[]>();
  for (const each of cases) {
    const suite = bySuite.get(each.suite);
    if (suite) suite.push(each);
    else bySuite.set(each.suite, [each]);
  }
  const suites = [...bySuite].flatMap(([name, some]) => [
    `  <testsuite name="${escapeMarkup(name)}" ${attributes(some)}>`, ...some.map(({ xml }) => xml), '  </testsuite>',
  ]);
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="gradcheck" ${attributes(cases)}>`, ...suites, '</testsuites>', ''].join('\n');
}
