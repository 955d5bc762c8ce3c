import { type Sample, type Tolerance, defineSamples } from '../../core/samples.js';
import type { Shape } from '../../core/shape.js';

const SUMS: Tolerance = { relative: 4e-6, absolute: 2e-6, reason: 'a running float32 sum of n values is off by about sqrt(n) roundings' };

const along = (label: string, shape: Shape, axis: number, reverse = false): Sample => ({ label, inputs: [{ shape }], attrs: { axis, reverse } });

defineSamples('cumSum', {
  samples: [
    along('vector', [7], 0),
    along('vector, from the end', [7], 0, true),
    along('rows', [3, 5], 1),
    along('columns, from the end', [4, 3], 0, true),
    along('the middle axis', [2, 5, 3], 1),
    along('one value', [1], 0),
    along('rank 8', [2, 1, 2, 3, 1, 2, 1, 2], 3, true),
    along('a vector in several blocks', [389], 0),
    along('a vector in several blocks, from the end', [389], 0, true),
    along('rows in blocks', [3, 193], 1),
    along('more blocks than are added up at a time', [4300], 0),
    along('the middle axis in blocks, several workgroups', [2, 197, 40], 1, true),
    along('more lines than a workgroup', [71, 4], 1),
    along('nothing along the axis', [3, 0], 1),
    along('no lines', [0, 3], 1),
    { label: 'int32', inputs: [{ shape: [3, 150], dtype: 'int32', low: -9, high: 9 }], attrs: { axis: 1, reverse: false } },
    { label: 'NaN', inputs: [{ shape: [4], data: [1, 2, NaN, 3], differentiable: false }], attrs: { axis: 0, reverse: false } },
  ],
  errors: [
    {
      label: 'an axis that is not there', inputs: [{ shape: [2, 3] }], attrs: { axis: 2, reverse: false },
      error: 'ShapeError', message: /cumSum: axis 2 .*rank 2/,
    },
    {
      label: 'a scalar', inputs: [{ shape: [] }], attrs: { axis: 0, reverse: false },
      error: 'ShapeError', message: /cumSum: axis 0 .*rank 0/,
    },
  ],
  tolerance: SUMS,
  bench: [
    along('a vector of 4M', [1 << 22], 0),
    along('rows of [4096, 1024]', [4096, 1024], 1),
    along('columns of [4096, 1024]', [4096, 1024], 0),
  ],
});
