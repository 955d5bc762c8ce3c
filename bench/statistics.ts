/** Figures that one slow sample on a busy machine cannot move far. */
export interface Spread {
  readonly median: number;
  /** A quarter of the samples lies below, a quarter above. */
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}

/** Throws if there are no samples. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), lowerQuartile: quantile(sorted, 0.25), upperQuartile: quantile(sorted, 0.75) };
}

/** Linear between neighbours: the value at rank q * (n - 1), as NumPy's `quantile`. */
function quantile(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) throw new Error('quantile: there are no samples');
  const rank = q * (sorted.length - 1);
  const below = Math.floor(rank);
  const above = Math.ceil(rank);
  return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
}
