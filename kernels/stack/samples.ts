import { type Sample, type SampleInput, defineSamples } from '../../core/samples.js';
import type { Shape } from '../../core/shape.js';
import { EXACT } from '../strided/samples.js';

/** `count` parts of `shape` beside each other along the new axis `axis`. */
interface Case {
  readonly label: string;
  readonly count: number;
  readonly shape: Shape;
  readonly axis: number;
  readonly values?: Partial<SampleInput>;
}

const CASES: readonly Case[] = [
  { label: 'scalars', count: 3, shape: [], axis: 0 },
  { label: 'one part', count: 1, shape: [3, 2], axis: 1 },
  { label: 'rows, by vec4', count: 3, shape: [2, 8], axis: 0 },
  { label: 'columns', count: 3, shape: [5], axis: 1 },
  { label: 'a middle axis, by vec2', count: 3, shape: [5, 6], axis: 1 },
  { label: 'a middle axis, off every border', count: 5, shape: [2, 3], axis: 1 },
  { label: 'the last axis', count: 4, shape: [4, 3], axis: 2 },
  { label: 'more parts than a kernel can bind', count: 13, shape: [2, 2], axis: 0 },
  { label: 'rank 8', count: 2, shape: [2, 1, 2, 1, 2, 1, 3], axis: 5 },
  { label: 'several workgroups', count: 2, shape: [17, 19], axis: 1 },
  { label: 'empty parts', count: 2, shape: [0, 3], axis: 0 },
  { label: 'int32', count: 2, shape: [3], axis: 0, values: { dtype: 'int32', low: -3 } },
];

const BENCH: readonly Case[] = [
  { label: '64 steps of [32, 512]', count: 64, shape: [32, 512], axis: 0 },
  { label: '2 parts of [512, 2048] along the last axis', count: 2, shape: [512, 2048], axis: 2 },
];

const parts = ({ label, count, shape, axis, values }: Case): Sample => ({
  label, inputs: Array.from({ length: count }, () => ({ shape, ...values })), attrs: { axis },
});
const whole = ({ label, count, shape, axis, values }: Case): Sample => ({
  label, inputs: [{ shape: shape.toSpliced(axis, 0, count), ...values }], attrs: { axis },
});

defineSamples('stack', {
  samples: CASES.map(parts),
  errors: [
    { label: 'no tensors', inputs: [], attrs: { axis: 0 }, error: 'ShapeError', message: /stack: .*at least one/ },
    {
      label: 'shapes differ', inputs: [{ shape: [2, 3] }, { shape: [2, 4] }], attrs: { axis: 0 },
      error: 'ShapeError', message: /stack: shapes \[2,3\] and \[2,4\] must be equal; use concat/,
    },
    {
      label: 'too many axes', inputs: [{ shape: [1, 1, 1, 1, 1, 1, 1, 1] }], attrs: { axis: 0 },
      error: 'ShapeError', message: /stack: .*rank 9/,
    },
    {
      label: 'mixed dtypes', inputs: [{ shape: [2] }, { shape: [2], dtype: 'int32' }], attrs: { axis: 0 },
      error: 'DTypeError', message: /stack: .*float32 and int32/,
    },
  ],
  tolerance: EXACT,
  bench: BENCH.map(parts),
});

defineSamples('unbind', {
  samples: CASES.map(whole),
  errors: [
    { label: 'an axis that there is not', inputs: [{ shape: [2, 3] }], attrs: { axis: 2 }, error: 'ShapeError', message: /unbind: shape \[2,3\] has no axis 2/ },
    { label: 'a scalar', inputs: [{ shape: [] }], attrs: { axis: 0 }, error: 'ShapeError', message: /unbind: shape \[\] has no axis 0/ },
  ],
  tolerance: EXACT,
  bench: BENCH.map(whole),
});
