import { type Sample, type Tolerance, defineSamples, sizes } from '../../core/samples.js';

const SUMS: Tolerance = { relative: 4e-6, absolute: 2e-6, reason: 'float32 sums of up to 300 products, in an order of their own' };

const attrs = (transposeA: boolean, transposeB: boolean) => ({ transposeA, transposeB });

/** A product of [rows, inner] and [inner, columns] with every pair of flags. */
function withAllFlags(label: string, rows: number, inner: number, columns: number): Sample[] {
  return [false, true].flatMap((a) =>
    [false, true].map((b) => ({
      label: `${label}${a ? ', a transposed' : ''}${b ? ', b transposed' : ''}`,
      inputs: [{ shape: a ? [inner, rows] : [rows, inner] }, { shape: b ? [columns, inner] : [inner, columns] }],
      attrs: attrs(a, b),
    })),
  );
}

/** relu of a product that the bias keeps away from 0 on either side. */
function withRelu(rows: number, inner: number, columns: number): Sample[] {
  const bias = Array.from({ length: columns }, (_, i) => (i % 3 === 1 ? -40 : 40));
  return [{
    label: `relu of ${rows} rows and ${columns} columns`,
    inputs: [{ shape: [rows, inner] }, { shape: [columns, inner] }, { shape: [columns], data: bias }],
    attrs: { ...attrs(false, true), activation: 'relu' },
  }];
}

const LONG_SUMS: Tolerance = { relative: 2e-5, absolute: 2e-5, reason: 'float32 sums of 12,288 products, in an order of their own' };

