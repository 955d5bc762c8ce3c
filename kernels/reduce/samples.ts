import { MAX_FLOAT32 } from '../../core/dtype.js';
import { type ErrorSample, type Sample, type SampleInput, type Tolerance, countLabel, defineSamples, sizes } from '../../core/samples.js';
import { REDUCE, type ReduceRow } from './table.js';

const SUM: Tolerance = { relative: 4e-6, absolute: 2e-6, reason: 'a running float32 sum of n values is off by about sqrt(n) roundings' };
const EXPONENTIAL: Tolerance = { relative: 4e-6, absolute: 4e-6, reason: 'WGSL allows exp 3 + 2|x| ULP and log 2^-21 near 1' };
const PRODUCT: Tolerance = { relative: 4e-6, absolute: 1e-12, reason: 'a float32 product of n factors is off by about sqrt(n) roundings' };
const TOLERANCES: Record<string, Tolerance> = { sum: SUM, mean: SUM, var: SUM, std: SUM, logSumExp: EXPONENTIAL, prod: PRODUCT };

const SELECTS = ['max', 'min', 'argmax', 'argmin'];

function samplesFor({ name, integers, empty }: ReduceRow): Sample[] {
  const distinct = SELECTS.includes(name);
  const attrsFor = (axes: readonly number[], keepDim = false) => (['var', 'std'].includes(name) ? { axes, keepDim, correction: 1 } : { axes, keepDim });
  // Products of many factors stay within float32.
  const domain = name === 'prod' ? { low: 0.7, high: 1.4 } : { distinct };
  const on = (label: string, shape: readonly number[], axes: readonly number[], keepDim = false): Sample => ({
    label,
    inputs: [{ shape, ...domain }],
    attrs: attrsFor(axes, keepDim),
  });
  const samples = [
    on('all axes', [3, 5], [0, 1]),
    on('rows', [5, 7], [1]),
    on('rows of whole vec4s, kept', [3, 8], [1], true),
    on('columns', [6, 5], [0]),
    on('outer and inner axes', [3, 2, 5], [0, 2]),
    on('the middle axis', [3, 4, 5], [1], true),
    on('rank 5, alternating', [2, 3, 2, 3, 2], [1, 3]),
    on('all of a vector, several parts', [1031], [0]),
    on('rows in several parts', [3, 1028], [1]),
    on('columns of whole vec4s', [5, 12], [0]),
    on('columns of two vec4s', [5, 8], [0]),
    on('columns of two vec4s, a block of rows and one more', [65, 8], [0]),
    on('the middle axis, whole vec4s kept', [3, 5, 4], [1]),
    on('columns of whole vec4s in several parts', [517, 4], [0]),
    on('columns of two vec4s in several parts', [517, 16], [0]),
    on('the middle axis, two vec4s kept, in several parts', [2, 515, 24], [1]),
    on('the middle axis, more columns than a workgroup', [33, 3, 16], [1]),
    on('columns in several parts', [515, 6], [0]),
    on('channels of a batch', [8, 5, 6, 6], [0, 2, 3]),
    on('channels of a batch, whole vec4s', [3, 4, 2, 6], [0, 2, 3]),
    on('more outputs than a workgroup', [131, 9], [1]),
    on('all of a vector, several teams', [2068], [0]),
    on('channels of a batch, several teams on short runs', [180, 2, 12], [0, 2]),
    on('axes apart, whole vec4s kept', [5, 3, 7, 4], [0, 2]),
    on('three axes apart, several teams', [5, 2, 11, 2, 40], [0, 2, 4]),
    on('three axes apart, columns', [3, 2, 4, 2, 5, 3], [0, 2, 4]),
    on('rank 8, every other axis', [2, 3, 2, 2, 2, 3, 2, 2], [1, 3, 5, 7]),
    on('more outputs in several parts than a workgroup', [70, 260], [1]),
  ];
  if (!['var', 'std'].includes(name)) samples.push(on('a scalar', [], []), on('one value', [4, 1], [1]));
  if (empty !== null) samples.push(on('no values', [3, 0], [1]));
  samples.push(on('no outputs', [0, 3], [1]));
  if (integers) samples.push({ label: 'int32', inputs: [{ shape: [4, 9], dtype: 'int32', low: -9, high: 9 }], attrs: attrsFor([1]) });
  if (distinct) {
    samples.push({
      label: 'equal values and NaN',
      inputs: [{ shape: [3, 4], data: [2, 1, 2, 1, 3, NaN, 3, NaN, 0, 0, 0, 0], differentiable: false }],
      attrs: attrsFor([1]),
    });
    samples.push({
      label: 'equal values and NaN, the first of them in a later lane',
      inputs: [{ shape: [3, 8], data: [0, 7, 0, 0, 7, 0, 0, 0, 5, -7, 5, 5, -7, 5, 5, 5, 0, NaN, 0, 0, NaN, 0, 0, 0], differentiable: false }],
      attrs: attrsFor([1]),
    });
  }
  if (name === 'sum') {
    samples.push(
      { label: 'all of a vector, two blocks of parts', inputs: [{ shape: [32768], low: 0.5, high: 1.5 }], attrs: attrsFor([0]) },
      { label: 'columns, a block of parts and one more', inputs: [{ shape: [16640, 4], low: 0.5, high: 1.5 }], attrs: attrsFor([0]) },
    );
  }
  if (name === 'logSumExp') samples.push({ label: 'infinities', inputs: [{ shape: [4, 3], data: [1, Infinity, 2, 1, -Infinity, 2, -Infinity, -Infinity, -Infinity, Infinity, 0, -Infinity], differentiable: false }], attrs: attrsFor([1]) });
  if (name === 'logSumExp') samples.push({ label: 'the largest numbers', inputs: [{ shape: [2, 2], data: [MAX_FLOAT32, 0, -MAX_FLOAT32, -MAX_FLOAT32], differentiable: false }], attrs: attrsFor([1]) });
  if (name === 'logSumExp') samples.push({ label: 'values far apart', inputs: [{ shape: [2, 3], data: [100, -100, 0, -90, 0, 90], differentiable: false }], attrs: attrsFor([1]) });
  if (name === 'logSumExp') samples.push({ label: 'large values', inputs: [{ shape: [2, 3], data: [1000, 1001, 999, -1000, -1001, -1002], differentiable: false }], attrs: attrsFor([1]) });
  if (name === 'prod') {
    samples.push({ label: 'zeros: none, one, two', inputs: [{ shape: [4, 3], data: [2, 1, 0, -3, 0, 0.5, 4, -1, 2, 1, 2, 0] }], attrs: attrsFor([0]) });
    samples.push({ label: 'NaN', inputs: [{ shape: [2, 2], data: [1, NaN, 2, 3], differentiable: false }], attrs: attrsFor([1]) });
  }
  if (name === 'var' || name === 'std') {
    samples.push({ label: 'infinities', inputs: [{ shape: [4, 3], data: [1, 2, Infinity, -Infinity, 0, 1, Infinity, -Infinity, 0, 1, 2, 4], differentiable: false }], attrs: attrsFor([1]) });
    samples.push({ label: 'infinities, in vec4s', inputs: [{ shape: [2, 8], data: [1, 2, 0, 3, 5, 1, -Infinity, 4, 0, 1, 2, 3, 4, 5, 6, 7], differentiable: false }], attrs: attrsFor([1]) });
  }
  if (name === 'var') samples.push({ label: 'a large mean', inputs: [{ shape: [2, 64], low: 4096, high: 4097, differentiable: false }], attrs: attrsFor([1]) });
  return samples;
}

