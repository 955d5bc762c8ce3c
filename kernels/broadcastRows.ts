import { type Shape, broadcastStrides, collapseAxes } from '../core/shape.js';
import { type Walk, freeWalk, walkWithin } from './runs.js';

/** How an elementwise kernel walks operands that broadcast; see `ROWS` in binary.wgsl. */
export interface BroadcastRows extends Walk {
  /** Of the output, adjacent axes merged; at least one. */
  readonly shape: readonly number[];
  /** Of each operand, axis by axis. */
  readonly strides: readonly (readonly number[])[];
  /** The inner axis is a whole number of runs (or the only one), and each operand has stride 1 or 0 along it. */
  readonly inRows: boolean;
  /** Does the operand change along the inner axis? */
  readonly steps: readonly boolean[];
}

export function broadcastRows(out: Shape, operands: readonly Shape[], variant?: string): BroadcastRows {
  const collapsed = collapseAxes(out, operands.map((operand) => broadcastStrides(operand, out)));
  const { shape, strides } = collapsed.shape.length > 0 ? collapsed : { shape: [1], strides: operands.map(() => [0]) };
  const inner = shape.at(-1)!;
  const innerStrides = strides.map((axes) => axes.at(-1)!);
  const isFlat = shape.length === 1;
  const inRows = (isFlat || inner % 4 === 0) && innerStrides.every((stride) => stride <= 1);
  const walk = isFlat ? freeWalk(variant) : inRows ? walkWithin(inner / 4, variant) : { run: 1, abreast: 1 };
  return { shape, strides, inRows, steps: innerStrides.map((stride) => stride !== 0), ...walk };
}
