import { requireWhole } from '../core/options.js';
import { Philox, STREAMS } from '../core/random.js';

/** Which examples to train on and which to test on. */
export interface Fold {
  readonly train: Int32Array;
  readonly test: Int32Array;
}

/**
 * Cross-validation: `folds` ways to divide the examples, each of which is tested on exactly once. Every class of `labels` is dealt out
 * evenly. scikit-learn's name: `StratifiedKFold`; with labels all alike, `KFold`.
 */
export function kFold(labels: ArrayLike<number>, folds: number, seed = 0): Fold[] {
  requireWhole('kFold', `folds of ${labels.length} examples`, folds, 2, labels.length);
  const order = new Philox(seed, STREAMS.folds).shuffle(Int32Array.from({ length: labels.length }, (_, i) => i));
  // Class after class, dealt like cards: no two folds differ by more than one example of a class.
  const dealt = order.sort((a, b) => labels[a] - labels[b]);
  return Array.from({ length: folds }, (_, fold) => ({
    train: dealt.filter((_, i) => i % folds !== fold).sort(),
    test: dealt.filter((_, i) => i % folds === fold).sort(),
  }));
}
