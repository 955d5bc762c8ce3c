import { escapeMarkup } from '../examples/markup.js';
import { Plot, type Section, chart, htmlPage, table } from '../examples/plot.js';
import { COMPARISON_TITLES, comparisonCells, comparisonLine, compareSides } from './compare.js';
import { OPS_LEGEND, opsTable, opsVerdict } from './peers/ops/report.js';
import type { RowResult } from './peers/ops/race.js';
import type { BenchRecord } from './record.js';
import { COLUMNS, deviceLines, duration, nameOf, percent, rate, remark, summaryLine } from './text.js';

/* The report as one HTML file that needs nothing else: roofline, bandwidth by size, every row. */

const COLORS: Plot.ScaleOptions = { domain: ['compute', 'memory'], range: ['#e15759', '#4e79a7'], legend: true, label: 'bound by' };
/** More names than this would cover each other; the others show theirs under the pointer. */
const MOST_LABELS = 12;
const POWERS = { type: 'log', tickFormat: (value: number) => rate(value), ticks: 6, inset: 8 } as const;

/** One measured row in the charts. */
interface Point {
  readonly name: string;
  /** The row's id at its first side, nothing at the others: they lie close by. */
  readonly label: string;
  readonly title: string;
  /** Operations a byte. */
  readonly intensity: number;
  readonly bytes: number;
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
  readonly share: number;
  readonly bound: string;
}

function pointsOf({ rows }: BenchRecord): Point[] {
  return rows.flatMap((row): Point[] => {
    if (!row.speeds || !row.figures) return [];
    const name = nameOf(row, rows);
    const { gflops, gigabytesPerSecond, share, bound } = row.speeds.hot;
    const title = `${name}\n${duration(row.figures.hot.median)}, ${rate(gflops)} GFLOP/s, ${rate(gigabytesPerSecond)} GB/s, ${percent(share)} of the roofline`;
    const label = rows.find(({ id }) => id === row.id) === row ? row.id : '';
    return [{ name, label, title, intensity: row.flops / row.bytes, bytes: row.bytes, gflops, gigabytesPerSecond, share, bound }];
  });
}

type Axis = 'intensity' | 'bytes' | 'gflops' | 'gigabytesPerSecond';

/** Where `axis` puts points, in pixels, if it is logarithmic and `length` pixels long. */
function placesAlong(points: readonly Point[], axis: Axis, length: number): (point: Point) => number {
  const logs = points.map((point) => Math.log(point[axis]));
  const low = Math.min(...logs);
  return (point) => (length * (Math.log(point[axis]) - low)) / (Math.max(...logs) - low || 1);
}

interface Label {
  readonly point: Point;
  /** On which side of its name the dot is. */
  readonly anchor: 'start' | 'end';
}

/** Names beside their dots, towards the middle; those that would cover others are left out, as the pointer shows them too. */
function labelsOf(points: readonly Point[], x: Axis, y: Axis): Label[] {
  const across = placesAlong(points, x, 800);
  const up = placesAlong(points, y, 280);
  const kept: (Label & { left: number; right: number; height: number })[] = [];
  for (const point of points) {
    const anchor = across(point) > 400 ? 'end' : 'start';
    const width = 6 * point.label.length;
    const left = across(point) - (anchor === 'end' ? width + 12 : 0);
    const box = { point, anchor, left, right: left + width + 12, height: up(point) } as const;
    if (kept.every((other) => box.right < other.left || box.left > other.right || Math.abs(box.height - other.height) > 12)) kept.push(box);
  }
  return kept;
}

function dots(points: readonly Point[], x: 'intensity' | 'bytes', y: 'gflops' | 'gigabytesPerSecond'): Plot.Markish[] {
  const labels = points.length <= MOST_LABELS ? labelsOf(points, x, y) : [];
  const texts = (anchor: Label['anchor']) => Plot.text(labels.filter((label) => label.anchor === anchor).map(({ point }) => point), {
    x, y, text: 'label', dx: anchor === 'start' ? 7 : -7, textAnchor: anchor, fontSize: 10, fill: 'currentColor',
  });
  return [Plot.dot(points, { x, y, fill: 'bound', r: 4, fillOpacity: 0.8, title: 'title' }), texts('start'), texts('end')];
}

