/** Which figure of an epoch is watched, and which way is better. */
export interface MonitorOptions {
  /** Default `valLoss`. */
  monitor?: string;
  /** Is a smaller (default) or a larger figure better? */
  mode?: 'min' | 'max';
}

/** By how much `value` is better than `other`; negative if it is worse. Any number is better than NaN. */
export function gainOver(mode: 'min' | 'max', value: number, other: number): number {
  if (Number.isNaN(other)) return Number.isNaN(value) ? 0 : Infinity;
  if (Number.isNaN(value)) return -Infinity;
  return mode === 'min' ? other - value : value - other;
}
