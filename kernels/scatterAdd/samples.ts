import { type Sample, defineSamples } from '../../core/samples.js';
import type { Shape } from '../../core/shape.js';
import { floats, ints, outOfRange } from '../indexing.samples.js';

/** A call whose index draws from the `extent` of x along `axis`, so that several entries meet at one place. */
function sample(label: string, x: Shape, entries: Shape, axis: number): Sample {
  const index = { shape: entries, dtype: 'int32', high: Math.max(x[axis] - 1, 0) } as const;
  return { label, inputs: [{ shape: x }, index, { shape: entries }], attrs: { axis } };
}

defineSamples('scatterAdd', {
  samples: [
    sample('inner axis', [3, 5], [3, 7], 1),
    sample('outer axis', [3, 5], [4, 5], 0),
    sample('middle axis, an index smaller than x', [3, 5, 7], [2, 6, 3], 1),
    sample('a vector, many entries a place', [3], [65], 0),
    sample('one element', [1], [1], 0),
    sample('rank 8', [2, 1, 2, 3, 1, 2, 2, 2], [2, 1, 2, 4, 1, 2, 1, 2], 3),
    sample('five axes, the last one indexed', [2, 3, 2, 3, 3], [1, 2, 1, 2, 4], 4),
    sample('five axes, the first one indexed', [3, 2, 3, 2, 3], [4, 1, 2, 1, 2], 0),
    sample('several workgroups', [37, 11], [31, 41], 1),
    sample('long lines, which are sorted', [5, 7], [4, 131], 1),
    sample('long lines along an outer axis', [9, 2, 3], [130, 2, 2], 0),
    sample('long lines along a middle axis, two chunks each', [3, 11, 5], [2, 150, 4], 1),
    sample('a long line, the last chunk short', [19], [330], 0),
    sample('more chunks than a workgroup takes', [5, 40], [150, 40], 0),
    sample('a long line, places of three digits', [700], [300], 0),
    sample('five axes, long lines along the last one', [2, 1, 2, 1, 3], [2, 1, 1, 1, 129], 4),
    {
      label: 'int32',
      inputs: [
        { shape: [3, 4], dtype: 'int32', low: -9, high: 9 },
        { shape: [3, 5], dtype: 'int32' },
        { shape: [3, 5], dtype: 'int32', low: -9, high: 9 },
      ],
      attrs: { axis: 1 },
    },
    sample('nothing to add', [3, 4], [3, 0], 1),
    sample('nothing to add to', [0, 4], [0, 2], 1),
  ],
  errors: [
    {
      label: 'source and index of different shapes',
      inputs: [{ shape: [3, 4] }, { shape: [3, 2], dtype: 'int32' }, { shape: [3, 4] }],
      attrs: { axis: 1 },
      error: 'ShapeError',
      message: /scatterAdd: source .*\[3,4\].*\[3,2\]/,
    },
    {
      label: 'another rank',
      inputs: [{ shape: [3, 4] }, { shape: [3], dtype: 'int32' }, { shape: [3] }],
      attrs: { axis: 0 },
      error: 'ShapeError',
      message: /scatterAdd: .*\[3,4\].*\[3\].*rank/,
    },
    {
      label: 'an index that exceeds x beside the axis',
      inputs: [{ shape: [3, 4] }, { shape: [4, 2], dtype: 'int32' }, { shape: [4, 2] }],
      attrs: { axis: 1 },
      error: 'ShapeError',
      message: /scatterAdd: .*\[4,2\].*\[3,4\].*axis 0/,
    },
    {
      label: 'a float index',
      inputs: [{ shape: [3] }, { shape: [3] }, { shape: [3] }],
      attrs: { axis: 0 },
      error: 'DTypeError',
      message: /scatterAdd: index must be an int32 tensor, got float/,
    },
    {
      label: 'dtypes that differ',
      inputs: [{ shape: [3] }, { shape: [3], dtype: 'int32', high: 2 }, { shape: [3], dtype: 'int32' }],
      attrs: { axis: 0 },
      error: 'DTypeError',
      message: /scatterAdd: .*float32 and int32/,
    },
    {
      label: 'an axis that is not there',
      inputs: [{ shape: [3] }, { shape: [3], dtype: 'int32', high: 2 }, { shape: [3] }],
      attrs: { axis: 1 },
      error: 'ShapeError',
      message: /scatterAdd: axis 1 .*rank 1/,
    },
  ],
  valueErrors: outOfRange(
    'scatterAdd', 'a vector', (index) => [floats([3], [1, 2, 3]), ints(2, index, 2), floats([3], [10, 20, 30])], { axis: 0 }, [1, 2, 43],
  ),
  bench: [
    sample('1M into rows of 256', [4096, 256], [4096, 256], 1),
    sample('100,000 edges into 10,000 nodes of 16', [10_000, 16], [100_000, 16], 0),
    sample('one class of ten a row, batch 4096', [4096, 10], [4096, 1], 1),
  ],
});
