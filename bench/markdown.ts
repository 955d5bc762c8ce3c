import type { BenchRecord } from './record.js';
import { COLUMNS, deviceLines, nameOf, remark, summaryLine } from './text.js';

const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** The report for a repository or a pull request. */
export function markdown(record: BenchRecord): string {
  const remarks = record.rows.some((row) => remark(row) !== '');
  const titles = ['row', ...COLUMNS.map(({ title }) => title), ...(remarks ? ['remark'] : [])];
  const rows = record.rows.map((row) => [nameOf(row, record.rows), ...COLUMNS.map(({ cell }) => cell(row)), ...(remarks ? [remark(row)] : [])]);
  return [
    '# Kernel bench', '', ...deviceLines(record).map((text) => `- ${text}`), '',
    line(titles), line(titles.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line), '',
    summaryLine(record), '', ...COLUMNS.map(({ title, meaning }) => `- **${title}**: ${meaning}`), '',
  ].join('\n');
}