defineSamples('matmul', {
  samples: [
    ...withAllFlags('primes', 3, 5, 7),
    ...withAllFlags('whole vec4s', 8, 12, 16),
    ...withAllFlags('one tile and one more', 33, 9, 65),
    ...withAllFlags('several tiles', 67, 36, 132),
    { label: 'two by two workgroups of the shared kernel', inputs: [{ shape: [72, 4] }, { shape: [4, 72] }], attrs: attrs(false, false) },
    ...withAllFlags('inner extent 1', 2, 1, 3),
    ...withAllFlags('one column', 67, 9, 1),
    ...withAllFlags('one row', 1, 12, 67),
    { label: 'one row of a batch', inputs: [{ shape: [2, 1, 1, 8] }, { shape: [3, 5, 8] }, { shape: [5] }], attrs: attrs(false, true) },
    { label: 'one row, five batch axes that cannot be merged', inputs: [{ shape: [2, 1, 2, 1, 3, 1, 4] }, { shape: [1, 2, 1, 2, 1, 3, 4] }], attrs: attrs(false, true) },
    {
      label: 'one row and long lines, shared, relu',
      inputs: [
        { shape: [1, 12288], differentiable: false }, { shape: [3, 12288], differentiable: false }, { shape: [3], differentiable: false },
      ],
      attrs: { ...attrs(false, true), activation: 'relu' },
      tolerance: LONG_SUMS,
    },
    {
      label: 'one row and more long lines than a workgroup takes, shared',
      inputs: [{ shape: [1, 8192], differentiable: false }, { shape: [72, 8192], differentiable: false }],
      attrs: attrs(false, true),
      tolerance: LONG_SUMS,
    },
    { label: 'one row by one column', inputs: [{ shape: [1, 12] }, { shape: [12, 1] }], attrs: attrs(false, false) },
    { label: 'one column, a batch stretched', inputs: [{ shape: [2, 1, 6, 4] }, { shape: [3, 4, 1] }], attrs: attrs(false, false) },
    { label: 'one column, relu', inputs: [{ shape: [7, 4] }, { shape: [4, 1] }], attrs: { ...attrs(false, false), activation: 'relu' } },
    { label: 'a long inner extent', inputs: [{ shape: [2, 301] }, { shape: [301, 3] }], attrs: attrs(false, false) },
    { label: 'many rows of three columns', inputs: [{ shape: [517, 4] }, { shape: [4, 3] }, { shape: [3] }], attrs: attrs(false, false) },
    { label: 'a batch', inputs: [{ shape: [3, 4, 5] }, { shape: [3, 5, 2] }], attrs: attrs(false, false) },
    { label: 'a matrix for all of a batch', inputs: [{ shape: [3, 4, 5] }, { shape: [5, 2] }], attrs: attrs(false, false) },
    { label: 'both batches stretched', inputs: [{ shape: [2, 1, 4, 4] }, { shape: [3, 4, 4] }], attrs: attrs(false, true) },
    { label: 'five batch axes that cannot be merged', inputs: [{ shape: [2, 1, 2, 1, 3, 2, 3] }, { shape: [1, 2, 1, 2, 1, 3, 2] }], attrs: attrs(false, false) },
    { label: 'a batch of many tiles', inputs: [{ shape: [5, 34, 8] }, { shape: [5, 8, 66] }], attrs: attrs(false, false) },
    { label: 'bias', inputs: [{ shape: [9, 5] }, { shape: [11, 5] }, { shape: [11] }], attrs: attrs(false, true) },
    { label: 'bias of whole vec4s, a batch', inputs: [{ shape: [2, 3, 4] }, { shape: [4, 8] }, { shape: [8] }], attrs: attrs(false, false) },
    ...withRelu(4, 5, 7),
    ...withRelu(35, 6, 67),
    ...withRelu(1, 8, 7),
    { label: 'relu without bias', inputs: [{ shape: [3, 2] }, { shape: [2, 5] }], attrs: { ...attrs(false, false), activation: 'relu' } },
    {
      label: 'relu of values close to 0, one row',
      inputs: [
        { shape: [1, 4], data: [1, 0, 0, 0], differentiable: false },
        { shape: [3, 4], data: [0.005, 1, 1, 1, -0.005, 1, 1, 1, 1, 1, 1, 1], differentiable: false },
      ],
      attrs: { ...attrs(false, true), activation: 'relu' },
    },
    {
      label: 'relu of values close to 0',
      inputs: [
        { shape: [2, 2], data: [0.005, -0.005, 1, -1], differentiable: false }, { shape: [2, 2], data: [1, 0, 0, 1], differentiable: false },
      ],
      attrs: { ...attrs(false, false), activation: 'relu' },
    },
    { label: 'an empty sum and bias', inputs: [{ shape: [2, 0] }, { shape: [0, 3] }, { shape: [3] }], attrs: attrs(false, false) },
    { label: 'an empty sum', inputs: [{ shape: [2, 0] }, { shape: [0, 3] }], attrs: attrs(false, false) },
    { label: 'an empty sum, one column', inputs: [{ shape: [3, 0] }, { shape: [0, 1] }], attrs: attrs(false, false) },
    { label: 'nothing', inputs: [{ shape: [0, 3] }, { shape: [3, 2] }], attrs: attrs(false, false) },
  ],
  errors: [
    {
      label: 'inner extents that differ',
      inputs: [{ shape: [2, 3] }, { shape: [4, 5] }],
      attrs: attrs(false, false),
      error: 'ShapeError',
      message: /matmul: shapes \[2,3\] and \[4,5\]: inner extents 3 and 4/,
    },
    {
      label: 'inner extents that differ after transposing',
      inputs: [{ shape: [2, 3] }, { shape: [3, 5] }],
      attrs: attrs(true, false),
      error: 'ShapeError',
      message: /matmul: .*a transposed: inner extents 2 and 3/,
    },
    {
      label: 'batches that do not broadcast',
      inputs: [{ shape: [2, 3, 4] }, { shape: [5, 4, 3] }],
      attrs: attrs(false, false),
      error: 'ShapeError',
      message: /^matmul: batches of \[2,3,4\] and \[5,4,3\]: shapes \[2\] and \[5\]/,
    },
    {
      label: 'a bias that does not fit',
      inputs: [{ shape: [2, 3] }, { shape: [3, 4] }, { shape: [3] }],
      attrs: attrs(false, false),
      error: 'ShapeError',
      message: /matmul: bias \[3\]/,
    },
    {
      label: 'an activation that no kernel has',
      inputs: [{ shape: [2, 3] }, { shape: [3, 4] }],
      attrs: { ...attrs(false, false), activation: 'gelu' },
      error: 'TapegradError',
      message: /matmul: .*no activation but relu, got gelu/,
    },
    { label: 'a vector', inputs: [{ shape: [3] }, { shape: [3, 2] }], attrs: attrs(false, false), error: 'ShapeError', message: /matmul: shapes \[3\]/ },
    {
      label: 'int32',
      inputs: [{ shape: [2, 2], dtype: 'int32' }, { shape: [2, 2], dtype: 'int32' }],
      attrs: attrs(false, false),
      error: 'DTypeError',
      message: /matmul: .*int32/,
    },
  ],
  tolerance: SUMS,
  bench: [
    ...sizes([{ n: 256 }, { n: 512 }, { n: 1024 }], ({ n }) => ({
      label: `${n}^3`, inputs: [{ shape: [n, n] }, { shape: [n, n] }], attrs: attrs(false, false),
    })),
    ...sizes([{ rows: 128, inner: 1600, columns: 128 }], ({ rows, inner, columns }) => ({
      label: `a linear layer, [${rows}, ${inner}] to ${columns}`,
      inputs: [{ shape: [rows, inner] }, { shape: [columns, inner] }],
      attrs: attrs(false, true),
    })),
    { label: 'its weight gradient', inputs: [{ shape: [128, 128] }, { shape: [128, 1600] }], attrs: attrs(true, false) },
    { label: 'a head of four outputs, [65536, 256]', inputs: [{ shape: [65536, 256] }, { shape: [4, 256] }, { shape: [4] }], attrs: attrs(false, true) },
    ...sizes([{ side: 4096 }], ({ side }) => ({
      label: `a matrix of ${side}^2 by a vector`, inputs: [{ shape: [side, side] }, { shape: [side, 1] }], attrs: attrs(false, false),
    })),
  ],
});
