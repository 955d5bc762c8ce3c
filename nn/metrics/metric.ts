import type { HostArray } from '../../core/batch.js';

/**
 * A figure over many batches, on host numbers: `reset()`, then `update()` with each batch, then `compute()`. All that a
 * metric remembers is a list of sums, so that a checkpoint can keep it.
 */
export abstract class Metric<Value = number> {
  /** What was counted since `reset()`. */
  readonly sums: Float64Array;

  constructor(sums: number) {
    this.sums = new Float64Array(sums);
  }

  /** Counts one batch: what the model gave, and what was wanted. */
  abstract update(output: HostArray, target: HostArray): void;

  /** The figure over all batches since `reset()`; NaN (or 0 where documented) if there were none. */
  abstract compute(): Value;

  reset(): void {
    this.sums.fill(0);
  }
}
