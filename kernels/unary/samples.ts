import { MAX_FLOAT32 } from '../../core/dtype.js';
import { EXACT_TOLERANCE, type ErrorSample, type Sample, type SampleInput, type Tolerance, countLabel, defineSamples, sizes } from '../../core/samples.js';
import { UNARY, type UnaryAttrs, type UnaryRow } from './table.js';

interface Traits {
  /** Where the op is defined and smooth. */
  domain?: Omit<SampleInput, 'shape'>;
  attrs?: UnaryAttrs;
  tolerance?: Tolerance;
  flat?: string;
  /** Values far out, where a careless formula overflows or loses everything. */
  extremes?: readonly number[];
  /** Values where a polynomial or series stands in for the op, or near a kink; apart, as larger results would hide them. */
  near?: readonly number[];
  /** Values of small results that exp is a part of. */
  small?: readonly number[];
}

const EXPONENTIAL: Tolerance = { relative: 3e-6, absolute: 1e-6, reason: 'WGSL allows exp 3 + 2|x| ULP and division 2.5' };
const LOGARITHM: Tolerance = { relative: 2e-6, absolute: 2e-6, reason: 'WGSL allows log an absolute error of 2^-21 between 0.5 and 2' };
const STEPS = 'constant between its jumps';
const WHOLE = [-2, -1, 0, 1, 2];
const SERIES: Tolerance = { relative: 1e-6, absolute: 0, reason: 'a few roundings: a series keeps the digits that other formulas lose' };
const SMALL: Tolerance = { relative: 3e-6, absolute: 0, reason: 'WGSL allows exp 3 + 2|x| ULP and division 2.5' };
const NEAR = [-0.029, -0.015, -1e-4, 0.005];
/** On both sides of 2^13, from where on sine and cosine are reduced another way. */
const FAR_OUT = [8191.5, -8191.5, 8192, 9999, -12345.678, 1e6, 5e7, -3e9, 6381956970095103, 2e17, 9e26, -1e22, 1.7e38, MAX_FLOAT32].map(Math.fround);
const FAR = [-1000, -100, -20, 20, 100, 1000];

const TRAITS: Record<string, Traits> = {
  abs: { domain: { avoid: [0] } },
  sign: { domain: { avoid: [0] }, flat: STEPS },
  exp: { tolerance: EXPONENTIAL, extremes: [-1000, -80, 80] },
  log: { domain: { low: 0.1, high: 3 }, tolerance: LOGARITHM, extremes: [1e-30, 1e30, 0, -0, -3] },
  sqrt: { domain: { low: 0.1, high: 3 }, extremes: [1e-30, 1e30] },
  rsqrt: { domain: { low: 0.2, high: 3 }, tolerance: EXPONENTIAL },
  reciprocal: { domain: { avoid: [0], margin: 0.4 } },
  sin: { extremes: [-1000, -10, 3.14159, 10, 1000, ...FAR_OUT] },
  cos: { extremes: [-1000, -10, 1.5708, 10, 1000, ...FAR_OUT] },
  tanh: { tolerance: EXPONENTIAL, extremes: FAR, near: [-0.099, ...NEAR] },
  sigmoid: { tolerance: EXPONENTIAL, extremes: FAR },
  relu: { domain: { avoid: [0] }, extremes: FAR, near: NEAR },
  leakyRelu: { domain: { avoid: [0] }, attrs: { negativeSlope: 0.1 }, near: NEAR },
  elu: { domain: { avoid: [0] }, attrs: { alpha: 1.3 }, tolerance: EXPONENTIAL, extremes: [-1000, -1e-4], near: NEAR },
  gelu: { tolerance: EXPONENTIAL, extremes: FAR, small: [-2.6] },
  geluTanh: { tolerance: EXPONENTIAL, extremes: [-50, 50] },
  silu: { tolerance: EXPONENTIAL, extremes: FAR },
  softplus: { attrs: { beta: 1.5 }, tolerance: LOGARITHM, extremes: FAR, small: [-4.7, -8] },
  erf: { tolerance: EXPONENTIAL, extremes: [-20, -5, 5, 20], near: [-0.9, -1e-4, 0.3, 1.6] },
  clamp: { domain: { avoid: [-1, 0.75] }, attrs: { min: -1, max: 0.75 }, extremes: FAR },
  floor: { domain: { avoid: WHOLE }, flat: STEPS },
  ceil: { domain: { avoid: WHOLE }, flat: STEPS },
  round: { domain: { avoid: [-1.5, -0.5, 0.5, 1.5] }, flat: STEPS, extremes: [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5] },
  celu: { domain: { avoid: [0] }, attrs: { alpha: 1.3 }, tolerance: EXPONENTIAL, extremes: [-1000, 40], near: NEAR },
  selu: { domain: { avoid: [0] }, tolerance: EXPONENTIAL, extremes: [-1000, 40], near: NEAR },
  hardsigmoid: { domain: { low: -5, high: 5, avoid: [-3, 3] }, extremes: FAR },
  hardswish: { domain: { low: -5, high: 5, avoid: [-3, 3] }, extremes: FAR },
  mish: { tolerance: EXPONENTIAL, extremes: FAR, small: NEAR },
  softsign: { domain: { avoid: [0] }, extremes: FAR },
  logSigmoid: { tolerance: LOGARITHM, extremes: FAR, small: [7.05, 9] },
  tanhshrink: { tolerance: EXPONENTIAL, extremes: [-1000, 20], near: [-0.24, -0.01, 0.2] },
};

function samplesFor({ name, integers, int32Cpu }: UnaryRow, { domain, attrs, extremes, near, small }: Traits): Sample[] {
  const on = (label: string, shape: readonly number[]): Sample => ({ label, inputs: [{ shape, ...domain }], attrs });
  const samples: Sample[] = [
    on('a tail after the last vec4', [3, 7]),
    { label: 'scalar', inputs: [{ shape: [], data: [0.625] }], attrs },
    on('nothing', [0, 4]),
    on('several workgroups', [5, 829]),
  ];
  if (integers) samples.push({ label: 'int32', inputs: [{ shape: [11], dtype: 'int32', low: -5, high: 5 }], attrs });
  if (int32Cpu) samples.push({ label: 'int32 that wraps around', inputs: [{ shape: [3], dtype: 'int32', data: [2147483647, -123456789, 65537] }], attrs, tolerance: EXACT_TOLERANCE });
  const at = (label: string, data: readonly number[], tolerance?: Tolerance) =>
    samples.push({ label, inputs: [{ shape: [data.length], data, differentiable: false }], attrs, tolerance });
  if (extremes) at('far out', extremes);
  if (near) at('by a series', near, SERIES);
  if (small) at('small results', small, SMALL);
  at('NaN', [1, NaN, 0.25]);
  if (name === 'clamp') {
    const data = [-Infinity, -5, 0.25, 5, Infinity];
    for (const [label, min, max] of [['open below', -Infinity, 0.75], ['open above', -1, Infinity]] as const) {
      samples.push({ label, inputs: [{ shape: [5], data, differentiable: false }], attrs: { min, max } });
    }
  }
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