/** The names of the copies, those of about one speed together. */
function copyLabels(copies: BenchRecord['roofline']['copies']): { name: string; gigabytesPerSecond: number }[] {
  const labels: { name: string; gigabytesPerSecond: number }[] = [];
  for (const { bytes, gigabytesPerSecond } of [...copies].sort((a, b) => b.gigabytesPerSecond - a.gigabytesPerSecond)) {
    const near = labels.find((label) => label.gigabytesPerSecond < 1.2 * gigabytesPerSecond);
    if (near) near.name += `, ${sizeName(bytes)}`;
    else labels.push({ name: `copy of ${sizeName(bytes)}`, gigabytesPerSecond });
  }
  return labels;
}

/** Operations a second by operations a byte, under what the device can do: copies to the left, multiply-adds to the right. */
function rooflineChart({ roofline: { gflops, copies } }: BenchRecord, points: readonly Point[]): string {
  const computing = points.filter(({ intensity }) => intensity > 0);
  if (computing.length === 0) return '';
  const intensities = computing.map(({ intensity }) => intensity);
  const ridge = gflops / Math.min(...copies.map(({ gigabytesPerSecond }) => gigabytesPerSecond));
  const [low, high] = [Math.min(...intensities) / 2, Math.max(ridge, ...intensities) * 4];
  const roofs = copies.flatMap(({ bytes, gigabytesPerSecond }) => {
    const corner = Math.max(low, gflops / gigabytesPerSecond);
    return [[low, low * gigabytesPerSecond], [corner, gflops], [high, gflops]].map(([x, y]) => ({ x, y: Math.min(y, gflops), size: sizeName(bytes) }));
  });
  return chart({
    width: 960, height: 460, marginLeft: 55, color: COLORS,
    x: { ...POWERS, label: 'flops a byte moved', domain: [low, high] },
    y: { ...POWERS, label: 'GFLOP/s', grid: true },
    marks: [
      Plot.line(roofs, { x: 'x', y: 'y', z: 'size', stroke: 'currentColor', strokeOpacity: 0.6, strokeWidth: 1.2 }),
      Plot.text(copyLabels(copies), {
        x: 4 * low, y: ({ gigabytesPerSecond }) => 4 * low * gigabytesPerSecond, text: 'name',
        textAnchor: 'end', dx: -8, fill: 'currentColor',
      }),
      Plot.text([{ x: high, y: gflops }], { x: 'x', y: 'y', text: () => `${rate(gflops)} GFLOP/s`, textAnchor: 'end', dy: -8, fill: 'currentColor' }),
      ...dots(computing, 'intensity', 'gflops'),
    ],
  });
}

function sizeName(bytes: number): string {
  if (bytes >= 2 ** 20) return `${bytes / 2 ** 20} MiB`;
  return bytes >= 2 ** 10 ? `${bytes / 2 ** 10} KiB` : `${bytes} B`;
}

/** Bytes a second by bytes moved, beside the best copies: where rows that mostly move data stand. */
function bandwidthChart({ roofline: { copies } }: BenchRecord, points: readonly Point[]): string {
  const moving = points.filter(({ bound }) => bound === 'memory');
  if (moving.length === 0) return '';
  const line = copies.map(({ bytes, gigabytesPerSecond }) => ({ bytes: 2 * bytes, gigabytesPerSecond }));
  const sizes = [...line, ...moving].map(({ bytes }) => Math.log2(bytes));
  const powers = Array.from({ length: 31 }, (_, i) => 2 * i).filter((power) => power >= Math.min(...sizes) - 1 && power <= Math.max(...sizes) + 1);
  return chart({
    width: 960, height: 380, marginLeft: 55, color: COLORS,
    x: { ...POWERS, label: 'bytes moved', ticks: powers.map((power) => 2 ** power), tickFormat: sizeName },
    y: { ...POWERS, label: 'GB/s', grid: true },
    marks: [
      Plot.line(line, { x: 'bytes', y: 'gigabytesPerSecond', stroke: 'currentColor', strokeOpacity: 0.6 }),
      Plot.dot(line, { x: 'bytes', y: 'gigabytesPerSecond', stroke: 'currentColor', symbol: 'diamond' }),
      ...dots(moving, 'bytes', 'gigabytesPerSecond'),
    ],
  });
}

