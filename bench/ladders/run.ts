import type { BenchShape } from '../../core/samples.js';
import type { BenchRecord, RowRecord, Speed } from '../record.js';
import { type Row, callOf, rowOf } from '../rows.js';
import { type Ladder, type Step, leftOut, stepRow } from './ladder.js';

/** A ladder, measured. */
export interface LadderRun {
  readonly ladder: Ladder;
  /** All of it, as any run of the bench is recorded. */
  readonly record: BenchRecord;
  readonly sizes: readonly LadderSize[];
}

export interface LadderSize {
  readonly label: string;
  readonly steps: readonly MeasuredStep[];
  /** The engine's own kernel. */
  readonly own: RowRecord;
  /** How much faster it is than the fastest step; null if either has no figure. */
  readonly ownGain: number | null;
  readonly fastest: MeasuredStep | null;
}

export interface MeasuredStep {
  readonly step: Step;
  /** Null for a step that is left out. */
  readonly row: RowRecord | null;
  readonly leftOut: string | null;
  /** How much faster it is than the last step before it that was measured; null if there is none, or it was not measured. */
  readonly gain: number | null;
}

/** The rows of a run: at each size the steps that this device can take, then the engine's own kernel. */
export function rowsOf(ladder: Ladder, shapes: readonly BenchShape[], features: ReadonlySet<string>): Row[] {
  return shapes.flatMap((shape) => [
    ...ladder.steps.map((step) => ({ step, row: stepRow(ladder, step, shape) })).filter(({ step, row }) => leftOut(step, features, callOf(row)) === null).map(({ row }) => row),
    rowOf(ladder.op, shape),
  ]);
}

/** The median time on the device; null for what was not timed. */
const timeOf = (row: RowRecord | null): number | null => row?.figures?.hot.median ?? null;

const ratio = (before: number | null, after: number | null): number | null => (before === null || after === null ? null : before / after);

export function stepsAt(ladder: Ladder, shape: BenchShape, { rows }: BenchRecord, features: ReadonlySet<string>): LadderSize {
  let before: number | null = null;
  const steps = ladder.steps.map((step): MeasuredStep => {
    const { id, ...row } = stepRow(ladder, step, shape);
    const found = rows.find((candidate) => candidate.id === id) ?? null;
    const time = timeOf(found);
    const gain = ratio(before, time);
    before = time ?? before;
    return { step, row: found, leftOut: leftOut(step, features, callOf({ id, ...row })), gain };
  });
  const timed = steps.filter(({ row }) => timeOf(row) !== null);
  const fastest = timed.length > 0 ? timed.reduce((best, step) => (timeOf(step.row)! < timeOf(best.row)! ? step : best)) : null;
  const own = rows.find(({ id }) => id === rowOf(ladder.op, shape).id)!;
  return { label: shape.label, steps, own, fastest, ownGain: ratio(timeOf(fastest?.row ?? null), timeOf(own)) };
}

export function speedIn({ unit }: Pick<Ladder, 'unit'>, { gflops, gigabytesPerSecond }: Speed): number {
  return unit === 'GFLOP/s' ? gflops : gigabytesPerSecond;
}
