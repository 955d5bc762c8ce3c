import { escapeMarkup } from '../../../examples/markup.js';

/** Lower bounds of the bins, as powers of ten; the last holds what is above the tolerance. */
const BINS = [-Infinity, -6, -5, -4, -3, -2, -1.5, -1, -0.75, -0.5, -0.25, 0];

const WIDTH = 40;
const HEIGHT = 80;
const BASE = HEIGHT + 14;

function labelOf(bin: number): string {
  if (bin === BINS.length - 1) return '&gt; 1';
  const limit = BINS[bin + 1];
  return limit < -3 ? `1e${limit}` : String(Number((10 ** limit).toPrecision(1)));
}

/** How many checks along an axis are how far from their tolerance (error over tolerance), logarithmic, as a card. */
export function histogram(axis: string, ratios: readonly number[]): string {
  const last = BINS.length - 1;
  const counts = BINS.map((low, i) => ratios.filter((value) => {
    const exponent = value > 0 ? Math.log10(value) : -Infinity;
    return (i === 0 || exponent > low) && (i === last || exponent <= BINS[i + 1]);
  }).length);
  const highest = Math.max(...counts);
  const bars = counts.map((count, i) => {
    const height = (HEIGHT * count) / highest;
    const middle = (i + 0.5) * WIDTH;
    return `<rect x="${i * WIDTH + 3}" y="${BASE - height}" width="${WIDTH - 6}" height="${height}" rx="2" fill="var(--${i === last ? 'over' : 'bar'})"/>` +
      `<text x="${middle}" y="${BASE - 4 - height}" text-anchor="middle">${count || ''}</text><text x="${middle}" y="${BASE + 13}" text-anchor="middle">${labelOf(i)}</text>`;
  });
  const limit = last * WIDTH;
  return `<div class="card"><h3>${escapeMarkup(axis)}</h3><svg viewBox="0 0 ${BINS.length * WIDTH} ${BASE + 18}" role="img" aria-label="errors of ${escapeMarkup(axis)}">` +
    `<line x1="${limit}" x2="${limit}" y1="4" y2="${BASE}" stroke="var(--over)" stroke-dasharray="3 3"/>` +
    `<line x1="0" x2="${BINS.length * WIDTH}" y1="${BASE}" y2="${BASE}" stroke="var(--line)"/>${bars.join('')}</svg></div>`;
}
