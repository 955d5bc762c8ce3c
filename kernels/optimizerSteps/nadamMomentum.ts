import type { NAdamStepAttrs } from './attrs.js';

/** mu_t = beta1 (1 - 0.96^(t momentumDecay) / 2): half of beta1 at first, and all of it in the end (Dozat 2016). */
function momentumAt(t: number, { beta1, momentumDecay }: NAdamStepAttrs): number {
  return beta1 * (1 - 0.5 * 0.96 ** (t * momentumDecay));
}

/**
 * What a step takes of its gradient, lr (1 - mu_t) / (1 - M_t), and of the average of all, lr mu_(t+1) / (1 - M_(t+1)),
 * with M_t = mu_1 ... mu_t. PyTorch keeps M as state; here it is a function of the step.
 */
export function nadamRates(attrs: NAdamStepAttrs): { gradientRate: number; momentumRate: number } {
  const { lr, step } = attrs;
  let product = 1;
  // Below 2^-54 the rest of the product no longer changes 1 - M.
  for (let t = 1; t <= step && product > 2 ** -54; t++) product *= momentumAt(t, attrs);
  const next = momentumAt(step + 1, attrs);
  return { gradientRate: (lr * (1 - momentumAt(step, attrs))) / (1 - product), momentumRate: (lr * next) / (1 - product * next) };
}
