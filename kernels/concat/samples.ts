import { type Sample, defineSamples } from '../../core/samples.js';
import { EXACT } from '../strided/samples.js';

const joined = (label: string, axis: number, ...shapes: readonly (readonly number[])[]): Sample => ({
  label, inputs: shapes.map((shape) => ({ shape })), attrs: { axis },
});

defineSamples('concat', {
  samples: [
    joined('one vector', 0, [5]),
    joined('vectors of prime lengths', 0, [3], [5], [7]),
    joined('rows, by vec4', 0, [2, 8], [3, 8]),
    joined('columns on vec4 borders', 1, [3, 4], [3, 8], [3, 4]),
    joined('columns on vec2 borders', 1, [3, 2], [3, 6]),
    joined('columns off every border', 1, [2, 3], [2, 1], [2, 4]),
    joined('a middle axis', 1, [2, 1, 3], [2, 4, 3], [2, 2, 3]),
    joined('an empty part', 1, [2, 3], [2, 0], [2, 2]),
    joined('more parts than a kernel can bind', 0, ...Array.from({ length: 13 }, (_, i) => [1 + (i % 3), 2])),
    joined('rank 8', 6, [2, 1, 2, 1, 2, 1, 3, 2], [2, 1, 2, 1, 2, 1, 1, 2]),
    joined('several workgroups', 2, [3, 17, 19], [3, 17, 4]),
    joined('nothing', 0, [0, 3], [0, 3]),
    {
      label: 'int32', inputs: [{ shape: [2, 3], dtype: 'int32', low: -3 }, { shape: [1, 3], dtype: 'int32', low: -3 }], attrs: { axis: 0 },
    },
  ],
  errors: [
    { ...joined('no tensors', 0), error: 'ShapeError', message: /concat: .*at least one/ },
    { ...joined('other extents differ', 0, [2, 3], [2, 4]), error: 'ShapeError', message: /concat: .*\[2,3\] and \[2,4\]/ },
    { ...joined('ranks differ', 0, [2, 3], [2]), error: 'ShapeError', message: /concat: .*\[2,3\] and \[2\]/ },
    { ...joined('an axis that there is not', 2, [2, 3], [2, 3]), error: 'ShapeError', message: /concat: shape \[2,3\] has no axis 2/ },
    { ...joined('scalars', 0, [], []), error: 'ShapeError', message: /concat: shape \[\] has no axis 0; use stack/ },
    {
      label: 'mixed dtypes', inputs: [{ shape: [2] }, { shape: [2], dtype: 'int32' }], attrs: { axis: 0 },
      error: 'DTypeError', message: /concat: .*float32 and int32/,
    },
  ],
  tolerance: EXACT,
  bench: [
    joined('channels of [128, 32, 26, 26], twice', 1, [128, 32, 26, 26], [128, 32, 26, 26]),
    joined('64 rows of [1, 65536]', 0, ...Array.from({ length: 64 }, () => [1, 65536])),
  ],
});