/** How near each row comes, the nearest first. */
function sharesChart(points: readonly Point[]): string {
  const longest = Math.max(...points.map(({ name }) => name.length));
  const order = [...points].sort((a, b) => b.share - a.share).map(({ name }) => name);
  return chart({
    width: 960, height: 60 + 15 * points.length, marginLeft: Math.min(480, 20 + 6 * longest), marginRight: 50, color: COLORS,
    x: { label: 'of the roofline', percent: true, grid: true, axis: 'top' },
    y: { label: null, domain: order },
    marks: [
      Plot.barX(points, { y: 'name', x: 'share', fill: 'bound', title: 'title' }),
      Plot.text(points, { y: 'name', x: 'share', text: ({ share }: Point) => percent(share), textAnchor: 'start', dx: 4, fontSize: 10, fill: 'currentColor' }),
      Plot.ruleX([0]),
    ],
  });
}

const NO_BREAK = '\u00a0';

function rowsTable({ rows }: BenchRecord): string {
  return table(
    ['row', ...COLUMNS.map(({ title }) => title), ''],
    rows.map((row) => [nameOf(row, rows), ...COLUMNS.map(({ cell }) => cell(row).replaceAll(' ', NO_BREAK)), remark(row)]),
  );
}

function peersSection(results: readonly RowResult[]): Section {
  const [head, ...body] = opsTable(results);
  return { heading: 'Beside other engines', body: `${table(head, body)}<p>${escapeMarkup(OPS_LEGEND)}</p>${list(opsVerdict(results))}` };
}

const list = (lines: readonly string[]) => `<ul>${lines.map((text) => `<li>${escapeMarkup(text)}</li>`).join('')}</ul>`;

export function html(record: BenchRecord): string {
  const points = pointsOf(record);
  const comparisons = compareSides(record, 'hot');
  const probes = record.roofline.probes.map(({ id, microseconds, gflops, gigabytesPerSecond }) => [id, duration(microseconds), rate(gflops), rate(gigabytesPerSecond)]);
  const sections: Section[] = [
    { heading: 'Device', body: list(deviceLines(record)) },
    {
      heading: 'Roofline',
      body: `<p>Each dot is a row on hot buffers; lines are what probes reached on this device. Rows without floating-point work stand in the next chart.</p>${rooflineChart(record, points)}`,
    },
    { heading: 'Bandwidth', body: `<p>Rows that are bound by memory. Diamonds: the best copies, reads and writes counted.</p>${bandwidthChart(record, points)}` },
    ...(comparisons.length > 0
      ? [{
          heading: 'In turn',
          body: table(['row', ...COMPARISON_TITLES], comparisons.map(comparisonCells)) + `<p>${escapeMarkup(comparisonLine(comparisons))}</p>`,
        }]
      : []),
    ...(record.peers ? [peersSection(record.peers.rows)] : []),
    { heading: 'Rows', body: rowsTable(record) + list(COLUMNS.map(({ title, meaning }) => `${title}: ${meaning}`)) },
    { heading: 'Share of the roofline', body: points.length > 0 ? sharesChart(points) : '' },
    { heading: 'Probes at the start', body: table(['probe', 'time', 'GFLOP/s', 'GB/s'], probes) },
  ];
  return htmlPage('Kernel bench', summaryLine(record), sections);
}
