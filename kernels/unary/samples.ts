import { type ErrorSample, type Sample, type SampleInput, type Tolerance, countLabel, defineSamples, sizes } from '../../core/samples.js';
import { UNARY, type UnaryAttrs, type UnaryRow } from './table.js';

interface Traits {
  /** Where the op is defined and smooth. */
  domain?: Omit<SampleInput, 'shape'>;
  attrs?: UnaryAttrs;
  tolerance?: Tolerance;
  flat?: string;
  /** Values far out, where a careless formula overflows or loses everything. */
  extremes?: readonly number[];
  /** Values where a formula that cancels gives way to a series; in a sample of their own, as larger results would hide them. */
  near?: readonly number[];
}

const EXPONENTIAL: Tolerance = { relative: 3e-6, absolute: 1e-6, reason: 'WGSL allows exp 3 + 2|x| ULP and division 2.5' };
const LOGARITHM: Tolerance = { relative: 2e-6, absolute: 2e-6, reason: 'WGSL allows log an absolute error of 2^-21 between 0.5 and 2' };
const STEPS = 'constant between its jumps';
const WHOLE = [-2, -1, 0, 1, 2];
const NEAR = [-0.029, -0.015, -1e-4, 0.005];
const FAR = [-1000, -100, -20, 20, 100, 1000];

const TRAITS: Record<string, Traits> = {
  abs: { domain: { avoid: [0] } },
  sign: { domain: { avoid: [0] }, flat: STEPS },
  exp: { tolerance: EXPONENTIAL, extremes: [-1000, -80, 80] },
  log: { domain: { low: 0.1, high: 3 }, tolerance: LOGARITHM, extremes: [1e-30, 1e30] },
  sqrt: { domain: { low: 0.1, high: 3 }, extremes: [1e-30, 1e30] },
  rsqrt: { domain: { low: 0.2, high: 3 }, tolerance: EXPONENTIAL },
  reciprocal: { domain: { avoid: [0], margin: 0.4 } },
  sin: { extremes: [-1000, -10, 3.14159, 10, 1000] },
  cos: { extremes: [-1000, -10, 1.5708, 10, 1000] },
  tanh: { tolerance: EXPONENTIAL, extremes: FAR, near: [...NEAR, 0.099] },
  sigmoid: { tolerance: EXPONENTIAL, extremes: FAR },
  relu: { domain: { avoid: [0] }, extremes: FAR },
  leakyRelu: { domain: { avoid: [0] }, attrs: { negativeSlope: 0.1 } },
  elu: { domain: { avoid: [0] }, attrs: { alpha: 1.3 }, tolerance: EXPONENTIAL, extremes: [-1000, -1e-4], near: NEAR },
  gelu: { tolerance: EXPONENTIAL, extremes: FAR },
  geluTanh: { tolerance: EXPONENTIAL, extremes: [-50, 50] },
  silu: { tolerance: EXPONENTIAL, extremes: FAR },
  softplus: { attrs: { beta: 1.5 }, tolerance: LOGARITHM, extremes: FAR },
  erf: { tolerance: EXPONENTIAL, extremes: [-20, -5, -1e-4, 5, 20] },
  clamp: { domain: { avoid: [-1, 0.75] }, attrs: { min: -1, max: 0.75 }, extremes: FAR },
  floor: { domain: { avoid: WHOLE }, flat: STEPS },
  ceil: { domain: { avoid: WHOLE }, flat: STEPS },
  round: { domain: { avoid: [-1.5, -0.5, 0.5, 1.5] }, flat: STEPS, extremes: [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5] },
  celu: { domain: { avoid: [0] }, attrs: { alpha: 1.3 }, tolerance: EXPONENTIAL, extremes: [-1000, 40], near: NEAR },
  selu: { domain: { avoid: [0] }, tolerance: EXPONENTIAL, extremes: [-1000, 40], near: NEAR },
  hardsigmoid: { domain: { low: -5, high: 5, avoid: [-3, 3] }, extremes: FAR },
  hardswish: { domain: { low: -5, high: 5, avoid: [-3, 3] }, extremes: FAR },
  mish: { tolerance: EXPONENTIAL, extremes: FAR },
  softsign: { domain: { avoid: [0] }, extremes: FAR },
  logSigmoid: { tolerance: LOGARITHM, extremes: FAR },
  tanhshrink: { tolerance: EXPONENTIAL, extremes: [-1000, 20], near: [-0.24, -0.01, 0.2, 0.26] },
};

function samplesFor({ integers }: UnaryRow, { domain, attrs, extremes, near }: Traits): Sample[] {
  const on = (label: string, shape: readonly number[]): Sample => ({ label, inputs: [{ shape, ...domain }], attrs });
  const samples = [
    on('a tail after the last vec4', [3, 7]),
    { label: 'scalar', inputs: [{ shape: [], data: [0.625] }], attrs },
    on('nothing', [0, 4]),
    on('several workgroups', [5, 829]),
  ];
  if (integers) samples.push({ label: 'int32', inputs: [{ shape: [11], dtype: 'int32', low: -5, high: 5 }], attrs });
  if (extremes) {
    samples.push({ label: 'far out', inputs: [{ shape: [extremes.length], data: extremes, differentiable: false }], attrs });
  }
  if (near) samples.push({ label: 'near 0', inputs: [{ shape: [near.length], data: near, differentiable: false }], attrs });
  samples.push({ label: 'NaN', inputs: [{ shape: [3], data: [1, NaN, 0.25], differentiable: false }], attrs });
  return samples;
}

function errorsFor({ name, integers }: UnaryRow, { attrs }: Traits): ErrorSample[] {
  if (integers) {
    return [{ label: 'two inputs', inputs: [{ shape: [2] }, { shape: [2] }], error: 'TapegradError', message: new RegExp(`${name}: takes x, got 2`) }];
  }
  return [{ label: 'int32', inputs: [{ shape: [3], dtype: 'int32' }], attrs, error: 'DTypeError', message: new RegExp(`${name}: .*int32`) }];
}

for (const row of UNARY) {
  const traits = TRAITS[row.name] ?? {};
  defineSamples(row.name, {
    samples: samplesFor(row, traits),
    errors: errorsFor(row, traits),
    tolerance: traits.tolerance,
    flat: traits.flat,
    bench: sizes([{ n: 1 << 22 }], ({ n }) => ({ label: countLabel(n), inputs: [{ shape: [n], ...traits.domain }], attrs: traits.attrs })),
  });
}
