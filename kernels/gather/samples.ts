import { defineSamples } from '../../core/samples.js';
import { floats, ints, outOfRange } from '../indexing.samples.js';

defineSamples('gather', {
  samples: [
    { label: 'inner axis', inputs: [{ shape: [3, 5] }, { shape: [3, 7], dtype: 'int32', high: 4 }], attrs: { axis: 1 } },
    { label: 'outer axis', inputs: [{ shape: [3, 5] }, { shape: [4, 5], dtype: 'int32', high: 2 }], attrs: { axis: 0 } },
    {
      label: 'middle axis, an index smaller than x',
      inputs: [{ shape: [3, 5, 7] }, { shape: [2, 6, 3], dtype: 'int32', high: 4 }],
      attrs: { axis: 1 },
    },
    { label: 'a vector', inputs: [{ shape: [4] }, { shape: [9], dtype: 'int32' }], attrs: { axis: 0 } },
    { label: 'one element', inputs: [{ shape: [1] }, { shape: [1], dtype: 'int32', high: 0 }], attrs: { axis: 0 } },
    {
      label: 'rank 8',
      inputs: [{ shape: [2, 1, 2, 3, 1, 2, 2, 2] }, { shape: [2, 1, 2, 4, 1, 2, 1, 2], dtype: 'int32', high: 2 }],
      attrs: { axis: 3 },
    },
    { label: 'five axes that cannot be merged', inputs: [{ shape: [3, 3, 3, 3, 3] }, { shape: [2, 2, 4, 2, 2], dtype: 'int32', high: 2 }], attrs: { axis: 2 } },
    { label: 'several workgroups', inputs: [{ shape: [37, 11] }, { shape: [37, 41], dtype: 'int32', high: 10 }], attrs: { axis: 1 } },
    { label: 'rows walked side by side', inputs: [{ shape: [3, 256] }, { shape: [2, 256], dtype: 'int32', high: 2 }], attrs: { axis: 0 } },
    {
      label: 'int32',
      inputs: [{ shape: [3, 4], dtype: 'int32', low: -9, high: 9 }, { shape: [3, 5], dtype: 'int32' }],
      attrs: { axis: 1 },
    },
    { label: 'no entries', inputs: [{ shape: [3, 4] }, { shape: [3, 0], dtype: 'int32' }], attrs: { axis: 1 } },
    { label: 'no entries in nothing', inputs: [{ shape: [3, 0] }, { shape: [3, 0], dtype: 'int32' }], attrs: { axis: 1 } },
  ],
  errors: [
    {
      label: 'another rank',
      inputs: [{ shape: [3, 4] }, { shape: [3], dtype: 'int32' }],
      attrs: { axis: 0 },
      error: 'ShapeError',
      message: /gather: .*\[3,4\].*\[3\].*rank/,
    },
    {
      label: 'an index that exceeds x beside the axis',
      inputs: [{ shape: [3, 4] }, { shape: [4, 2], dtype: 'int32' }],
      attrs: { axis: 1 },
      error: 'ShapeError',
      message: /gather: .*\[4,2\].*\[3,4\].*axis 0/,
    },
    {
      label: 'a float index',
      inputs: [{ shape: [3, 4] }, { shape: [3, 4] }],
      attrs: { axis: 1 },
      error: 'DTypeError',
      message: /gather: index must be an int32 tensor, got float/,
    },
    {
      label: 'an axis that is not there',
      inputs: [{ shape: [3, 4] }, { shape: [3, 4], dtype: 'int32' }],
      attrs: { axis: 2 },
      error: 'ShapeError',
      message: /gather: axis 2 .*rank 2/,
    },
    {
      label: 'an axis that is not resolved',
      inputs: [{ shape: [3, 4] }, { shape: [3, 4], dtype: 'int32' }],
      attrs: { axis: -1 },
      error: 'ShapeError',
      message: /gather: axis -1 .*rank 2/,
    },
  ],
  valueErrors: [
    ...outOfRange('gather', 'float32', (index) => [floats([3], [1, 2, 3]), ints(2, index, 0)], { axis: 0 }, [3, NaN, 1]),
    ...outOfRange('gather', 'int32', (index) => [ints(1, 2, 3), ints(2, index, 0)], { axis: 0 }, [3, 0, 1]),
  ],
  bench: [
    {
      label: '4M along rows of 1024',
      inputs: [{ shape: [4096, 1024] }, { shape: [4096, 1024], dtype: 'int32', high: 1023 }],
      attrs: { axis: 1 },
    },
    {
      label: 'one class of ten a row, batch 4096',
      inputs: [{ shape: [4096, 10] }, { shape: [4096, 1], dtype: 'int32', high: 9 }],
      attrs: { axis: 1 },
    },
  ],
});
