import type { Shape } from '../../core/shape.js';
import { type Sample, defineSamples } from '../../core/samples.js';
import { floats, ints, outOfRange } from '../indexing.samples.js';

/** `count` rows chosen along `axis` of a tensor of shape `x`. */
function select(label: string, x: Shape, count: number, axis: number): Sample {
  return { label, inputs: [{ shape: x }, { shape: [count], dtype: 'int32', high: Math.max(x[axis] - 1, 0) }], attrs: { axis } };
}

/** The way back: rows of `gradient` go to a tensor with `extent` of them. */
function selectGrad(label: string, gradient: Shape, axis: number, extent: number): Sample {
  const index = { shape: [gradient[axis]], dtype: 'int32', high: Math.max(extent - 1, 0) } as const;
  return { label, inputs: [{ shape: gradient }, index], attrs: { axis, extent } };
}

defineSamples('indexSelect', {
  samples: [
    select('inner axis', [3, 5], 7, 1),
    select('rows of odd length', [5, 3], 4, 0),
    select('rows of whole vec4s', [5, 8], 9, 0),
    select('middle axis', [2, 5, 4], 3, 1),
    select('a vector', [4], 9, 0),
    select('one element', [1], 1, 0),
    select('several workgroups', [13, 31], 67, 0),
    select('several workgroups of vec4s', [13, 32], 67, 0),
    select('rows of several stretches', [3, 301], 4, 0),
    { label: 'int32', inputs: [{ shape: [4, 3], dtype: 'int32', low: -9, high: 9 }, { shape: [5], dtype: 'int32' }], attrs: { axis: 0 } },
    select('nothing chosen', [3, 4], 0, 0),
    select('empty rows', [3, 0], 2, 0),
  ],
  errors: [
    {
      label: 'an index of two axes',
      inputs: [{ shape: [3, 4] }, { shape: [2, 2], dtype: 'int32' }],
      attrs: { axis: 0 },
      error: 'ShapeError',
      message: /indexSelect: index .*\[2,2\]/,
    },
    {
      label: 'a float index',
      inputs: [{ shape: [3, 4] }, { shape: [2] }],
      attrs: { axis: 0 },
      error: 'DTypeError',
      message: /indexSelect: index must be an int32 tensor, got float/,
    },
    {
      label: 'an axis that is not there',
      inputs: [{ shape: [3, 4] }, { shape: [2], dtype: 'int32', high: 2 }],
      attrs: { axis: 2 },
      error: 'ShapeError',
      message: /indexSelect: axis 2 .*rank 2/,
    },
    {
      label: 'a scalar has no axis',
      inputs: [{ shape: [] }, { shape: [2], dtype: 'int32', high: 0 }],
      attrs: { axis: 0 },
      error: 'ShapeError',
      message: /indexSelect: axis 0 .*rank 0/,
    },
  ],
  valueErrors: [
    ...outOfRange('indexSelect', 'rows of two', (index) => [floats([3, 2], [1, 2, 3, 4, 5, 6]), ints(index, 1)], { axis: 0 }, [NaN, NaN, 3, 4]),
    ...outOfRange(
      'indexSelect', 'rows of a vec4', (index) => [floats([3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), ints(1, index)], { axis: 0 },
      [4, 5, 6, 7, NaN, NaN, NaN, NaN],
    ),
    ...outOfRange('indexSelect', 'int32', (index) => [ints(1, 2, 3), ints(index, 1)], { axis: 0 }, [0, 2]),
  ],
  bench: [select('embedding: 8192 of 10000 rows of 512', [10_000, 512], 8192, 0), select('1M rows of 3', [1 << 16, 3], 1 << 20, 0)],
});

defineSamples('indexSelectGrad', {
  samples: [
    selectGrad('inner axis', [3, 7], 1, 5),
    selectGrad('rows of odd length', [4, 3], 0, 5),
    selectGrad('rows of whole vec4s, many copies each', [33, 8], 0, 3),
    selectGrad('middle axis', [2, 3, 4], 1, 5),
    selectGrad('a vector', [9], 0, 4),
    selectGrad('several workgroups', [67, 31], 0, 70),
    selectGrad('several workgroups of vec4s', [67, 32], 0, 70),
    selectGrad('rows of several stretches', [4, 301], 0, 3),
    selectGrad('blocks to merge, the last one short', [330, 2], 0, 7),
    selectGrad('nothing chosen: zeros', [0, 4], 0, 3),
    selectGrad('empty rows', [2, 0], 0, 3),
  ],
  errors: [
    {
      label: 'another number of rows than entries',
      inputs: [{ shape: [3, 4] }, { shape: [2], dtype: 'int32' }],
      attrs: { axis: 0, extent: 4 },
      error: 'ShapeError',
      message: /indexSelectGrad: .*\[3,4\].*axis 0.*\[2\]/,
    },
    {
      label: 'a negative extent',
      inputs: [{ shape: [3, 4] }, { shape: [3], dtype: 'int32' }],
      attrs: { axis: 0, extent: -1 },
      error: 'ShapeError',
      message: /indexSelectGrad: shape \[-1,4\]/,
    },
    {
      label: 'an axis that is not there',
      inputs: [{ shape: [3] }, { shape: [3], dtype: 'int32' }],
      attrs: { axis: 1, extent: 4 },
      error: 'ShapeError',
      message: /indexSelectGrad: axis 1 .*rank 1/,
    },
    {
      label: 'an int32 gradient',
      inputs: [{ shape: [3], dtype: 'int32' }, { shape: [3], dtype: 'int32' }],
      attrs: { axis: 0, extent: 4 },
      error: 'DTypeError',
      message: /indexSelectGrad: gradient must be a float tensor, got int32/,
    },
    {
      label: 'a float index',
      inputs: [{ shape: [3] }, { shape: [3] }],
      attrs: { axis: 0, extent: 4 },
      error: 'DTypeError',
      message: /indexSelectGrad: index must be an int32 tensor, got float/,
    },
  ],
  valueErrors: [
    ...outOfRange('indexSelectGrad', 'a vector', (index) => [floats([3], [10, 20, 30]), ints(2, index, 2)], { axis: 0, extent: 3 }, [0, 0, 40]),
    ...outOfRange(
      'indexSelectGrad', 'every other one of 130', (index) => [floats([130], Array(130).fill(1)), ints(...Array(65).fill([index, 2]).flat())],
      { axis: 0, extent: 3 }, [0, 0, 65],
    ),
  ],
  bench: [selectGrad('embedding: 8192 of 10000 rows of 512', [8192, 512], 0, 10_000)],
});
