import type { Shape } from '../../core/shape.js';
import { type Sample, defineSamples } from '../../core/samples.js';

function drop(label: string, shape: Shape, attrs: object = {}): Sample {
  return { label, inputs: [{ shape }], attrs: { p: 0.5, key: [1, 2], counter: 3, ...attrs } };
}

defineSamples('dropout', {
  samples: [
    drop('half', [5, 7]),
    drop('little', [5, 7], { p: 0.1 }),
    drop('most', [5, 7], { p: 0.9 }),
    drop('nothing', [5, 7], { p: 0 }),
    drop('scalar, kept', [], { p: 0.01 }),
    drop('several workgroups', [1031], { p: 0.3 }),
    drop('a counter that carries into its high word', [67], { counter: 2 ** 32 - 5 }),
    drop('a uniform that equals p stays (word 3 of this block is 1/2)', [4], { key: [0, 0], counter: 454_764 }),
    drop('no elements', [0, 3]),
  ],
  errors: [
    { ...drop('everything', [3], { p: 1 }), error: 'TapegradError', message: /dropout: p must .*got 1$/ },
    { ...drop('less than nothing', [3], { p: -0.1 }), error: 'TapegradError', message: /dropout: p must .*got -0\.1$/ },
    { ...drop('not a number', [3], { p: NaN }), error: 'TapegradError', message: /dropout: p must .*got NaN$/ },
    { ...drop('a negative counter', [3], { counter: -1 }), error: 'ShapeError', message: /dropout: .*counter -1/ },
    {
      label: 'int32',
      inputs: [{ shape: [3], dtype: 'int32' }],
      attrs: { p: 0.5, key: [1, 2], counter: 3 },
      error: 'DTypeError',
      message: /dropout: x must be a float tensor, got int32/,
    },
  ],
  bench: [drop('batch 4096 of 1024', [4096, 1024], { p: 0.1 })],
});
