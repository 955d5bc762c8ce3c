import type { Shape } from '../../core/shape.js';
import { rowsOf } from '../rows.js';

/** Settings of the cross-entropy of class scores and class numbers. */
export interface CrossEntropyAttrs {
  /** A target of this value counts for nothing. */
  ignoreIndex: number;
  /** This share of each target is spread evenly over all classes. */
  labelSmoothing: number;
}

/** Logits as [batch, classes, inner]: sample i has its class c at logits[start(i) + c * inner]. */
export function samplesOf(logits: Shape): { samples: number; classes: number; inner: number } {
  const { rows, length, inner } = rowsOf(logits, 1);
  return { samples: rows, classes: length, inner };
}
