import { AXES } from './axes.js';
import { escapeMarkup } from './junit.js';
import { type Cell, type Report, matrixOf, reasonsOf, reproduce, totalsOf } from './report.js';
import type { Row } from './runChecks.js';

/* The report as one HTML file that needs nothing else: matrix, error distributions, worst cases. */

const STYLE = `
body { font: 14px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 80em; padding: 0 1em; color: #222; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { border: 1px solid #ddd; padding: .15em .5em; text-align: right; }
th:first-child, td.text { text-align: left; }
thead th { position: sticky; top: 0; background: #f4f4f4; }
.PASS { background: #dff3e0; } .FAIL { background: #f6b8b3; } .UNCHECKED { background: #fbe7b2; } .empty { color: #999; }
.partly { background: #eef; }
code { background: #f4f4f4; padding: 0 .2em; }
svg text { font: 11px system-ui, sans-serif; fill: #444; }`;

function cellHtml({ axis, planned, rows, reason }: Cell): string {
  if (planned === 0) {
    const kind = reason === null ? 'FAIL' : 'empty';
    return `<td class="${kind}" title="${escapeMarkup(`${axis}: ${reason ?? 'no check and no reason'}`)}">${reason === null ? 'MISSING' : '&middot;'}</td>`;
  }
  const verdict = (['FAIL', 'UNCHECKED'] as const).find((kind) => rows.some((row) => row.verdict === kind)) ?? (rows.length < planned ? 'partly' : 'PASS');
  const first = rows.find((row) => row.verdict === verdict);
  const title = first && verdict !== 'PASS' ? `${first.label}: ${first.message}` : `${axis}: ${rows.length} of ${planned} checks`;
  return `<td class="${verdict}" title="${escapeMarkup(title)}">${rows.length === planned ? planned : `${rows.length}/${planned}`}</td>`;
}

/** Lower bounds of the bins, as powers of ten; the last holds what is above the tolerance. */
const BINS = [-Infinity, -6, -5, -4, -3, -2, -1.5, -1, -0.75, -0.5, -0.25, 0];

/** How many checks are how far from their tolerance, on a logarithmic axis. */
function histogram(axis: string, rows: readonly Row[]): string {
  const ratios = rows.flatMap((row) => (row.worst === undefined ? [] : [row.worst]));
  if (ratios.length === 0) return '';
  const counts = BINS.map((low, i) => ratios.filter((value) => {
    const exponent = value > 0 ? Math.log10(value) : -Infinity;
    return (i === 0 || exponent > low) && (i === BINS.length - 1 || exponent <= BINS[i + 1]);
  }).length);
  const highest = Math.max(...counts);
  const bars = counts.map((count, i) => {
    const height = (70 * count) / highest;
    const color = i === BINS.length - 1 ? '#c0392b' : '#4a90a4';
    const label = i === BINS.length - 1 ? '&gt; 1' : `&le; ${(10 ** BINS[i + 1]).toPrecision(1)}`;
    return `<rect x="${i * 52 + 4}" y="${90 - height}" width="44" height="${height}" fill="${color}"/>` +
      `<text x="${i * 52 + 26}" y="${86 - height}" text-anchor="middle">${count || ''}</text><text x="${i * 52 + 26}" y="104" text-anchor="middle">${label}</text>`;
  });
  return `<h3>${escapeMarkup(axis)}</h3><svg width="${BINS.length * 52}" height="110" role="img" aria-label="errors of ${escapeMarkup(axis)}">${bars.join('')}</svg>`;
}

function rowsTable(rows: readonly Row[], report: Report): string {
  const cells = (row: Row) => [
    `<td class="text">${escapeMarkup(row.op)}</td><td class="text">${escapeMarkup(row.axis)}</td><td class="text">${escapeMarkup(row.label)}</td>`,
    `<td class="${row.verdict}">${row.verdict}</td><td>${row.worst === undefined ? '' : row.worst.toPrecision(3)}</td>`,
    `<td class="text">${escapeMarkup(row.message)}${row.details ? `<pre>${row.details.split('\n').map(escapeMarkup).join('\n')}</pre>` : ''}</td><td class="text"><code>${escapeMarkup(reproduce(row, report.options))}</code></td>`,
  ].join('');
  const head = ['op', 'axis', 'sample', 'verdict', 'error / tolerance', 'what was seen', 'again'].map((name) => `<th>${name}</th>`).join('');
  return `<table><thead><tr>${head}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}</tbody></table>`;
}

const WORST_CASES = 30;

export function html(report: Report): string {
  const lines = matrixOf(report);
  const { checks, planned, failed, unchecked, missing } = totalsOf(report);
  const worst = report.rows.filter((row) => (row.worst ?? 0) > 0).sort((a, b) => b.worst! - a.worst!).slice(0, WORST_CASES);
  const { seed, devices, graphs } = report.options;
  const matrixHead = AXES.map(({ name, title }) => `<th title="${escapeMarkup(title)}">${escapeMarkup(name)}</th>`).join('');
  const matrix = lines.map(({ op, cells, worst: row }) =>
    `<tr><td class="text">${escapeMarkup(op)}</td>${cells.map(cellHtml).join('')}<td>${row?.worst?.toPrecision(2) ?? ''}</td></tr>`);
  const reasons = reasonsOf(lines).map(([reason, where]) => `<li>${escapeMarkup(reason)}<ul>${where.map((line) => `<li>${escapeMarkup(line)}</li>`).join('')}</ul></li>`);
  const problems = [...failed, ...unchecked];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Gradient checks</title><style>${STYLE}</style></head><body>
<h1>Gradient checks</h1>
<p>${checks}${checks < planned ? ` of ${planned}` : ''} checks: <b>${failed.length} FAIL</b>, ${unchecked.length} UNCHECKED, ${missing.length} cells without check or reason.
${escapeMarkup(report.adapter)}; devices ${devices.join(', ')}; seed ${seed}; ${graphs} random graphs; shards ${report.shards.join(', ')}.</p>
${problems.length > 0 ? `<h2>Failures and unchecked</h2>${rowsTable(problems, report)}` : ''}
<h2>Coverage: checks of each op along each axis</h2>
<table><thead><tr><th>op</th>${matrixHead}<th>worst</th></tr></thead><tbody>
${matrix.join('\n')}
</tbody></table>
<h2>Why cells are empty</h2><ul>${reasons.join('\n')}</ul>
<h2>Errors against tolerance</h2><p>Checks by their largest error, as a share of what is allowed; above 1 is a failure.</p>
${AXES.map(({ name }) => histogram(name, report.rows.filter((row) => row.axis === name))).join('\n')}
<h2>Closest to their tolerance</h2>${rowsTable(worst, report)}
</body></html>
`;
}
