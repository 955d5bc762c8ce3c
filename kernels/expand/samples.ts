import { type Sample, defineSamples } from '../../core/samples.js';

const expanded = (label: string, from: readonly number[], shape: readonly number[]): Sample => ({
  label, inputs: [{ shape: from }], attrs: { shape },
});

defineSamples('expand', {
  samples: [
    expanded('scalar to scalar', [], []),
    expanded('scalar to a matrix with a tail', [], [3, 7]),
    expanded('scalar to whole vec4s', [], [4, 8]),
    expanded('rows, by vec4', [1, 8], [3, 8]),
    expanded('rows, by vec2', [6], [5, 6]),
    expanded('rows, by element', [7], [5, 7]),
    expanded('columns, one value over a vec4', [5, 1], [5, 12]),
    expanded('columns, one value over a vec2', [5, 1], [5, 6]),
    expanded('columns, by element', [5, 1], [5, 3]),
    expanded('outer and inner axis', [1, 3, 1], [4, 3, 8]),
    expanded('a bias over channels, several workgroups', [6, 1, 1], [4, 6, 13, 13]),
    expanded('rank 8, every other axis', [1, 2, 1, 2, 1, 2, 1, 2], [2, 2, 3, 2, 2, 2, 1, 2]),
    expanded('nothing stretches', [3, 5], [3, 5]),
    expanded('to nothing', [1, 3], [0, 3]),
    expanded('from nothing', [1, 0], [4, 0]),
    { label: 'int32', inputs: [{ shape: [3, 1], dtype: 'int32', low: -3 }], attrs: { shape: [2, 3, 5] } },
  ],
  errors: [
    {
      label: 'an extent other than 1 would change', inputs: [{ shape: [2, 3] }], attrs: { shape: [4, 3] },
      error: 'ShapeError', message: /expand: shape \[2,3\] .*\[4,3\]/,
    },
    {
      label: 'too few axes', inputs: [{ shape: [2, 3] }], attrs: { shape: [3] },
      error: 'ShapeError', message: /expand: shape \[2,3\] .*\[3\]/,
    },
    {
      label: 'a negative extent for a new axis', inputs: [{ shape: [3] }], attrs: { shape: [-1, 3] },
      error: 'ShapeError', message: /expand: shape \[-1,3\]/,
    },
    {
      label: 'rank 9', inputs: [{ shape: [1] }], attrs: { shape: [1, 1, 1, 1, 1, 1, 1, 1, 1] },
      error: 'ShapeError', message: /expand: .*rank 9/,
    },
  ],
  bench: [
    { label: 'a scalar to 4M', inputs: [{ shape: [] }], attrs: { shape: [1 << 22] } },
    { label: 'a row to [2048, 2048]', inputs: [{ shape: [2048] }], attrs: { shape: [2048, 2048] } },
    { label: 'a bias over the channels of [128, 32, 26, 26]', inputs: [{ shape: [32, 1, 1] }], attrs: { shape: [128, 32, 26, 26] } },
  ],
});