function errorsFor({ name, integers, empty }: ReduceRow): ErrorSample[] {
  const call = (shape: readonly number[], axes: readonly number[], more: Partial<SampleInput> = {}) => ({
    inputs: [{ shape, ...more }],
    attrs: { axes, keepDim: false, correction: 1 },
  });
  const errors: ErrorSample[] = [
    { label: 'an axis out of range', ...call([3, 4], [2]), error: 'ShapeError', message: new RegExp(`${name}: axis 2 .*rank 2`) },
    { label: 'one axis twice', ...call([3, 4], [1, -1]), error: 'ShapeError', message: new RegExp(`${name}: axes .*twice`) },
  ];
  if (!integers) errors.push({ label: 'int32', ...call([3], [0], { dtype: 'int32' }), error: 'DTypeError', message: new RegExp(`${name}: .*int32`) });
  if (empty === null) errors.push({ label: 'nothing to choose from', ...call([3, 0], [1]), error: 'ShapeError', message: new RegExp(`${name}: shape \\[3,0\\]`) });
  return errors;
}

for (const row of REDUCE) {
  const settings = { keepDim: false, correction: 1 };
  defineSamples(row.name, {
    samples: samplesFor(row),
    errors: errorsFor(row),
    tolerance: TOLERANCES[row.name],
    bench: [
      ...sizes([{ n: 1 << 22 }], ({ n }) => ({ label: `all of ${countLabel(n)}`, inputs: [{ shape: [n] }], attrs: { axes: [0], ...settings } })),
      ...sizes([{ rows: 4096, columns: 1024 }], ({ rows, columns }) => ({
        label: `rows of [${rows}, ${columns}]`, inputs: [{ shape: [rows, columns] }], attrs: { axes: [1], ...settings },
      })),
      ...sizes([{ rows: 4096, columns: 1024 }], ({ rows, columns }) => ({
        label: `columns of [${rows}, ${columns}]`, inputs: [{ shape: [rows, columns] }], attrs: { axes: [0], ...settings },
      })),
      { label: 'channels of [128, 32, 26, 26]', inputs: [{ shape: [128, 32, 26, 26] }], attrs: { axes: [0, 2, 3], ...settings } },
    ],
  });
}
