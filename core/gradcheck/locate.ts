import { dot, extrapolate, oneHot } from './numeric.js';
import type { Objective } from './objective.js';
import { type Column, type Slope, elementColumn, sampleAlong } from './slopes.js';
import { type JacobianBlock, windowAround } from './text.js';

/** What is compared along `column` at the point of `of`: the slope of <outputs, upstream>. */
async function remeasure(objective: Objective, upstream: Float64Array, of: Slope, gradient: Float64Array, column: Column): Promise<Slope> {
  const samples = await sampleAlong(objective, of.point, column, of.step);
  const numeric = extrapolate(samples.map((values) => dot(values, upstream)), of.step);
  return { ...of, ...numeric, column, analytic: dot(gradient, column.direction) };
}

/** The element behind a difference along a random direction: the half that holds more of it is halved again. */
export async function locateElement(objective: Objective, upstream: Float64Array, along: Slope): Promise<Slope> {
  const { input, direction } = along.column;
  const [gradients] = await objective.gradients(along.point, [upstream]);
  const gradient = gradients[input]!;
  let difference = along.analytic - along.slope;
  let [start, end] = [0, direction.length];
  while (end - start > 1) {
    const middle = (start + end) >> 1;
    const half = { ...along.column, direction: direction.map((d, i) => (i >= start && i < middle ? d : 0)) };
    const { analytic, slope } = await remeasure(objective, upstream, along, gradient, half);
    const inHalf = analytic - slope;
    const isThere = Math.abs(inHalf) >= Math.abs(difference - inHalf) || Number.isNaN(inHalf);
    difference = isThere ? inHalf : difference - inHalf;
    if (isThere) end = middle;
    else start = middle;
  }
  return remeasure(objective, upstream, along, gradient, elementColumn(input, start, along.point[input]!));
}

/** With more outputs than this, those of which the tape is asked are chosen by the numeric side alone. */
const ROWS_SEARCHED = 64;

function indexOfLargest(values: readonly number[]): number {
  const sizeOf = (value: number) => (Number.isNaN(value) ? Infinity : Math.abs(value));
  return values.reduce((largest, value, i) => (sizeOf(value) > sizeOf(values[largest]) ? i : largest), 0);
}

/** The block around `slope`; where that is of all outputs together, around the output that differs most. */
export async function blockAround(objective: Objective, slope: Slope, output: number | null): Promise<JacobianBlock> {
  const { input, index } = slope.column;
  const values = slope.point[input]!;
  const columns = windowAround(index, values.length);
  const numeric: Float64Array[] = [];
  for (const column of columns) {
    const samples = await sampleAlong(objective, slope.point, elementColumn(input, column, values), slope.step);
    numeric.push(samples[0].map((_, row) => extrapolate(samples.map((sample) => sample[row]), slope.step).slope));
  }
  const count = numeric[0].length;
  const here = numeric[columns.indexOf(index)];
  const analyticOf = async (rows: readonly number[]) =>
    (await objective.gradients(slope.point, rows.map((row) => oneHot(count, row)))).map((gradients) => gradients[input]!);

  let centre = output;
  if (centre === null && count <= ROWS_SEARCHED) {
    const column = (await analyticOf([...here.keys()])).map((gradient) => gradient[index]);
    centre = indexOfLargest(column.map((analytic, row) => analytic - here[row]));
  }
  const rows = windowAround(centre ?? indexOfLargest([...here]), count);
  return {
    rows,
    columns,
    analytic: (await analyticOf(rows)).map((gradient) => columns.map((column) => gradient[column])),
    numeric: rows.map((row) => numeric.map((column) => column[row])),
  };
}
