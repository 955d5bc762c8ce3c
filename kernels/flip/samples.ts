import { type Sample, defineSamples } from '../../core/samples.js';
import { EXACT } from '../strided/samples.js';

const flipped = (label: string, shape: readonly number[], axes: readonly number[]): Sample => ({
  label, inputs: [{ shape }], attrs: { axes },
});

defineSamples('flip', {
  samples: [
    flipped('scalar', [], []),
    flipped('vector', [7], [0]),
    flipped('all axes', [3, 5], [0, 1]),
    flipped('inner axis', [3, 8], [1]),
    flipped('outer axis, by vec4', [3, 8], [0]),
    flipped('outer axis, by vec2', [3, 6], [0]),
    flipped('outer axis, by element', [3, 7], [0]),
    flipped('outer and inner of three', [2, 3, 4], [0, 2]),
    flipped('no axis', [3, 4], []),
    flipped('rank 8', [2, 1, 2, 3, 2, 1, 2, 2], [1, 3, 4, 7]),
    flipped('eight axes that cannot be merged', [2, 2, 2, 2, 2, 2, 2, 3], [1, 3, 5, 7]),
    flipped('several workgroups', [13, 37, 3], [1]),
    flipped('nothing', [0, 3], [0, 1]),
    { label: 'int32', inputs: [{ shape: [3, 5], dtype: 'int32', low: -3 }], attrs: { axes: [1] } },
  ],
  errors: [
    {
      label: 'an axis that there is not', inputs: [{ shape: [2, 3] }], attrs: { axes: [2] },
      error: 'ShapeError', message: /flip: axes \[2\] .*\[2,3\]/,
    },
    {
      label: 'one axis twice', inputs: [{ shape: [2, 3] }], attrs: { axes: [1, 1] },
      error: 'ShapeError', message: /flip: axes \[1,1\] .*\[2,3\]/,
    },
  ],
  tolerance: EXACT,
  bench: [
    { label: 'outer axis of [2048, 2048]', inputs: [{ shape: [2048, 2048] }], attrs: { axes: [0] } },
    { label: 'inner axis of [128, 32, 26, 26]', inputs: [{ shape: [128, 32, 26, 26] }], attrs: { axes: [3] } },
  ],
});
