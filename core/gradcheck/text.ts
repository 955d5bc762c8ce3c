import type { Shape } from '../shape.js';

/** A window of the Jacobian: flat indices of outputs (rows) and of elements of one input (columns), and what stands there. */
export interface JacobianBlock {
  rows: readonly number[];
  columns: readonly number[];
  analytic: readonly (readonly number[])[];
  numeric: readonly (readonly number[])[];
}

/** The multi-index of flat index `index`. */
export function positionOf(index: number, shape: Shape): number[] {
  const position: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    position.unshift(index % shape[axis]);
    index = Math.floor(index / shape[axis]);
  }
  return position;
}

/** Which output a flat index over all outputs falls into, and where there. */
export function outputAt(index: number, shapes: readonly Shape[]): { index: number; position: number[] } {
  for (const [output, shape] of shapes.entries()) {
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (index < size) return { index: output, position: positionOf(index, shape) };
    index -= size;
  }
  throw new RangeError('index is past the last output');
}

/** Up to four neighbours of an index, itself among them. */
export function windowAround(centre: number, length: number): number[] {
  const size = Math.min(4, length);
  const start = Math.max(0, Math.min(centre - 1, length - size));
  return Array.from({ length: size }, (_, i) => start + i);
}

/** [1, 2], or nothing for a scalar. */
export function brackets(position: readonly number[]): string {
  return position.length > 0 ? `[${position.join(', ')}]` : '';
}

/** Six digits unless told otherwise, without trailing zeros. */
export function show(value: number, digits = 6): string {
  return String(Number(value.toPrecision(digits)));
}

/** How many digits, six at least, tell two values apart. */
export function digitsApart(a: number, b: number): number {
  let digits = 6;
  while (digits < 17 && a.toPrecision(digits) === b.toPrecision(digits)) digits++;
  return digits;
}

/** Two digits. */
export function rough(value: number): string {
  return Math.abs(value) >= 1e6 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}

/** `name   value` lines, names padded to the same width. */
export function table(rows: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

/** Both Jacobians side by side, rows and columns named. */
export function showBlock(block: JacobianBlock, inputShape: Shape, outputShapes: readonly Shape[], digits: number): string {
  const heads = block.columns.map((column) => brackets(positionOf(column, inputShape)) || 'all');
  const names = block.rows.map((row) => {
    const { index, position } = outputAt(row, outputShapes);
    return `${outputShapes.length > 1 ? `${index}:` : ''}${brackets(position) || 'out'}`;
  });
  const cells = [block.analytic, block.numeric].map((side) => side.map((row) => row.map((value) => show(value, digits))));
  const width = Math.max(...[...heads, ...cells.flat(2)].map((cell) => cell.length));
  const padded = (row: readonly string[]) => row.map((cell) => cell.padStart(width)).join(' ');
  const nameWidth = Math.max(...names.map((name) => name.length));
  const line = (name: string, left: readonly string[], right: readonly string[]) =>
    `    ${name.padEnd(nameWidth)} ${padded(left)} | ${padded(right)}`;
  return [line('', heads, heads), ...names.map((name, i) => line(name, cells[0][i], cells[1][i]))].join('\n');
}
