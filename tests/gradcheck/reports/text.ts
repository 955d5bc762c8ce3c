import { AXES } from '../axes.js';
import { totalsText } from '../mutantReport.js';
import type { Row } from '../runChecks.js';
import { type Cell, type Report, matrixOf, ratioText, reasonsOf, reproduce, totalsOf } from './report.js';

/** The report as text: a line an op, with the number of checks along each axis; then reasons, failures, totals. */
export function reportText(report: Report): string {
  const lines = matrixOf(report);
  const header = ['op', ...AXES.map(({ name }) => name), 'worst', 'seconds'];
  const cellText = ({ planned, rows, reason }: Cell) => {
    if (planned === 0) return reason === null ? 'MISSING' : '.';
    const failed = rows.filter((row) => row.verdict === 'FAIL').length;
    const made = rows.length === planned ? String(planned) : `${rows.length}/${planned}`;
    return failed > 0 ? `${made} (${failed} FAIL)` : made;
  };
  const table = [header, ...lines.map(({ op, cells, rows, worst }) => [
    op, ...cells.map(cellText), ratioText(worst), (rows.reduce((sum, row) => sum + row.milliseconds, 0) / 1000).toFixed(1),
  ])];
  const widths = header.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const text = table.map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '));

  const { checks, planned, failed, unchecked, missing, survivors } = totalsOf(report);
  const { mutants } = report;
  const reasons = reasonsOf(lines).flatMap(([reason, where]) => [`  ${reason}`, ...where.map((line) => `    ${line}`)]);
  const show = (row: Row) => [
    `${row.verdict} ${row.op}, ${row.axis} (${row.label}): ${row.message}`,
    ...(row.details ? [row.details] : []),
    `  again: ${reproduce(row, report.options)}`,
  ];
  return [
    ...text,
    '',
    ...(reasons.length > 0 ? ['Empty cells (.) and why:', ...reasons, ''] : []),
    ...[...failed, ...unchecked].flatMap(show),
    ...missing.map((cell) => `MISSING ${cell}: no check and no reason`),
    ...(mutants ? [totalsText('backward mutants', mutants.summary.vjp), totalsText('WGSL mutants', mutants.summary.wgsl)] : []),
    ...survivors.map(({ where, what }) => `SURVIVED ${where}: ${what}`),
    `${checks}${checks < planned ? ` of ${planned}` : ''} checks: ${checks - failed.length - unchecked.length} PASS, ${failed.length} FAIL, ` +
      `${unchecked.length} UNCHECKED${missing.length > 0 ? `, ${missing.length} cells MISSING` : ''}`,
  ].join('\n');
}
