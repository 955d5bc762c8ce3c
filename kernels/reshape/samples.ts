import { defineSamples } from '../../core/samples.js';

defineSamples('reshape', {
  samples: [
    { label: 'one extent inferred', inputs: [{ shape: [3, 4] }], attrs: { shape: [2, -1] } },
    { label: 'to a scalar', inputs: [{ shape: [1, 1] }], attrs: { shape: [] } },
  ],
  errors: [
    {
      label: 'another number of elements',
      inputs: [{ shape: [3, 4] }],
      attrs: { shape: [5] },
      error: 'ShapeError',
      message: /reshape: .*\[3,4\].*\[5\]/,
    },
  ],
  bench: [],
});
