import { TapegradError } from '../core/errors.js';
import { Philox } from '../core/random.js';

/** Stream number of the folds under their seed. */
const FOLD_STREAM = 0x0b100000;

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
  if (!Number.isInteger(folds) || folds < 2 || folds > labels.length) {
    throw new TapegradError(`kFold: folds must be a whole number from 2 to the ${labels.length} examples, got ${folds}`);
  }
  const order = new Philox(seed, FOLD_STREAM).shuffle(Int32Array.from({ length: labels.length }, (_, i) => i));
  // Class after class, dealt like cards: no two folds differ by more than one example of a class.
  const dealt = order.sort((a, b) => labels[a] - labels[b]);
  return Array.from({ length: folds }, (_, fold) => ({
    train: dealt.filter((_, i) => i % folds !== fold).sort(),
    test: dealt.filter((_, i) => i % folds === fold).sort(),
  }));
}
