import { AXES } from '../axes.js';
import type { Row } from '../runChecks.js';
import { histogram } from './histogram.js';
import { escapeMarkup } from '../../../examples/markup.js';
import { count, tile } from './markup.js';
import { mutantSection, mutantTiles } from './mutantsHtml.js';
import { type Cell, type Line, type Report, matrixOf, ratioText, reasonsOf, reproduce, totalsOf } from './report.js';
import { STYLE } from './style.js';

/* The report as one HTML file that needs nothing else: matrix, error distributions, worst cases, mutants. */

/** An empty cell refers to its reason by number, as a phone shows no titles. */
function cellHtml({ axis, planned, rows, reason }: Cell, reasons: readonly string[]): string {
  if (planned === 0) {
    if (reason === null) return `<td class="FAIL" title="${escapeMarkup(axis)}: no check and no reason">MISSING</td>`;
    const number = reasons.indexOf(reason) + 1;
    return `<td title="${escapeMarkup(`${axis}: ${reason}`)}"><a href="#reason-${number}">[${number}]</a></td>`;
  }
  const verdict = (['FAIL', 'UNCHECKED'] as const).find((kind) => rows.some((row) => row.verdict === kind)) ?? (rows.length < planned ? 'partly' : 'PASS');
  const first = rows.find((row) => row.verdict === verdict);
  const title = first && verdict !== 'PASS' ? `${first.label}: ${first.message}` : `${axis}: ${rows.length} of ${planned} checks`;
  return `<td class="${verdict}" title="${escapeMarkup(title)}">${rows.length === planned ? planned : `${rows.length}/${planned}`}</td>`;
}

function matrixHtml(lines: readonly Line[]): string {
  const reasons = reasonsOf(lines);
  const names = reasons.map(([reason]) => reason);
  const head = AXES.map(({ name, title }) => `<th title="${escapeMarkup(title)}">${escapeMarkup(name)}</th>`).join('');
  const body = lines.map(({ op, cells, worst }) =>
    `<tr><th>${escapeMarkup(op)}</th>${cells.map((cell) => cellHtml(cell, names)).join('')}<td>${worst ? ratioText(worst) : ''}</td></tr>`);
  const list = reasons.map(([reason, where], i) =>
    `<li id="reason-${i + 1}">${escapeMarkup(reason)}<br><span class="soft">${where.map(escapeMarkup).join('<br>')}</span></li>`);
  return `<h2>Coverage</h2>
<p>Checks of each op along each axis. Where there can be none, [1] refers to reason 1 below; <i>worst</i> is the largest error as a share of what is allowed.</p>
<div class="scroll"><table><thead><tr><th>op</th>${head}<th>worst</th></tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>
<details><summary>What the axes compare</summary><ul>${AXES.map(({ name, title }) => `<li><b>${escapeMarkup(name)}</b>: ${escapeMarkup(title)}</li>`).join('')}</ul></details>
<h2>Why cells are empty</h2><ol>${list.join('\n')}</ol>`;
}

function caseHtml(row: Row, report: Report): string {
  const details = row.details ? `<pre>${row.details.split('\n').map(escapeMarkup).join('\n')}</pre>` : '';
  const mark = row.verdict === 'PASS' ? ratioText(row) : row.verdict;
  return `<div class="card case"><header><span class="mark ${row.verdict}">${mark}</span><b>${escapeMarkup(row.op)}</b><span>${escapeMarkup(row.axis)}</span>
<span class="soft">${escapeMarkup(row.label)}</span></header><p>${escapeMarkup(row.message)}</p>${details}<code>${escapeMarkup(reproduce(row, report.options))}</code></div>`;
}

const casesHtml = (rows: readonly Row[], report: Report) => `<div class="cases">${rows.map((row) => caseHtml(row, report)).join('\n')}</div>`;

const WORST_CASES = 24;

/** What came closest to its tolerance without passing it: one check of each op and axis. */
function closest(rows: readonly Row[]): Row[] {
  const sorted = rows.filter(({ worst, verdict }) => (worst ?? 0) > 0 && verdict === 'PASS').sort((a, b) => b.worst! - a.worst!);
  const seen = new Set<string>();
  return sorted.filter(({ op, axis }) => !seen.has(`${op} ${axis}`) && seen.add(`${op} ${axis}`)).slice(0, WORST_CASES);
}

function distributionsHtml(rows: readonly Row[]): string {
  const byAxis = AXES.map(({ name }) => ({ name, ratios: rows.flatMap(({ axis, worst }) => (axis === name && worst !== undefined ? [worst] : [])) }));
  const isExact = (ratios: readonly number[]) => ratios.every((ratio) => ratio === 0);
  const exact = byAxis.filter(({ ratios }) => ratios.length > 0 && isExact(ratios)).map(({ name }) => name);
  return `<h2>Errors against tolerance</h2>
<p>Checks by their largest error, as a share of what is allowed: each bar counts those up to the number under it. Above 1 is a failure.
${exact.length > 0 ? `Equal to the last bit everywhere: ${escapeMarkup(exact.join(', '))}.` : ''}</p>
<div class="charts">${byAxis.filter(({ ratios }) => !isExact(ratios)).map(({ name, ratios }) => histogram(name, ratios)).join('\n')}</div>`;
}

export function html(report: Report): string {
  const { checks, planned, failed, unchecked, missing } = totalsOf(report);
  const { seed, seeds, devices, graphs } = report.options;
  const problems = [...failed, ...unchecked];
  const run = [
    report.adapter, `devices ${devices.join(', ')}`, `seed ${seed}`, seeds > 0 ? `${count(seeds)} seeds an op` : `${count(graphs)} random graphs`,
    `shards ${report.shards.join(', ')}`,
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Gradient checks</title><style>${STYLE}</style></head><body>
<h1>Gradient checks</h1>
<p class="soft">${run.map(escapeMarkup).join(' · ')}</p>
<div class="tiles">
${tile(checks < planned ? `${count(checks)} of ${count(planned)}` : count(checks), 'checks')}
${tile(count(checks - problems.length), 'PASS', problems.length === 0 ? 'PASS' : '')}
${tile(count(failed.length), 'FAIL', failed.length > 0 ? 'FAIL' : '')}
${tile(count(unchecked.length), 'UNCHECKED', unchecked.length > 0 ? 'UNCHECKED' : '')}
${tile(count(missing.length), 'cells without check or reason', missing.length > 0 ? 'FAIL' : '')}
${mutantTiles(report.mutants)}
</div>
${problems.length > 0 ? `<h2>Failures and unchecked</h2>${casesHtml(problems, report)}` : ''}
${matrixHtml(matrixOf(report))}
${distributionsHtml(report.rows)}
<h2>Closest to their tolerance</h2>${casesHtml(closest(report.rows), report)}
${mutantSection(report.mutants)}
</body></html>
`;
}
