import { type Row, callOf, costOf } from './rows.js';
import { rowsInWords, table } from './table.js';

/** `--list`: the rows, without measuring any. */
export function listText(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const { flops, bytes } = costOf(row);
    const inputs = callOf(row).inputs.map(({ shape, dtype }) => `${dtype === 'float32' ? '' : dtype}[${shape}]`);
    const axes = Object.entries(row.shape.axes ?? {}).map(([name, value]) => `${name}=${value}`);
    const variants = row.op.variants?.names ?? [];
    return [row.id, (flops / 1e6).toPrecision(3), (bytes / 1e6).toPrecision(3), axes.join(' ') || '-', variants.join(' ') || '-', shorten(inputs)];
  });
  return `${table([['row', 'Mflop', 'MB', 'axes', 'variants', 'inputs'], ...lines])}\n${rowsInWords(rows.length)}`;
}

/** The first few of a list in words. */
function shorten(words: readonly string[], most = 4): string {
  return words.length > most ? `${words.slice(0, most - 1).join(' ')} ... ${words.length} in all` : words.join(' ');
}
