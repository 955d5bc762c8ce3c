import { MAX_FLOAT32 } from '../../core/dtype.js';
import { type Sample, type Tolerance, defineSamples, sizes } from '../../core/samples.js';

const EXPONENTIAL: Tolerance = { relative: 4e-6, absolute: 2e-6, reason: 'WGSL allows exp 3 + 2|x| ULP, log 2^-21 near 1 and division 2.5 ULP' };

const notFinite = (label: string, shape: readonly number[], data: readonly number[]): Sample => (
  { label, inputs: [{ shape, data, differentiable: false }], attrs: { axis: 1 } });

for (const name of ['softmax', 'logSoftmax']) {
  defineSamples(name, {
    samples: [
      { label: 'rows', inputs: [{ shape: [4, 10] }], attrs: { axis: 1 } },
      { label: 'rows of whole vec4s', inputs: [{ shape: [3, 12] }], attrs: { axis: 1 } },
      { label: 'rows of whole vec4s, several workgroups', inputs: [{ shape: [67, 8] }], attrs: { axis: 1 } },
      { label: 'large values in whole vec4s', inputs: [{ shape: [2, 4], data: [1000, 1001, 999.5, 998, -1000, -1001, -1002, -999], differentiable: false }], attrs: { axis: 1 } },
      {
        label: 'the maximum in each lane of a vec4, far above the rest',
        inputs: [{ shape: [4, 4], data: Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 100 : -100)), differentiable: false }], attrs: { axis: 1 },
      },
      { label: 'the maximum last, far above the rest', inputs: [{ shape: [2, 3], data: [-100, -90, 100, 0, -100, 90], differentiable: false }], attrs: { axis: 1 } },
      { label: 'columns', inputs: [{ shape: [5, 3] }], attrs: { axis: 0 } },
      { label: 'the middle axis', inputs: [{ shape: [2, 7, 3] }], attrs: { axis: 1 } },
      { label: 'a vector', inputs: [{ shape: [9] }], attrs: { axis: 0 } },
      { label: 'large values', inputs: [{ shape: [2, 3], data: [1000, 1001, 999.5, -1000, -1001, -1002], differentiable: false }], attrs: { axis: 1 } },
      { label: 'long rows in several parts', inputs: [{ shape: [3, 1030] }], attrs: { axis: 1 } },
      { label: 'long columns in several parts', inputs: [{ shape: [1025, 2] }], attrs: { axis: 0 } },
      { label: 'rows in several parts', inputs: [{ shape: [3, 700] }], attrs: { axis: 1 } },
      { label: 'columns in several parts', inputs: [{ shape: [300, 5] }], attrs: { axis: 0 } },
      { label: 'several workgroups', inputs: [{ shape: [130, 11] }], attrs: { axis: 1 } },
      { label: 'more rows than a workgroup, of two parts', inputs: [{ shape: [70, 260], differentiable: false }], attrs: { axis: 1 } },
      notFinite('rows with NaN, Infinity and the largest number', [9, 4], [
        NaN, 1, 2, 3, 0, NaN, 1, 2, 0, 1, NaN, 2, 0, 1, 2, NaN, 1, Infinity, 2, 0, 1, -Infinity, 2, 0, 0, MAX_FLOAT32, -1, 0,
        ...new Array<number>(4).fill(-Infinity), ...new Array<number>(4).fill(-MAX_FLOAT32),
      ]),
      notFinite('rows of three with NaN, Infinity and the largest number', [5, 3], [
        1, NaN, 0, 1, Infinity, 2, 1, -Infinity, 2, 0, MAX_FLOAT32, -1, ...new Array<number>(3).fill(-Infinity),
      ]),
      { label: 'nothing', inputs: [{ shape: [0, 3] }], attrs: { axis: 1 } },
    ],
    errors: [
      { label: 'an axis out of range', inputs: [{ shape: [2, 3] }], attrs: { axis: 2 }, error: 'ShapeError', message: new RegExp(`${name}: axis 2`) },
      { label: 'a scalar', inputs: [{ shape: [] }], attrs: { axis: 0 }, error: 'ShapeError', message: new RegExp(`${name}: axis 0 .*rank 0`) },
      { label: 'int32', inputs: [{ shape: [3], dtype: 'int32' }], attrs: { axis: 0 }, error: 'DTypeError', message: new RegExp(`${name}: .*int32`) },
    ],
    tolerance: EXPONENTIAL,
    bench: [
      ...sizes([{ rows: 4096, columns: 1024 }, { rows: 128, columns: 10 }, { rows: 32768, columns: 127 }], ({ rows, columns }) => ({
        label: `rows of [${rows}, ${columns}]`, inputs: [{ shape: [rows, columns] }], attrs: { axis: 1 },
      })),
      { label: 'channels of [128, 32, 26, 26]', inputs: [{ shape: [128, 32, 26, 26] }], attrs: { axis: 1 } },
    ],
  });
}
