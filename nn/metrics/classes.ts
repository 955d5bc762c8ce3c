import type { HostArray } from '../../core/batch.js';
import { ShapeError, TapegradError } from '../../core/errors.js';
import { sameShape, sizeOf } from '../../core/shape.js';

/** How a metric reads classes out of what a model gives. */
export interface ClassOptions {
  /** Targets of this class count for nothing. Default -100, as in `crossEntropy`. */
  ignoreIndex?: number;
  /** For one score a target: above it is class 1. Default 0.5, for probabilities; 0 for logits. */
  threshold?: number;
}

export const CLASS_DEFAULTS = { ignoreIndex: -100, threshold: 0.5 };

/** Scores [n, classes, ...] and class numbers [n, ...]: where the scores of example i, position j lie. */
export interface ScoreLayout {
  classes: number;
  /** Positions behind the class axis: score c of target t is at (t div inner * classes + c) * inner + t mod inner. */
  inner: number;
}

/** The layout of `output` if it has one score a class for each element of `target`, else null. */
export function scoreLayout(output: HostArray, target: HostArray): ScoreLayout | null {
  const [n, classes, ...rest] = output.shape;
  if (output.shape.length !== target.shape.length + 1 || !sameShape(target.shape, [n, ...rest])) return null;
  return { classes, inner: sizeOf(rest) };
}

/** Where the first score of the class axis of target `t` lies; the next class is `inner` further. */
export function firstScore(t: number, { classes, inner }: ScoreLayout): number {
  return Math.floor(t / inner) * classes * inner + (t % inner);
}

/** Calls `visit` with each target that is not ignored: its class, and its place. Throws for one that is no class number. */
export function forEachTarget(metric: string, target: HostArray, ignoreIndex: number, visit: (label: number, place: number) => void): void {
  for (let t = 0; t < target.data.length; t++) {
    const label = target.data[t];
    if (label === ignoreIndex) continue;
    if (!Number.isInteger(label) || label < 0) throw new TapegradError(`${metric}: target ${label} at ${t} is not a class number`);
    visit(label, t);
  }
}

function largest(metric: string, data: ArrayLike<number>, first: number, { classes, inner }: ScoreLayout): number {
  let best = 0;
  for (let c = 0; c < classes; c++) {
    const score = data[first + c * inner];
    if (Number.isNaN(score)) throw new TapegradError(`${metric}: the output is NaN at ${first + c * inner}`);
    if (score > data[first + best * inner]) best = c;
  }
  return best;
}

/**
 * The class that the output stands for, for each target: the largest of [n, classes, ...] scores (the first of equal ones),
 * an int32 class number itself, or, for one score a target ([n, 1, ...] too), whether it is above `threshold`.
 */
export function predictedClasses(metric: string, output: HostArray, target: HostArray, { threshold }: Required<ClassOptions>): Int32Array {
  const layout = scoreLayout(output, target);
  if (layout && layout.classes > 1) return Int32Array.from(target.data, (_, t) => largest(metric, output.data, firstScore(t, layout), layout));
  if (output.data.length !== target.data.length) {
    throw new ShapeError(`${metric}: output [${output.shape}] does not fit target [${target.shape}]: give scores [n, classes, ...] or one value a target`);
  }
  if (output.data instanceof Int32Array) return output.data;
  return Int32Array.from(output.data, (score, i) => {
    if (Number.isNaN(score)) throw new TapegradError(`${metric}: the output is NaN at ${i}`);
    return score > threshold ? 1 : 0;
  });
}
