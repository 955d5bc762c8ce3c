import { type ErrorSample, type Sample, defineSamples } from '../../core/samples.js';
import type { Shape } from '../../core/shape.js';
import { EXACT } from '../strided/samples.js';

const matrix = (label: string, shape: Shape, diagonal = 0): Sample => ({ label, inputs: [{ shape }], attrs: { diagonal } });

/** Not checked for gradients, which are all zero for one of the two ops. */
const constant = (label: string, shape: Shape, diagonal: number): Sample => ({ label, inputs: [{ shape, differentiable: false }], attrs: { diagonal } });

const SAMPLES: readonly Sample[] = [
  matrix('square', [4, 4]),
  matrix('wide', [3, 5]),
  matrix('tall', [5, 2]),
  matrix('a diagonal above', [4, 4], 2),
  matrix('a diagonal below', [4, 5], -1),
  constant('a diagonal beyond the last column', [3, 4], 9),
  constant('a diagonal beyond the last row', [3, 4], -9),
  matrix('a batch, rows that share a vec4', [2, 2, 3, 3], 1),
  matrix('several workgroups', [3, 17, 19], -2),
  matrix('rows of several stretches', [3, 301], 150),
  matrix('no rows', [2, 0, 3]),
  { label: 'int32', inputs: [{ shape: [3, 3], dtype: 'int32', low: -5, high: -1 }], attrs: { diagonal: 0 } },
  { label: 'NaN outside', inputs: [{ shape: [2, 2], data: [1, NaN, NaN, 2], differentiable: false }], attrs: { diagonal: 0 } },
];

const errorsOf = (name: string): ErrorSample[] => [
  { label: 'a vector', inputs: [{ shape: [3] }], attrs: { diagonal: 0 }, error: 'ShapeError', message: new RegExp(`${name}: x \\[3\\] must be a matrix`) },
  { label: 'half a diagonal', inputs: [{ shape: [3, 3] }], attrs: { diagonal: 0.5 }, error: 'ShapeError', message: new RegExp(`${name}: diagonal .*0.5`) },
];

for (const name of ['tril', 'triu']) {
  defineSamples(name, {
    samples: SAMPLES,
    errors: errorsOf(name),
    tolerance: EXACT,
    bench: [matrix('[2048, 2048]', [2048, 2048]), matrix('[32, 8, 128, 128]', [32, 8, 128, 128])],
  });
}
