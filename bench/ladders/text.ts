import type { RowRecord } from '../record.js';
import { table } from '../table.js';
import { deviceLines, duration, percent, rate, remark } from '../text.js';
import { headerOf, nameOf } from './ladder.js';
import { type LadderRun, type LadderSize, type MeasuredStep, speedIn } from './run.js';

/** 1.5 as `x1.50`. */
export const times = (gain: number | null): string => (gain === null ? '-' : `x${gain.toFixed(2)}`);

/** Time, speed and share of the roofline; dashes for what was not timed. */
function figuresOf({ ladder }: LadderRun, row: RowRecord | null): [string, string, string] {
  if (!row?.figures || !row.speeds) return ['-', '-', '-'];
  return [duration(row.figures.hot.median), rate(speedIn(ladder, row.speeds.hot)), percent(row.speeds.hot.share)];
}

export const titlesOf = ({ ladder }: LadderRun): string[] => ['step', 'hot', ladder.unit, 'gain', 'of roofline'];

export function cellsOf(run: LadderRun, { step, row, gain }: MeasuredStep): string[] {
  const [time, speed, share] = figuresOf(run, row);
  return [nameOf(step), time, speed, times(gain), share];
}

/** What a step changes; or why it has no figures. */
export function wordsOn({ step, row, leftOut }: MeasuredStep): string {
  if (leftOut !== null) return `left out: ${leftOut}`;
  return (row && remark(row)) || headerOf(step, 'Changes');
}

/** The engine's own kernel beside the steps. */
export function ownLine(run: LadderRun, { own, ownGain, fastest }: LadderSize): string {
  const warning = remark(own);
  const variant = own.contact?.variant;
  const kernel = `the engine's own kernel${variant ? ` (${variant})` : ''}`;
  if (!own.figures) return `${kernel}: ${warning}`;
  const [time, speed, share] = figuresOf(run, own);
  const beside = ownGain === null ? '' : `: ${times(ownGain)} beside ${nameOf(fastest!.step)}, the fastest step`;
  return `${kernel}: ${time}, ${speed} ${run.ladder.unit}, ${share} of the roofline${beside}${warning ? ` (${warning})` : ''}`;
}

/** For a terminal: a table for each size. */
export function ladderText(run: LadderRun): string {
  const sizes = run.sizes.flatMap((size) => [
    '', `${run.ladder.name}, ${size.label}`,
    table([titlesOf(run), ...size.steps.map((step) => [...cellsOf(run, step), wordsOn(step)])]),
    ownLine(run, size),
  ]);
  return [...deviceLines(run.record), ...sizes].join('\n');
}
