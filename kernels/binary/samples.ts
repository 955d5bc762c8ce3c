import { MAX_FLOAT32 } from '../../core/dtype.js';
import { EXACT_TOLERANCE, type ErrorSample, type Sample, type SampleInput, type Tolerance, countLabel, defineSamples, sizes } from '../../core/samples.js';
import { sizeOf } from '../../core/shape.js';
import { BINARY, type BinaryRow } from './table.js';

/** WGSL's division is good to 2.5 ULP; pow is exp2(y log2 x), whose error grows with |y log2 x|. */
const TOLERANCES: Record<string, Tolerance> = {
  pow: { relative: 4e-6, absolute: 1e-6, reason: 'WGSL computes pow as exp2(y * log2(x)): about 16 ULP for results up to 2^8' },
};

/** Operands where the op is smooth. */
function operands({ name }: BinaryRow, a: readonly number[], b: readonly number[]): SampleInput[] {
  if (name === 'div') return [{ shape: a }, { shape: b, avoid: [0], margin: 0.4 }];
  if (name === 'pow') return [{ shape: a, low: 0.3, high: 2.5 }, { shape: b }];
  if (name === 'maximum' || name === 'minimum') {
    // Kept apart: a from two bands, b from between them.
    return [{ shape: a, avoid: [0], margin: 1 }, { shape: b, low: -0.9, high: 0.9 }];
  }
  // Drawn gates may all be shut, or open only where a stretched axis begins: then the check learns nothing.
  if (name === 'reluGrad') return [{ shape: a }, { shape: b, data: Array.from({ length: sizeOf(b) }, (_, i) => (i % 3 === 1 ? -1 : 0.5)) }];
  return [{ shape: a }, { shape: b }];
}

function samplesFor(row: BinaryRow): Sample[] {
  const on = (label: string, a: readonly number[], b: readonly number[]): Sample => ({ label, inputs: operands(row, a, b) });
  const samples = [
    on('equal shapes with a tail', [3, 7], [3, 7]),
    on('scalars', [], []),
    on('a scalar on the right', [5, 3], []),
    on('a row', [3, 8], [8]),
    on('a row, on the left', [8], [3, 8]),
    on('a column', [3, 5], [3, 1]),
    on('a column of vec4s, on the left', [9, 1], [9, 8]),
    on('both stretched', [4, 1, 3], [5, 1]),
    on('a bias over channels', [2, 3, 2, 4], [3, 1, 1]),
    on('rank 5, every other axis', [2, 1, 3, 1, 5], [1, 2, 1, 4, 1]),
    on('rank 5, the other way round', [1, 2, 1, 4, 1], [2, 1, 3, 1, 5]),
    on('rank 8, every other axis', [2, 1, 2, 1, 2, 1, 2, 1], [1, 2, 1, 3, 1, 2, 1, 2]),
    on('nothing', [0, 3], [1, 3]),
    on('several workgroups', [61, 69], [61, 69]),
    on('a bias over channels, several workgroups', [8, 16, 6, 6], [16, 1, 1]),
    on('a row, walked side by side', [3, 128], [128]),
    on('a column beside long rows, on the left', [3, 1], [3, 256]),
  ];
  if (row.kind !== 'float') {
    samples.push({ label: 'int32', inputs: [{ shape: [3, 7], dtype: 'int32', low: -3 }, { shape: [7], dtype: 'int32', low: -3 }] });
  }
  if (row.int32Cpu) {
    const extremes = [2147483647, -2147483648, 123456789, -16777217];
    const inputs = [[4, 1], [4]].map((shape): SampleInput => ({ shape, dtype: 'int32', data: extremes }));
    samples.push({ label: 'int32 that wraps around', inputs, tolerance: EXACT_TOLERANCE });
  }
  if (row.kind === 'compare') {
    samples.push({ label: 'equal values and NaN', inputs: [{ shape: [4], data: [1, 2, NaN, 0] }, { shape: [4], data: [1, 3, NaN, -0] }] });
  }
  if (row.name === 'maximum' || row.name === 'minimum') {
    samples.push({ label: 'NaN on either side', inputs: [
      { shape: [4], data: [NaN, 1, NaN, 1], differentiable: false }, { shape: [4], data: [1, NaN, NaN, 2], differentiable: false },
    ] });
  }
  if (row.name === 'reluGrad') {
    samples.push({ label: 'y of 0 lets nothing through', inputs: [{ shape: [4] }, { shape: [4], data: [0, 1, -1, 0], differentiable: false }] });
  }
  if (row.name === 'pow') {
    samples.push(
      { label: 'negative base, whole exponents', inputs: [
        { shape: [5], low: -2, high: -0.5 }, { shape: [5], data: [0, 1, 2, 3, -2], differentiable: false },
      ] },
      { label: 'negative base, other exponents', inputs: [
        { shape: [2], data: [-1, -2], differentiable: false }, { shape: [2], data: [0.5, -1.5], differentiable: false },
      ] },
      { label: 'powers of 1 and -1, and infinite powers', inputs: [
        { shape: [12], data: [1, 1, 1, -1, -1, -1, -1, 0.5, 2, -0.5, -2, NaN], differentiable: false },
        { shape: [12], data: [Infinity, -Infinity, NaN, Infinity, -Infinity, NaN, 3, Infinity, Infinity, -Infinity, -Infinity, Infinity], differentiable: false },
      ] },
      { label: 'powers of 0, infinities and NaN', inputs: [
        { shape: [15], data: [0, 0, 0, 0, 0, -0, -0, Infinity, Infinity, -Infinity, -Infinity, -Infinity, NaN, NaN, -MAX_FLOAT32], differentiable: false },
        { shape: [15], data: [2, 0.5, 0, -1, -0.5, -1, -2, 2, -2, 3, 0.5, -0.5, 0, 1, 0.5], differentiable: false },
      ] },
    );
  }
  return samples;
}

function errorsFor({ name, kind }: BinaryRow): ErrorSample[] {
  const errors: ErrorSample[] = [
    {
      label: 'shapes that do not broadcast',
      inputs: [{ shape: [3, 4] }, { shape: [3] }],
      error: 'ShapeError',
      message: new RegExp(`${name}: .*\\[3,4\\].*\\[3\\]`),
    },
    {
      label: 'mixed dtypes',
      inputs: [{ shape: [3] }, { shape: [3], dtype: 'int32' }],
      error: 'DTypeError',
      message: new RegExp(`${name}: .*float32 and int32`),
    },
  ];
  if (kind === 'float') {
    errors.push({
      label: 'int32',
      inputs: [{ shape: [3], dtype: 'int32' }, { shape: [3], dtype: 'int32' }],
      error: 'DTypeError',
      message: new RegExp(`${name}: .*int32`),
    });
  }
  return errors;
}

for (const row of BINARY) {
  defineSamples(row.name, {
    samples: samplesFor(row),
    errors: errorsFor(row),
    tolerance: TOLERANCES[row.name],
    bench: [
      ...sizes([{ n: 1 << 22 }], ({ n }) => ({ label: countLabel(n), inputs: operands(row, [n], [n]) })),
      ...sizes([{ batch: 128, channels: 32 }], ({ batch, channels }) => ({
        label: `a bias over the channels of [${batch}, ${channels}, 26, 26]`, inputs: operands(row, [batch, channels, 26, 26], [channels, 1, 1]),
      })),
    ],
  });
}
