/** Figures that one slow sample on a busy machine cannot move far. */
export interface Spread {
  readonly median: number;
  /** A quarter of the samples lies below, a quarter above. */
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}

/** Throws if there are no samples. */
export function spreadOf(samples: readonly number[]): Spread {
  const sorted = ascending(samples);
  return { median: quantile(sorted, 0.5), lowerQuartile: quantile(sorted, 0.25), upperQuartile: quantile(sorted, 0.75) };
}

/** What is reported of the samples of one figure, in their unit. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  /** Median absolute deviation from the median. */
  readonly mad: number;
  readonly p10: number;
  readonly p90: number;
  /** Standard error of the median, as a share of it. */
  readonly noise: number;
}

/** Throws if there are no samples. */
export function summaryOf(samples: readonly number[]): Summary {
  const sorted = ascending(samples);
  const median = quantile(sorted, 0.5);
  const mad = medianOf(samples.map((sample) => Math.abs(sample - median)));
  const noise = median > 0 ? standardErrorOfMedian(mad, samples.length) / median : 0;
  return { count: samples.length, median, mad, p10: quantile(sorted, 0.1), p90: quantile(sorted, 0.9), noise };
}

export function medianOf(samples: readonly number[]): number {
  return quantile(ascending(samples), 0.5);
}

/** Of positive values. Throws if there are none. */
export function geometricMean(values: readonly number[]): number {
  if (values.length === 0) throw new Error('geometricMean: there are no values');
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/** For a normal distribution sigma = 1.4826 MAD, and the median of n samples has the error sqrt(pi / 2) sigma / sqrt(n). */
function standardErrorOfMedian(mad: number, count: number): number {
  return (Math.sqrt(Math.PI / 2) * 1.4826 * mad) / Math.sqrt(count);
}

function ascending(samples: readonly number[]): number[] {
  return [...samples].sort((a, b) => a - b);
}

/** Linear between neighbours: the value at rank q * (n - 1), as NumPy's `quantile`. */
function quantile(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) throw new Error('quantile: there are no samples');
  const rank = q * (sorted.length - 1);
  const below = Math.floor(rank);
  const above = Math.ceil(rank);
  return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
}
