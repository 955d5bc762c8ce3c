import { plot } from 'asciichart';

/* What a person sees when the network has been trained. */

export const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

/** The loss of every step as a curve, averaged down to the width of a terminal. */
export function lossCurve(losses: readonly number[], width = 72): string {
  if (losses.length < 2) return '';
  const points = Math.min(width, losses.length);
  const means = Array.from({ length: points }, (_, i) => {
    const window = losses.slice(Math.floor((i * losses.length) / points), Math.floor(((i + 1) * losses.length) / points));
    return window.reduce((sum, loss) => sum + loss, 0) / window.length;
  });
  return `training loss by step\n${plot(means, { height: 10 })}`;
}

/** Rows: the digit shown. Columns: the digit read. */
export function confusionTable(counts: readonly (readonly number[])[]): string {
  const cell = (text: string | number) => String(text).padStart(6);
  const header = `shown ${counts.map((_, digit) => cell(digit)).join('')}   right`;
  const rows = counts.map((row, digit) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count) => cell(count === 0 ? '.' : count)).join('');
    return `${cell(digit)}${cells}   ${total > 0 ? percent(row[digit] / total) : '-'}`;
  });
  return ['confusion matrix (columns: read as)', header, ...rows].join('\n');
}
