import { AXES } from '../axes.js';
import type { Row } from '../runChecks.js';
import { histogram } from './histogram.js';
import { count, escapeMarkup, tile } from './markup.js';
import { mutantSection, mutantTiles } from './mutants.js';
import { type Cell, type Line, type Report, matrixOf, reasonsOf, reproduce, totalsOf } from './report.js';
import { STYLE } from './style.js';

/* The report as one HTML file that needs nothing else: matrix, error distributions, worst cases, mutants. */

/** An empty cell refers to its reason by number, as a phone shows no titles. */
function cellHtml({ axis, planned, rows, reason }: Cell, reasons: readonly string[]): string {
  if (planned === 0) {
    if (reason === null) return `<td class="FAIL" title="${escapeMarkup(axis)}: no check and no reason">MISSING</td>`;
    const number = reasons.indexOf(reason) + 1;
    return `<td title="${escapeMarkup(`${axis}: ${reason}`)}"><a href="#reason-${number}">${number}</a></td>`;
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
    `<tr><th>${escapeMarkup(op)}</th>${cells.map((cell) => cellHtml(cell, names)).join('')}<td>${worst?.worst?.toPrecision(2) ?? ''}</td></tr>`);
  const list = reasons.map(([reason, where], i) =>
    `<li id="reason-${i + 1}">${escapeMarkup(reason)}<br><span class="soft">${where.map(escapeMarkup).join('<br>')}</span></li>`);
  return `<h2>Coverage</h2>
<p>Checks of each op along each axis. A small number stands where there can be none, and refers to the reason below; <i>worst</i> is the largest error as a share of what is allowed.</p>
<div class="scroll"><table><thead><tr><th>op</th>${head}<th>worst</th></tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>
<details><summary>What the axes compare</summary><ul>${AXES.map(({ name, title }) => `<li><b>${escapeMarkup(name)}</b>: ${escapeMarkup(title)}</li>`).join('')}</ul></details>
<h2>Why cells are empty</h2><ol>${list.join('\n')}</ol>`;
}

function caseHtml(row: Row, report: Report): string {
  const details = row.details ? `<pre>${row.details.split('\n').map(escapeMarkup).join('\n')}</pre>` : '';
  const mark = row.verdict === 'PASS' ? row.worst!.toPrecision(3) : row.verdict;
  return `<div class="card case"><header><span class="mark ${row.verdict}">${mark}</span><b>${escapeMarkup(row.op)}</b><span>${escapeMarkup(row.axis)}</span>
<span class="soft">${escapeMarkup(row.label)}</span></header><p>${escapeMarkup(row.message)}</p>${details}<code>${escapeMarkup(reproduce(row, report.options))}</code></div>`;
}

const casesHtml = (rows: readonly Row[], report: Report) => `<div class="cases">${rows.map((row) => caseHtml(row, report)).join('\n')}</div>`;

const WORST_CASES = 30;

export function html(report: Report): string {
  const { checks, planned, failed, unchecked, missing } = totalsOf(report);
  const worst = report.rows.filter(({ worst, verdict }) => (worst ?? 0) > 0 && verdict === 'PASS').sort((a, b) => b.worst! - a.worst!).slice(0, WORST_CASES);
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
<h2>Errors against tolerance</h2><p>Checks by their largest error, as a share of what is allowed; above 1 is a failure.</p>
<div class="charts">${AXES.map(({ name }) => histogram(name, report.rows.filter((row) => row.axis === name))).join('\n')}</div>
<h2>Closest to their tolerance</h2>${casesHtml(worst, report)}
${mutantSection(report.mutants)}
</body></html>
`;
}
