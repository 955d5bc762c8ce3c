import { type Sample, defineSamples } from '../../core/samples.js';
import { EXACT } from '../strided/samples.js';

const permuted = (label: string, shape: readonly number[], axes: readonly number[]): Sample => ({
  label, inputs: [{ shape }], attrs: { axes },
});

defineSamples('permute', {
  samples: [
    permuted('scalar', [], []),
    permuted('vector', [7], [0]),
    permuted('matrix, primes', [5, 7], [1, 0]),
    permuted('matrix of one 4 x 4 block', [4, 4], [1, 0]),
    permuted('blocks below, at and above a tile of 32', [28, 36], [1, 0]),
    permuted('one extent not a multiple of 4', [32, 33], [1, 0]),
    permuted('batched blocks', [3, 8, 12], [0, 2, 1]),
    permuted('NCHW to NHWC', [2, 8, 3, 4], [0, 2, 3, 1]),
    permuted('NHWC to NCHW', [2, 3, 4, 8], [0, 3, 1, 2]),
    permuted('blocks between the outer and the inner axis', [8, 3, 4], [2, 1, 0]),
    permuted('inner axis kept, by vec4', [3, 5, 8], [1, 0, 2]),
    permuted('inner axis kept, by vec2', [3, 5, 6], [1, 0, 2]),
    permuted('inner axis kept, by element', [3, 5, 7], [1, 0, 2]),
    permuted('nothing moves', [3, 4, 5], [0, 1, 2]),
    permuted('extents of 1', [1, 3, 1, 4], [3, 2, 1, 0]),
    permuted('rank 8', [2, 1, 2, 3, 2, 1, 2, 2], [7, 5, 3, 1, 6, 4, 2, 0]),
    permuted('several workgroups', [37, 5, 11], [2, 1, 0]),
    permuted('two by two tiles', [36, 40], [1, 0]),
    permuted('several tiles and a batch', [2, 68, 100], [0, 2, 1]),
    permuted('whole tiles and a batch', [2, 64, 64], [0, 2, 1]),
    permuted('blocks in a batch of two axes', [2, 3, 8, 12], [1, 0, 3, 2]),
    permuted('blocks in a batch of six axes', [2, 2, 2, 3, 2, 2, 4, 4], [5, 4, 3, 2, 1, 0, 7, 6]),
    permuted('nothing', [0, 3], [1, 0]),
    { label: 'int32', inputs: [{ shape: [3, 5], dtype: 'int32', low: -3 }], attrs: { axes: [1, 0] } },
  ],
  errors: [
    {
      label: 'too few axes', inputs: [{ shape: [2, 3] }], attrs: { axes: [0] },
      error: 'ShapeError', message: /permute: axes \[0\] .*2 axes.*\[2,3\]/,
    },
    {
      label: 'one axis twice', inputs: [{ shape: [2, 3] }], attrs: { axes: [1, 1] },
      error: 'ShapeError', message: /permute: axes \[1,1\] .*\[2,3\]/,
    },
    {
      label: 'an axis that there is not', inputs: [{ shape: [2, 3] }], attrs: { axes: [0, 2] },
      error: 'ShapeError', message: /permute: axes \[0,2\] .*\[2,3\]/,
    },
  ],
  tolerance: EXACT,
  bench: [
    { label: 'transpose of [2048, 2048]', inputs: [{ shape: [2048, 2048] }], attrs: { axes: [1, 0] } },
    { label: 'transpose of [2047, 2049]', inputs: [{ shape: [2047, 2049] }], attrs: { axes: [1, 0] } },
    { label: 'NCHW to NHWC, [128, 32, 26, 26]', inputs: [{ shape: [128, 32, 26, 26] }], attrs: { axes: [0, 2, 3, 1] } },
    { label: 'inner axis kept, [64, 64, 1024]', inputs: [{ shape: [64, 64, 1024] }], attrs: { axes: [1, 0, 2] } },
  ],
});
