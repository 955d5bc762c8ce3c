import { opsTable, opsVerdict } from './peers/ops/report.js';
import type { BenchRecord } from './record.js';
import { COLUMNS, deviceLines, nameOf, remark, summaryLine } from './text.js';

const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

const alignment = (_title: string, column: number) => (column === 0 ? '---' : '---:');

/** The report for a repository or a pull request. */
export function markdown(record: BenchRecord): string {
  const remarks = record.rows.some((row) => remark(row) !== '');
  const titles = ['row', ...COLUMNS.map(({ title }) => title), ...(remarks ? ['remark'] : [])];
  const rows = record.rows.map((row) => [nameOf(row, record.rows), ...COLUMNS.map(({ cell }) => cell(row)), ...(remarks ? [remark(row)] : [])]);
  const [head, ...body] = record.peers ? opsTable(record.peers.rows) : [];
  const peers = record.peers ? ['## Beside other engines', '', line(head), line(head.map(alignment)), ...body.map(line), '', ...opsVerdict(record.peers.rows).map((text) => `- ${text}`), ''] : [];
  return [
    '# Kernel bench', '', ...deviceLines(record).map((text) => `- ${text}`), '',
    line(titles), line(titles.map(alignment)), ...rows.map(line), '',
    summaryLine(record), '', ...COLUMNS.map(({ title, meaning }) => `- **${title}**: ${meaning}`), '', ...peers,
  ].join('\n');
}
