import type { MutantReport, Row, Totals } from '../mutantReport.js';
import { escapeMarkup } from '../../../examples/markup.js';
import { count, tile } from './markup.js';

/* The mutants' part of the HTML report. */

const percent = ({ score }: Totals) => (score === null ? '-' : `${score.toFixed(1)} %`);

const KINDS = { vjp: 'backward', wgsl: 'WGSL' } as const;

export function mutantTiles(mutants: MutantReport | null): string {
  if (!mutants) return '';
  return (['vjp', 'wgsl'] as const).filter((kind) => mutants.summary[kind].score !== null)
    .map((kind) => tile(percent(mutants.summary[kind]), `${KINDS[kind]} mutants killed`)).join('\n');
}

function listed(title: string, rows: readonly Row[], open: boolean): string {
  if (rows.length === 0) return '';
  const byReason = new Map<string, Row[]>();
  for (const row of rows) byReason.set(row.why, [...(byReason.get(row.why) ?? []), row]);
  const groups = [...byReason].map(([why, group]) =>
    `<li>${escapeMarkup(why || 'no reason known')}<ul>${group.map(({ where, what }) => `<li><b>${escapeMarkup(where)}</b> <code>${escapeMarkup(what)}</code></li>`).join('')}</ul></li>`);
  return `<details${open ? ' open' : ''}><summary>${count(rows.length)} ${title}</summary><ul>${groups.join('\n')}</ul></details>`;
}

export function mutantSection(mutants: MutantReport | null): string {
  if (!mutants) return '';
  const { summary, rows, limit } = mutants;
  const totals = ({ killed, survived, equivalent, doesNotCompile }: Totals) =>
    [killed, survived, equivalent, doesNotCompile].map((value) => `<td>${value || ''}</td>`).join('');
  const lines = summary.places.map((place) =>
    `<tr><th>${escapeMarkup(place.where)}</th><td>${KINDS[place.kind]}</td>${totals(place)}<td class="${place.survived > 0 ? 'UNCHECKED' : 'PASS'}">${percent(place)}</td></tr>`);
  return `<h2>Mutants</h2>
<p>Proof that the checks bite: wrong backward rules and wrong WGSL, planted one by one. Of the ${(['vjp', 'wgsl'] as const).map((kind) =>
    `${KINDS[kind]} mutants ${count(summary[kind].killed)} killed, ${count(summary[kind].survived)} survived, ${count(summary[kind].equivalent)} equivalent`).join('; of the ')}.
${limit === null ? '' : `At most ${limit} a shader. `}${mutants.adapter ? escapeMarkup(mutants.adapter) : ''}</p>
<div class="scroll"><table><thead><tr><th>op or shader</th><th>kind</th><th>killed</th><th>survived</th><th>equivalent</th><th>does not compile</th><th>score</th></tr></thead><tbody>
${lines.join('\n')}
</tbody></table></div>
${listed('survived', rows.filter(({ verdict }) => verdict === 'survived'), true)}
${listed('equivalent', rows.filter(({ verdict }) => verdict === 'equivalent'), false)}`;
}
