import { escapeMarkup } from '../../examples/markup.js';
import { Plot, type Section, chart, htmlPage, table } from '../../examples/plot.js';
import { deviceLines, percent } from '../text.js';
import { HEADER, headerOf, nameOf } from './ladder.js';
import { type LadderRun, type LadderSize, speedIn } from './run.js';
import { cellsOf, ownLine, titlesOf, wordsOn } from './text.js';

/* A ladder as one page: a chart and a table for each size, then each step: figures and reasons on the left, its source on the right. */

/** Speed of each step; the bar's label is its share of the roofline. */
function stepsChart({ ladder }: LadderRun, { steps, own }: LadderSize): string {
  const bars = [...steps.map(({ step, row }) => ({ name: nameOf(step), row })), { name: "the engine's own", row: own }].flatMap(({ name, row }) =>
    (row?.speeds ? [{ name, speed: speedIn(ladder, row.speeds.hot), share: row.speeds.hot.share }] : []));
  if (bars.length === 0) return '';
  return chart({
    width: 720, height: 50 + 26 * bars.length, marginLeft: 120, marginRight: 60,
    x: { label: ladder.unit, grid: true },
    y: { label: null, domain: bars.map(({ name }) => name) },
    marks: [
      Plot.barX(bars, { y: 'name', x: 'speed', fill: '#4e79a7' }),
      Plot.text(bars, { y: 'name', x: 'speed', text: ({ share }: { share: number }) => percent(share), textAnchor: 'start', dx: 4, fill: 'currentColor' }),
      Plot.ruleX([0]),
    ],
  });
}

function sizeSection(run: LadderRun, size: LadderSize): Section {
  const rows = size.steps.map((step) => [...cellsOf(run, step), wordsOn(step)]);
  return {
    heading: size.label,
    body: `${stepsChart(run, size)}<p>Bars are labelled with their share of the roofline.</p>${table([...titlesOf(run), ''], rows)}<p>${escapeMarkup(ownLine(run, size))}</p>`,
  };
}

const SIDE_BY_SIDE = 'display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: start'; // below each other where there is no room
const LEFT = 'flex: 1 1 21rem; min-width: 0';
const RIGHT = 'flex: 2 1 28rem; min-width: 0';
const SOURCE = 'white-space: pre; max-height: 32rem; overflow: auto; font-size: .8rem; margin: 0';

function stepSection(run: LadderRun, index: number): Section {
  const { step } = run.sizes[0].steps[index];
  const figures = table(['', ...titlesOf(run).slice(1)], run.sizes.map((size) => [size.label, ...cellsOf(run, size.steps[index]).slice(1)]));
  const [changes, ...reasons] = HEADER.map((title) => `<p><b>${title}.</b> ${escapeMarkup(headerOf(step, title))}</p>`);
  return {
    heading: `${index + 1}. ${nameOf(step)}`,
    body: `<div style="${SIDE_BY_SIDE}"><div style="${LEFT}">${changes}${figures}${reasons.join('')}</div>
<div style="${RIGHT}"><p style="margin-top: 0"><code>${escapeMarkup(step.module.name)}</code></p><pre style="${SOURCE}">${escapeMarkup(step.module.code)}</pre></div></div>`,
  };
}

export function ladderPage(run: LadderRun): string {
  const { ladder, record } = run;
  const device = `<ul>${deviceLines(record).map((line) => `<li>${escapeMarkup(line)}</li>`).join('')}</ul>`;
  return htmlPage(`Ladder: ${ladder.name}`, `${ladder.steps.length} kernels for the op ${ladder.op.name}, each checked against the CPU in float64, then timed in turn`, [
    ...run.sizes.map((size) => sizeSection(run, size)),
    ...ladder.steps.map((_, index) => stepSection(run, index)),
    { heading: 'Device', body: device },
  ]);
}
