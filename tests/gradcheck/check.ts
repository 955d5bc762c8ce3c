/** What one check found. UNCHECKED: nothing was learnt, and `message` says why; it is not a pass. */
export interface CheckResult {
  verdict: 'PASS' | 'FAIL' | 'UNCHECKED';
  /** One line for people. */
  message: string;
  /** The worst error over its tolerance: above 1 means FAIL. */
  worst?: number;
}

/** One cell's worth of evidence: an op (or a model) checked along one axis. */
export interface Check {
  op: string;
  /** 'f64 numeric', 'f32 cpu', 'webgpu forward', 'webgpu backward', 'lockstep', 'repeat', 'accumulate', ... */
  axis: string;
  /** Sample, dtype and layout: unique among the checks of this op and axis. */
  label: string;
  run(): Promise<CheckResult>;
}
