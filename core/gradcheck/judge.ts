import { ERROR_FACTOR, RESOLUTION, type Slope } from './slopes.js';
import type { GradcheckSettings } from './types.js';

/** A slope, and what the tolerance says of it. */
export interface Judged {
  slope: Slope;
  /** Distance over what is allowed. */
  excess: number;
  /** Would an error of 0.1 % have been seen? */
  isCertified: boolean;
}

/** Compares each analytic slope with the numeric one; the tolerance follows the largest slope of the same outputs and input. */
export function judge(slopes: readonly Slope[], { relative, absolute }: GradcheckSettings): Judged[] {
  const key = ({ row, column }: Slope) => `${row} ${column.input}`;
  const scales = new Map<string, number>();
  for (const slope of slopes) scales.set(key(slope), Math.max(scales.get(key(slope)) ?? 0, Math.abs(slope.slope)));
  return slopes.map((slope) => {
    const scale = scales.get(key(slope))!;
    const allowed = relative * scale + ERROR_FACTOR * slope.errorEstimate + Math.max(absolute, slope.noise);
    const excess = Math.abs(slope.analytic - slope.slope) / allowed;
    return { slope, excess: Number.isNaN(excess) ? Infinity : excess, isCertified: allowed <= RESOLUTION * scale };
  });
}

/** The one to report: of the failures those of a single output first, as they say most; then the largest. */
export function worstOf(judged: readonly Judged[]): Judged | null {
  const singles = judged.filter(({ slope, excess }) => slope.row > 0 && excess > 1);
  const candidates = singles.length > 0 ? singles : judged;
  return candidates.reduce<Judged | null>((worst, next) => (worst && worst.excess >= next.excess ? worst : next), null);
}
