import { defineSamples } from '../../core/samples.js';

defineSamples('fill', {
  samples: [
    { label: 'scalar', inputs: [], attrs: { shape: [], dtype: 'float32', value: 1.5 } },
    { label: 'a tail after the last vec4', inputs: [], attrs: { shape: [3, 7], dtype: 'float32', value: -0.25 } },
    { label: 'several workgroups', inputs: [], attrs: { shape: [5, 229], dtype: 'float32', value: 0.75 } },
    { label: 'int32', inputs: [], attrs: { shape: [5], dtype: 'int32', value: -7 } },
    { label: 'nothing to fill', inputs: [], attrs: { shape: [0, 3], dtype: 'float32', value: 1 } },
  ],
  errors: [
    {
      label: 'a negative extent',
      inputs: [],
      attrs: { shape: [2, -1], dtype: 'float32', value: 0 },
      error: 'ShapeError',
      message: /fill: shape \[2,-1\]/,
    },
  ],
  bench: [{ label: '4M', inputs: [], attrs: { shape: [1 << 22], dtype: 'float32', value: 1 } }],
});
