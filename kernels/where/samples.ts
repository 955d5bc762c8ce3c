import { defineSamples } from '../../core/samples.js';

const flags = { dtype: 'int32', low: 0, high: 1 } as const;

defineSamples('where', {
  samples: [
    { label: 'equal shapes', inputs: [{ shape: [3, 7], ...flags }, { shape: [3, 7] }, { shape: [3, 7] }] },
    { label: 'scalars', inputs: [{ shape: [], ...flags }, { shape: [] }, { shape: [] }] },
    { label: 'all three stretched', inputs: [{ shape: [4, 1, 1], ...flags }, { shape: [3, 1] }, { shape: [2] }] },
    { label: 'five axes that cannot be merged', inputs: [{ shape: [2, 1, 2, 1, 2], ...flags }, { shape: [1, 3, 1, 3, 1] }, { shape: [2, 3, 1, 1, 2] }] },
    { label: 'eight axes that cannot be merged', inputs: [{ shape: [2, 1, 2, 1, 3, 1, 2, 1], ...flags }, { shape: [1, 2, 1, 2, 1, 2, 1, 2] }, { shape: [2, 2, 2, 2, 3, 2, 2, 2] }] },
    { label: 'vec4s: the condition a column, a a row', inputs: [{ shape: [9, 1], ...flags }, { shape: [8] }, { shape: [9, 8] }] },
    { label: 'vec4s: the condition a row, a a column', inputs: [{ shape: [8], ...flags }, { shape: [9, 1] }, { shape: [9, 8] }] },
    { label: 'vec4s: b a column', inputs: [{ shape: [9, 8], ...flags }, { shape: [9, 8] }, { shape: [9, 1] }] },
    { label: 'vec4s: a a column, b a row', inputs: [{ shape: [9, 8], ...flags }, { shape: [9, 1] }, { shape: [8] }] },
    { label: 'a condition with values beyond 1', inputs: [{ shape: [5], dtype: 'int32', low: -2, high: 2 }, { shape: [5] }, { shape: [] }] },
    { label: 'int32', inputs: [{ shape: [5], ...flags }, { shape: [5], dtype: 'int32' }, { shape: [5], dtype: 'int32' }] },
    { label: 'nothing', inputs: [{ shape: [0], ...flags }, { shape: [0] }, { shape: [] }] },
    { label: 'several workgroups', inputs: [{ shape: [37, 1], ...flags }, { shape: [37, 41] }, { shape: [41] }] },
    { label: 'a row, walked side by side', inputs: [{ shape: [3, 1], ...flags }, { shape: [3, 128] }, { shape: [128] }] },
  ],
  errors: [
    {
      label: 'a float condition',
      inputs: [{ shape: [3] }, { shape: [3] }, { shape: [3] }],
      error: 'DTypeError',
      message: /where: condition .*float32/,
    },
    {
      label: 'mixed dtypes',
      inputs: [{ shape: [3], ...flags }, { shape: [3] }, { shape: [3], dtype: 'int32' }],
      error: 'DTypeError',
      message: /where: .*float32 and int32/,
    },
    {
      label: 'shapes that do not broadcast',
      inputs: [{ shape: [2], ...flags }, { shape: [3] }, { shape: [3] }],
      error: 'ShapeError',
      message: /where: .*\[2\].*\[3\]/,
    },
  ],
  bench: [{ label: '4M', inputs: [{ shape: [1 << 22], ...flags }, { shape: [1 << 22] }, { shape: [1 << 22] }] }],
});
