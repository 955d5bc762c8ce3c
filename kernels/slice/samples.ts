import { type ErrorSample, type Sample, defineSamples } from '../../core/samples.js';
import { EXACT } from '../strided/samples.js';
import type { AxisSlice } from './ranges.js';

/** A slice of a tensor of `shape`; `taken` writes it as [start, step, length] for each axis. */
interface Case {
  label: string;
  shape: readonly number[];
  slices: readonly AxisSlice[];
}

const taken = (label: string, shape: readonly number[], ...triples: readonly (readonly [number, number, number])[]): Case => ({
  label, shape, slices: triples.map(([start, step, length]) => ({ start, step, length })),
});

const CASES = [
  taken('scalar', []),
  taken('every third of a vector', [8], [0, 3, 3]),
  taken('all of it', [3, 5], [0, 1, 3], [0, 1, 5]),
  taken('one element', [4, 4], [1, 1, 1], [3, 1, 1]),
  taken('backwards', [7, 5], [5, -2, 3], [4, -1, 5]),
  taken('rows, by vec4', [7, 8], [2, 1, 3], [0, 1, 8]),
  taken('every other row, by vec4', [7, 8], [0, 2, 4], [0, 1, 8]),
  taken('columns on vec4 borders', [5, 16], [0, 1, 5], [4, 1, 8]),
  taken('columns on vec2 borders', [5, 12], [0, 1, 5], [2, 1, 4]),
  taken('columns off every border', [5, 12], [0, 1, 5], [3, 1, 8]),
  taken('a middle axis, steps off the inner one', [3, 7, 4], [0, 1, 3], [1, 3, 2], [1, 2, 2]),
  taken('a step longer than the axis', [3, 4], [1, 9, 1], [0, 1, 4]),
  taken('rank 8', [2, 1, 3, 2, 2, 1, 2, 3], [1, 1, 1], [0, 1, 1], [2, -2, 2], [0, 1, 2], [1, -1, 2], [0, 1, 1], [0, 1, 2], [0, 2, 2]),
  taken('several workgroups', [31, 47], [1, 1, 29], [45, -2, 20]),
  taken('none of it', [4, 3], [0, 1, 0], [0, 1, 3]),
  taken('nothing from nothing', [0, 3], [0, 1, 0], [0, 1, 3]),
];

const lengths = ({ slices }: Case) => slices.map(({ length }) => length);
const int32 = { dtype: 'int32', low: -3 } as const;

const outside = (op: string, wrong: (made: Case) => Pick<Sample, 'inputs' | 'attrs'>): ErrorSample[] => [
  taken('starts before the axis', [2, 5], [0, 1, 2], [-1, 1, 3]),
  taken('ends after the axis', [2, 5], [0, 1, 2], [1, 2, 3]),
  taken('ends before the axis', [2, 5], [0, 1, 2], [1, -1, 3]),
  taken('a step of 0', [2, 5], [0, 1, 2], [0, 0, 2]),
  taken('a negative length', [2, 5], [0, 1, 2], [0, 1, -1]),
].map((made) => ({
  label: made.label, ...wrong(made), error: 'ShapeError', message: new RegExp(`${op}: start .*axis 1 of shape \\[2,5\\]`),
}));

defineSamples('slice', {
  samples: [
    ...CASES.map(({ label, shape, slices }) => ({ label, inputs: [{ shape }], attrs: { slices } })),
    { label: 'int32', inputs: [{ shape: [7], ...int32 }], attrs: { slices: [{ start: 6, step: -2, length: 3 }] } },
  ],
  errors: [
    ...outside('slice', ({ shape, slices }) => ({ inputs: [{ shape }], attrs: { slices } })),
    {
      label: 'too few slices', inputs: [{ shape: [2, 5] }], attrs: { slices: [{ start: 0, step: 1, length: 2 }] },
      error: 'ShapeError', message: /slice: 1 slices .*\[2,5\]/,
    },
  ],
  tolerance: EXACT,
  bench: [
    {
      label: 'rows of [4096, 2048]', inputs: [{ shape: [4096, 2048] }],
      attrs: { slices: [{ start: 1024, step: 1, length: 2048 }, { start: 0, step: 1, length: 2048 }] },
    },
    {
      label: 'every other column of [2048, 4096]', inputs: [{ shape: [2048, 4096] }],
      attrs: { slices: [{ start: 0, step: 1, length: 2048 }, { start: 0, step: 2, length: 2048 }] },
    },
  ],
});

defineSamples('sliceGrad', {
  samples: [
    ...CASES.map((made) => ({ label: made.label, inputs: [{ shape: lengths(made) }], attrs: { shape: made.shape, slices: made.slices } })),
    { label: 'int32', inputs: [{ shape: [3], ...int32 }], attrs: { shape: [7], slices: [{ start: 6, step: -2, length: 3 }] } },
  ],
  errors: [
    // The shape of the gradient does not come to be looked at.
    ...outside('sliceGrad', ({ shape, slices }) => ({ inputs: [{ shape }], attrs: { shape, slices } })),
    {
      label: 'a gradient of another shape', inputs: [{ shape: [4] }], attrs: { shape: [7], slices: [{ start: 0, step: 1, length: 3 }] },
      error: 'ShapeError', message: /sliceGrad: .*\[4\].*\[7\] has \[3\]/,
    },
  ],
  tolerance: EXACT,
  bench: [
    {
      label: 'rows of [4096, 2048]', inputs: [{ shape: [2048, 2048] }],
      attrs: { shape: [4096, 2048], slices: [{ start: 1024, step: 1, length: 2048 }, { start: 0, step: 1, length: 2048 }] },
    },
  ],
});
