import { type Sample, defineSamples } from '../../core/samples.js';
import { EXACT } from '../strided/samples.js';

const padded = (label: string, shape: readonly number[], padding: readonly (readonly number[])[], value = 0): Sample => ({
  label, inputs: [{ shape }], attrs: { padding, value },
});

defineSamples('pad', {
  samples: [
    padded('scalar', [], []),
    padded('vector', [5], [[2, 3]]),
    padded('around a matrix', [3, 4], [[1, 2], [0, 3]], 1.5),
    padded('by nothing', [3, 5], [[0, 0], [0, 0]]),
    padded('whole rows, by vec4', [3, 8], [[1, 2], [0, 0]], -0.25),
    padded('columns on vec4 borders', [3, 8], [[0, 0], [4, 8]], 2),
    padded('columns on vec2 borders', [3, 6], [[1, 0], [2, 2]], 2),
    padded('columns off every border', [3, 7], [[1, 1], [1, 1]], 2),
    padded('images', [2, 3, 5, 5], [[0, 0], [0, 0], [1, 1], [2, 2]]),
    padded('rank 8', [2, 1, 2, 1, 2, 1, 2, 1], [[0, 0], [1, 0], [0, 1], [0, 0], [0, 0], [1, 1], [0, 0], [2, 0]], -1),
    padded('several workgroups', [37, 41], [[3, 5], [2, 7]], 0.5),
    padded('around nothing', [0, 3], [[1, 1], [0, 2]], 3),
    padded('to nothing', [0, 3], [[0, 0], [1, 1]], 3),
    { label: 'int32', inputs: [{ shape: [3], dtype: 'int32', low: -3 }], attrs: { padding: [[1, 2]], value: -7 } },
  ],
  errors: [
    { ...padded('too few axes', [2, 3], [[1, 1]]), error: 'ShapeError', message: /pad: padding \[\[1,1\]\] .*\[2,3\].*2 axes/ },
    { ...padded('negative', [2, 3], [[0, 0], [-1, 1]]), error: 'ShapeError', message: /pad: padding \[\[0,0\], \[-1,1\]\] .*\[2,3\]/ },
    { ...padded('a number instead of a pair', [3], [[1]]), error: 'ShapeError', message: /pad: padding \[\[1\]\] .*\[3\]/ },
    {
      label: 'a broken value for int32', inputs: [{ shape: [3], dtype: 'int32' }], attrs: { padding: [[1, 1]], value: 0.5 },
      error: 'DTypeError', message: /pad: value 0.5 .*int32/,
    },
  ],
  tolerance: EXACT,
  bench: [
    padded('images of [128, 32, 26, 26] by 1', [128, 32, 26, 26], [[0, 0], [0, 0], [1, 1], [1, 1]]),
    padded('rows of [2040, 2048] by 4', [2040, 2048], [[4, 4], [0, 0]]),
  ],
});
