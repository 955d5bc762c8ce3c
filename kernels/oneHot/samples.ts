import type { Shape } from '../../core/shape.js';
import { type Sample, defineSamples } from '../../core/samples.js';
import { ints, outOfRange } from '../indexing.samples.js';

function labels(label: string, shape: Shape, classes: number, dtype = 'float32'): Sample {
  return { label, inputs: [{ shape, dtype: 'int32', high: classes - 1 }], attrs: { classes, dtype } };
}

defineSamples('oneHot', {
  samples: [
    labels('a vector, a tail after the last vec4', [7], 5),
    labels('two axes', [3, 5], 4),
    labels('a scalar', [], 3),
    labels('one class', [5], 1),
    labels('int32', [5], 3, 'int32'),
    labels('several workgroups', [67], 11),
    { label: 'rows of several runs, the last one short', inputs: [ints(3, 0, 34, 0, 7)], attrs: { classes: 35, dtype: 'float32' } },
    { label: 'rows of several stretches', inputs: [ints(3, 0, 300, 150)], attrs: { classes: 301, dtype: 'float32' } },
    labels('nothing', [0], 3),
  ],
  errors: [
    {
      label: 'no class',
      inputs: [{ shape: [3], dtype: 'int32' }],
      attrs: { classes: 0, dtype: 'float32' },
      error: 'ShapeError',
      message: /oneHot: classes .*got 0.*\[3\]/,
    },
    {
      label: 'half a class',
      inputs: [{ shape: [3], dtype: 'int32' }],
      attrs: { classes: 2.5, dtype: 'float32' },
      error: 'ShapeError',
      message: /oneHot: classes .*got 2\.5/,
    },
    {
      label: 'a float index',
      inputs: [{ shape: [3] }],
      attrs: { classes: 4, dtype: 'float32' },
      error: 'DTypeError',
      message: /oneHot: index must be an int32 tensor, got float/,
    },
    {
      label: 'no axis left',
      inputs: [{ shape: [1, 1, 1, 1, 1, 1, 1, 1], dtype: 'int32' }],
      attrs: { classes: 4, dtype: 'float32' },
      error: 'ShapeError',
      message: /oneHot: shape \[1,1,1,1,1,1,1,1,4\] has rank 9/,
    },
  ],
  valueErrors: outOfRange('oneHot', 'a vector', (index) => [ints(index, 1)], { classes: 3, dtype: 'float32' }, [0, 0, 0, 0, 1, 0]),
  bench: [labels('4096 labels of 1000 classes', [4096], 1000)],
});
