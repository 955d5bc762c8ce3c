import { FormatError } from '../core/errors.js';
import { readWhole } from './files.js';

/** A table of text cells. */
export interface Table {
  /** Where it came from; named in errors. */
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Parses comma-separated values (RFC 4180): a header row, then one row a line; cells may be quoted, and quoted cells hold commas,
 * line breaks and doubled quotes. An empty line is left out, or, where there is one column, is an empty cell. Throws FormatError for a
 * quote that stays open and for rows of another length.
 */
export function parseCsv(text: string, file: string): Table {
  /** `at` counts UTF-16 units, as strings do; the error counts bytes. */
  const fail = (at: number, expected: string, found: string): never => {
    throw new FormatError({ file, offset: new TextEncoder().encode(text.slice(0, at)).length, expected, found });
  };
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  while (at < text.length) {
    const begin = at;
    let cell = '';
    if (text[at] === '"') {
      let end = at + 1;
      for (;;) {
        const quote = text.indexOf('"', end);
        if (quote === -1) fail(begin, 'a closing quote', 'the end of the file');
        cell += text.slice(end, quote);
        end = quote + 1;
        if (text[end] !== '"') break;
        cell += '"';
        end++;
      }
      at = end;
      if (at < text.length && !/[,\r\n]/.test(text[at])) {
        fail(at, 'a comma or the end of the line after a quoted cell', JSON.stringify(text[at]));
      }
    } else {
      while (at < text.length && !/[,\r\n]/.test(text[at])) at++;
      cell = text.slice(begin, at);
    }
    row.push(cell);
    if (text[at] === ',') {
      at++;
      if (at < text.length) continue;
      row.push('');
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    const width = rows[0]?.length;
    if (row.length > 1 || row[0] !== '' || width === 1) {
      if (width !== undefined && row.length !== width) fail(begin, `${width} cells in row ${rows.length}`, String(row.length));
      rows.push(row);
    }
    row = [];
  }
  if (rows.length === 0) throw new FormatError({ file, offset: 0, expected: 'a header row', found: 'an empty file' });
  const [columns, ...rest] = rows;
  return { file, columns, rows: rest };
}

/** Reads a CSV file in UTF-8. */
export async function readCsv(path: string): Promise<Table> {
  return parseCsv((await readWhole(path)).toString('utf8'), path);
}

/** One column as numbers; an empty cell is NaN. Throws FormatError for a cell that is no number, and for a column that is not there. */
export function numbersOf({ file, columns, rows }: Table, column: string): Float64Array {
  const index = columns.indexOf(column);
  if (index === -1) throw new FormatError({ file, offset: 0, expected: `a column ${column}`, found: columns.join(', ') });
  return Float64Array.from(rows, (row, i) => {
    const text = row[index].trim();
    const value = text === '' ? NaN : Number(text);
    if (text !== '' && Number.isNaN(value)) {
      throw new FormatError({ file, offset: 0, expected: `a number in column ${column}, row ${i + 1}`, found: JSON.stringify(text) });
    }
    return value;
  });
}

/** The columns side by side, [rows, columns] row-major, in float32. */
export function matrixOf(table: Table, columns: readonly string[]): Float32Array {
  const values = columns.map((column) => numbersOf(table, column));
  const matrix = new Float32Array(table.rows.length * columns.length);
  values.forEach((column, j) => column.forEach((value, i) => (matrix[i * columns.length + j] = value)));
  return matrix;
}
