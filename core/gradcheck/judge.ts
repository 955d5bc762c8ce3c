import { roundingNoise } from './numeric.js';
import { ERROR_FACTOR, RESOLUTION, type Slope } from './slopes.js';
import type { GradcheckSettings } from './types.js';

/** A slope, and what the tolerance says of it. */
export interface Judged {
  slope: Slope;
  /** How far the two sides may lie apart. */
  allowed: number;
  /** Distance over what is allowed. */
  excess: number;
  /** Would an error of 0.1 % of this slope have been seen? */
  isCertified: boolean;
}

/**
 * Compares each analytic slope with the numeric one. What is allowed follows the slope itself: a share of it, and what the numeric
 * one may be off by. A share of the largest slope around would let any gradient of a small one pass. Of that largest slope only
 * rounding counts: terms as large may have cancelled inside the function, or in the sums of the backward pass.
 */
export function judge(slopes: readonly Slope[], { relative, absolute }: GradcheckSettings): Judged[] {
  const key = ({ row, column }: Slope) => `${row} ${column.input}`;
  const scales = new Map<string, number>();
  for (const slope of slopes) scales.set(key(slope), Math.max(scales.get(key(slope)) ?? 0, Math.abs(slope.slope)));
  return slopes.map((slope) => {
    const size = Math.abs(slope.slope);
    const noise = Math.max(slope.noise, roundingNoise(scales.get(key(slope))!, slope.step));
    const allowed = relative * size + ERROR_FACTOR * slope.errorEstimate + Math.max(absolute, noise);
    const excess = Math.abs(slope.analytic - slope.slope) / allowed;
    return { slope, allowed, excess: Number.isNaN(excess) ? Infinity : excess, isCertified: allowed <= RESOLUTION * size };
  });
}

/** The one to report: of the failures those of a single output first, as they say most; then the largest. */
export function worstOf(judged: readonly Judged[]): Judged | null {
  const singles = judged.filter(({ slope, excess }) => slope.row > 0 && excess > 1);
  const candidates = singles.length > 0 ? singles : judged;
  return candidates.reduce<Judged | null>((worst, next) => (worst && worst.excess >= next.excess ? worst : next), null);
}
