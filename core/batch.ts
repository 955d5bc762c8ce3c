import type { TypedArray } from './dtype.js';
import type { Shape } from './shape.js';

/*
 * What lies between data and training: a loader yields batches on the host, a training loop uploads them.
 */

/** Values on the host, row-major. The kind of `data` is the dtype; `tensor(data, shape)` uploads them. */
export interface HostArray {
  readonly data: TypedArray;
  readonly shape: Shape;
}

/** One batch: what the model's `forward` takes, in its order, and what the loss compares its output with. */
export interface Batch {
  readonly inputs: readonly HostArray[];
  readonly targets: readonly HostArray[];
  /** Examples in it, by which losses are averaged. Default: the first extent of the first input. */
  readonly size?: number;
}

/** Where batches come from; `DataLoader` is one. */
export interface BatchSource {
  /** Examples in an epoch. */
  readonly length: number;
  /** Batches in an epoch. */
  readonly batchCount: number;
  /** The batches of one epoch, from batch `start` on. What they hold depends on nothing but the source's seed and `epoch`. */
  batches(epoch: number, start?: number): Iterable<Batch>;
}

/** Examples in a batch. */
export function batchSize({ size, inputs }: Batch): number {
  return size ?? inputs[0].shape[0];
}
