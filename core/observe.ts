import type { Op } from './op.js';
import { requireFunction } from './options.js';
import type { Tensor } from './tensor.js';

/** Sees every op that has run, and its outputs: before anything else can change or free them. */
export type OpObserver = (op: Op, outputs: readonly Tensor[]) => void;

const observers = new Set<OpObserver>();

/** Calls `observer` after every op, forward or backward, until the function that is returned is called. */
export function observeOps(observer: OpObserver): () => void {
  requireFunction('observeOps', 'observer', observer);
  observers.add(observer);
  return () => observers.delete(observer);
}

/** Internal: called for every op. */
export function notifyObservers(op: Op, outputs: readonly Tensor[]): void {
  for (const observer of observers) observer(op, outputs);
}
