export interface GradcheckOptions {
  /** Seeds the upstream gradients, the directions and the moves off kinks. Default 0. */
  seed?: number;
  /** An analytic slope may differ from the numeric one by this share of it. Default 1e-7. */
  relative?: number;
  /** And by this much. It can excuse, but not certify: where it exceeds 0.1 % of the slopes, nothing was checked. Default 1e-11. */
  absolute?: number;
  /** Up to this many entries the whole Jacobian is compared, row by row, beside the random upstream. Default 1024. */
  maxJacobian?: number;
  /** Inputs with more elements than this are checked along random directions instead: they weigh all at once. Default 256. */
  maxElements?: number;
  /** How many random directions. Default 8. */
  directions?: number;
  /** Checks one element (flat index) or one random direction only: what a report tells you to call. */
  only?: { input: number; index: number } | { input: number; direction: number };
  /** The command that makes this check again, for the report. Default: the call. */
  reproduce?: string;
}

/** The options with their defaults. */
export type GradcheckSettings = Required<Omit<GradcheckOptions, 'only' | 'reproduce'>> & Pick<GradcheckOptions, 'only' | 'reproduce'>;

/** Where the analytic and the numeric slope were furthest apart, measured by the tolerance. */
export interface WorstSlope {
  input: number;
  /** Flat index of the element, or the number of the random direction. */
  index: number;
  /** Index of the element by axis; null for a random direction. */
  position: readonly number[] | null;
  /** Whose slope it is; null for all outputs together, weighed with the random upstream. */
  output: { index: number; position: readonly number[] } | null;
  analytic: number;
  numeric: number;
  relativeError: number;
  /** Distance in units in the last place of float64. */
  ulp: number;
  /** Distance over what was allowed: above 1 in a failure. */
  overTolerance: number;
  /** What the extrapolation itself says it may be off by. */
  errorEstimate: number;
  step: number;
}

export interface GradcheckReport {
  /**
   * UNCHECKED: nothing was learnt, because every slope is about zero, the tolerance exceeds the slopes, every point sat on a
   * kink, or the function does not repeat itself. It is not a pass.
   */
  verdict: 'PASS' | 'FAIL' | 'UNCHECKED';
  /** One line for people. */
  message: string;
  /** Several lines: the worst slope, the Jacobian around it if it failed, and how to see it again. */
  details: string;
  seed: number;
  /** Slopes that agree, where an error of 0.1 % would have been seen. */
  compared: number;
  /** Slopes that agree, but are so small that an error of 0.1 % would not have been seen: many of them zero, as a rule. */
  excused: number;
  /** How far apart the two sides of an excused slope may lie: the widest tolerance among them, 0 if there are none. */
  excusedWithin: number;
  /** Slopes that differ. A FAIL without any: the tape gave another gradient the second time. */
  failed: number;
  /** Elements left out because the function has a kink, a jump or the edge of its domain at every point tried. */
  kinks: number;
  /** Elements checked at a point nearby, because the given one sat on a kink. */
  moved: number;
  /** Inputs of which no slope was compared. */
  uncheckedInputs: readonly number[];
  worst: WorstSlope | null;
}
