/** What one check found. UNCHECKED: nothing was learnt, and `message` says why; it is not a pass. */
export interface CheckResult {
  verdict: 'PASS' | 'FAIL' | 'UNCHECKED';
  /** One line for people. */
  message: string;
  /** The worst error over its tolerance: above 1 means FAIL. */
  worst?: number;
  /** Several lines that show a failure: where, the values around it, the step. */
  details?: string;
}

/** One cell's worth of evidence: an op (or a model) checked along one axis. */
export interface Check {
  op: string;
  /** One of AXES (axes.ts): 'f64 numeric', 'webgpu backward', 'lockstep' ... */
  axis: string;
  /** Sample, layout and the like: unique among the checks of this op and axis. */
  label: string;
  run(): Promise<CheckResult>;
}

/** Names one check of the suite. */
export function keyOf({ op, axis, label }: Check): string {
  return `${op} | ${axis} | ${label}`;
}

/** What the command line says about which checks to make. */
export interface SuiteOptions {
  seed: number;
  devices: readonly ('cpu' | 'webgpu')[];
  /** Instead of the suite: the f64 numeric axis of each op over this many seeds. 0 for the suite. */
  seeds: number;
  /** How many random graphs. */
  graphs: number;
  /** Also what takes seconds each: whole models, grids past 65,535 workgroups. */
  slow: boolean;
}
