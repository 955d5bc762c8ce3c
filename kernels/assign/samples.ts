import { defineSamples } from '../../core/samples.js';

defineSamples('assign', {
  samples: [
    { label: 'scalar', inputs: [{ shape: [] }, { shape: [] }] },
    { label: 'a tail after the last vec4', inputs: [{ shape: [3, 7] }, { shape: [3, 7] }] },
    { label: 'several workgroups', inputs: [{ shape: [5, 131] }, { shape: [5, 131] }] },
    { label: 'int32', inputs: [{ shape: [5], dtype: 'int32' }, { shape: [5], dtype: 'int32' }] },
    { label: 'nothing to copy', inputs: [{ shape: [0, 3] }, { shape: [0, 3] }] },
  ],
  errors: [
    {
      label: 'another shape',
      inputs: [{ shape: [2, 3] }, { shape: [3, 2] }],
      error: 'ShapeError',
      message: /assign: .*\[3,2\].*\[2,3\]/,
    },
    {
      label: 'another dtype',
      inputs: [{ shape: [2] }, { shape: [2], dtype: 'int32' }],
      error: 'DTypeError',
      message: /assign: .*float32 and int32/,
    },
  ],
  bench: [{ label: '4M', inputs: [{ shape: [1 << 22] }, { shape: [1 << 22] }] }],
});
