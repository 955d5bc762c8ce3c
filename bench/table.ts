/** Columns as wide as their widest cell; the first is flush left, the others flush right. Rows may run on past the first. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column] ?? 0))).join('  ');
  return rows.map(line).join('\n');
}

export const rowsInWords = (count: number) => `${count} ${count === 1 ? 'row' : 'rows'}`;
