import { writeFileSync } from 'node:fs';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { PNG } from 'pngjs';
import { escapeMarkup } from './markup.js';

/* Charts, pages and pictures that examples and bench leave behind: files that need nothing else to be looked at. */

export { Plot };

/** A chart as HTML, drawn by Observable Plot; `options` are those of `Plot.plot`. */
export function chart(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>');
  return Plot.plot({ document: document as unknown as Document, style: { background: 'none' }, ...options }).outerHTML;
}

/** Ticks of a logarithmic axis: 0.5, 20, 3K; left alone, Plot writes 0.5 as 500m. */
const logTick = (value: number) => value.toLocaleString('en', { notation: 'compact', maximumSignificantDigits: 3 });

export interface LineChartOptions {
  /** Names of the axes, with their units. */
  x: string;
  y: string;
  /** Logarithmic axes. */
  logX?: boolean;
  logY?: boolean;
  width?: number;
  height?: number;
}

/** One line a series, over its index or over [x, y] pairs (x a number or a date), with a legend. Values that are not finite leave a gap. */
export function lineChart(
  series: Readonly<Record<string, ArrayLike<number | readonly [number | Date, number]>>>,
  { x, y, logX = false, logY = false, width = 720, height = 320 }: LineChartOptions,
): string {
  const points = Object.entries(series).flatMap(([name, values]) =>
    Array.from(values, (value, i) => {
      const [at, height] = typeof value === 'number' ? [i + 1, value] : value;
      return { name, x: at, y: Number.isFinite(height) ? height : null };
    }));
  const lengths = Object.values(series).map((values) => (typeof values[0] === 'number' ? values.length : Infinity));
  const longest = Math.max(...lengths);
  const few = longest <= 10 ? { ticks: Math.max(1, longest - 1), tickFormat: String } : {}; // there is no epoch 1.5
  return chart({
    width,
    height,
    color: { legend: Object.keys(series).length > 1, domain: Object.keys(series) },
    x: { label: x, ...few, ...(logX && { type: 'log', tickFormat: logTick }) },
    y: { label: y, ...(logY && { type: 'log', tickFormat: logTick }), grid: true },
    marks: [
      Plot.lineY(points, { x: 'x', y: 'y', z: 'name', stroke: 'name', strokeWidth: 1.5 }),
      ...(longest === 1 ? [Plot.dot(points, { x: 'x', y: 'y', fill: 'name' })] : []), // a line of one point is not seen
    ],
  });
}

/** Straight RGB, three bytes a pixel, row by row from the top. */
export interface Picture {
  width: number;
  height: number;
  rgb: Uint8Array | Uint8ClampedArray;
}

function encodePng({ width, height, rgb }: Picture): Buffer {
  const png = new PNG({ width, height });
  for (let pixel = 0; pixel < width * height; pixel++) {
    png.data.set(rgb.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
    png.data[4 * pixel + 3] = 255;
  }
  return PNG.sync.write(png);
}

/** Writes a picture as a PNG file. */
export function writePng(file: string, picture: Picture): void {
  writeFileSync(file, encodePng(picture));
}

/** A picture inside a page, each pixel `scale` wide. */
export function image(picture: Picture, alt: string, scale = 1): string {
  const source = `data:image/png;base64,${encodePng(picture).toString('base64')}`;
  const { width, height } = picture;
  return `<img src="${source}" alt="${escapeMarkup(alt)}" width="${width * scale}" height="${height * scale}" style="image-rendering: pixelated">`;
}

/** `images` (grey, values from 0 black to 1 white, all of one size) side by side in rows of `columns`, a dark line between them. */
export function contactSheet(images: readonly ArrayLike<number>[], width: number, height: number, columns: number): Picture {
  const rows = Math.ceil(images.length / columns);
  const [fullWidth, fullHeight] = [columns * (width + 1) + 1, rows * (height + 1) + 1];
  const rgb = new Uint8ClampedArray(3 * fullWidth * fullHeight).fill(40);
  images.forEach((values, k) => {
    const [left, top] = [(k % columns) * (width + 1) + 1, Math.floor(k / columns) * (height + 1) + 1];
    for (let i = 0; i < width * height; i++) {
      const at = (top + Math.floor(i / width)) * fullWidth + left + (i % width);
      rgb.fill(255 * values[i], 3 * at, 3 * at + 3);
    }
  });
  return { width: fullWidth, height: fullHeight, rgb };
}

/** Figures in a row, each under its caption; rows break where the window ends. */
export function sideBySide(figures: Readonly<Record<string, string>>): string {
  const each = Object.entries(figures).map(([caption, body]) => `<figure><figcaption>${escapeMarkup(caption)}</figcaption>${body}</figure>`);
  return `<div class="row">${each.join('')}</div>`;
}

export interface Section {
  heading: string;
  /** HTML: charts, tables, images, paragraphs. */
  body: string;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8884; --faint: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.subtitle { opacity: .75; margin-top: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: baseline; }
.figure { text-align: right; white-space: nowrap; }
@media (max-width: 45rem) { td:not(.figure, :first-child) { min-width: 10rem; } }
tbody tr:hover { background: var(--faint); }
pre { background: var(--faint); padding: .8rem; overflow-x: auto; white-space: pre-wrap; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; } svg { max-width: 100%; height: auto; } img { max-width: 100%; }`;

/** 12, -0.5, x1.2, 3.4 ms, 56 %, or nothing. */
const isFigure = (cell: string | number) => typeof cell === 'number' || /^([-+x]?[\d.]+\S*([\s\u00a0]\S{1,4})?|-)?$/.test(cell);

/** A table; cells are text, not HTML. Columns of figures are aligned on the right; the first one names the rows. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const figures = head.map((_, column) => column > 0 && rows.every((row) => isFigure(row[column] ?? '')));
  const line = (tag: 'th' | 'td', cells: readonly (string | number)[]) =>
    `<tr>${cells.map((cell, column) => `<${tag}${figures[column] ? ' class="figure"' : ''}>${escapeMarkup(String(cell))}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table><thead>${line('th', head)}</thead><tbody>${rows.map((row) => line('td', row)).join('\n')}</tbody></table></div>`;
}

/** One self-contained HTML file: it loads nothing, and follows the reader's light or dark setting. */
export function htmlPage(title: string, subtitle: string, sections: readonly Section[]): string {
  const parts = sections.map(({ heading, body }) => `<section><h2>${escapeMarkup(heading)}</h2>\n${body}</section>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeMarkup(title)}</h1><p class="subtitle">${escapeMarkup(subtitle)}</p>
${parts.join('\n')}
</body></html>
`;
}
