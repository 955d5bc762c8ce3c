import { EXACT_TOLERANCE, defineSamples } from '../../core/samples.js';

defineSamples('cast', {
  samples: [
    { label: 'to int32, both signs', inputs: [{ shape: [7], data: [-2.7, -1, -0.5, 0, 0.5, 1, 2.7], differentiable: false }], attrs: { dtype: 'int32' } },
    {
      label: 'to int32, more than it holds, and almost', inputs: [{ shape: [6], data: [2147483520, 2147483648, 3e9, Infinity, -2147483648, -3e9], differentiable: false }],
      attrs: { dtype: 'int32' }, tolerance: EXACT_TOLERANCE,
    },
    { label: 'to int32, NaN', inputs: [{ shape: [2], data: [NaN, 1.5], differentiable: false }], attrs: { dtype: 'int32' } },
    { label: 'from int32', inputs: [{ shape: [3, 67], dtype: 'int32', low: -1000, high: 1000 }], attrs: { dtype: 'float32' } },
    { label: 'several workgroups', inputs: [{ shape: [5, 229], low: -100, high: 100, differentiable: false }], attrs: { dtype: 'int32' } },
    { label: 'to the dtype it has', inputs: [{ shape: [5] }], attrs: { dtype: 'float32' } },
    { label: 'nothing', inputs: [{ shape: [0], differentiable: false }], attrs: { dtype: 'int32' } },
  ],
  errors: [
    {
      label: 'a dtype that the device or the library does not have',
      inputs: [{ shape: [2] }],
      attrs: { dtype: 'bfloat16' },
      error: 'DTypeError',
      message: /cast: .*bfloat16/,
    },
  ],
  bench: [{ label: 'to int32, 4M', inputs: [{ shape: [1 << 22] }], attrs: { dtype: 'int32' } }],
});
