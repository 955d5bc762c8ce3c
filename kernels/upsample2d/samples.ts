import { type ErrorSample, type Sample, defineSamples } from '../../core/samples.js';
import type { UpsampleAttrs } from './geometry.js';

/** [what is special, x, size of the result] */
type Case = readonly [string, readonly [number, number, number, number], readonly [number, number]];

const CASES: readonly Case[] = [
  ['twice', [2, 3, 3, 2], [6, 4]],
  ['three halves and five quarters', [1, 2, 4, 4], [6, 5]],
  ['smaller', [1, 2, 7, 8], [3, 2]],
  ['larger on one axis, smaller on the other', [1, 1, 3, 7], [5, 3]],
  ['one cell', [2, 1, 1, 1], [3, 2]],
  ['to one cell', [1, 2, 3, 4], [1, 1]],
  ['the same size', [1, 1, 3, 4], [3, 4]],
  ['several workgroups', [2, 3, 7, 9], [13, 11]],
  ['rows of several runs, the last one short', [1, 1, 2, 19], [2, 21]],
  ['no images', [0, 2, 3, 3], [2, 2]],
];
const BENCH: readonly Case[] = [['[16, 64, 28, 28] twice', [16, 64, 28, 28], [56, 56]]];

const WAYS: readonly Omit<UpsampleAttrs, 'size'>[] = [
  { mode: 'nearest', alignCorners: false },
  { mode: 'bilinear', alignCorners: false },
  { mode: 'bilinear', alignCorners: true },
];

function inEachWay(cases: readonly Case[], sampleOf: (c: Case, way: Omit<UpsampleAttrs, 'size'>) => Sample): Sample[] {
  return cases.flatMap((c) => WAYS.map((way) => {
    const sample = sampleOf(c, way);
    return { ...sample, label: `${sample.label}, ${way.mode}${way.alignCorners ? ', corners aligned' : ''}` };
  }));
}

const forward = ([label, shape, size]: Case, way: object): Sample => ({ label, inputs: [{ shape }], attrs: { ...way, size } });

const backward = ([label, [batch, channels, ...size], from]: Case, way: object): Sample => ({
  label, inputs: [{ shape: [batch, channels, ...from] }], attrs: { ...way, size },
});

function errorsOf(op: string): ErrorSample[] {
  const call = (shape: readonly number[], size: readonly number[]) => ({ inputs: [{ shape }], attrs: { ...WAYS[1], size } });
  return [
    { label: 'rank 3', ...call([3, 4, 4], [2, 2]), error: 'ShapeError', message: new RegExp(`${op}: x \\[3,4,4\\]`) },
    { label: 'no cells', ...call([1, 2, 0, 4], [2, 2]), error: 'ShapeError', message: new RegExp(`${op}: x \\[1,2,0,4\\] has no cells`) },
    { label: 'to nothing', ...call([1, 2, 4, 4], [2, 0]), error: 'ShapeError', message: new RegExp(`${op}: size \\[2,0\\]`) },
    { label: 'int32', inputs: [{ shape: [1, 1, 4, 4], dtype: 'int32' }], attrs: { ...WAYS[0], size: [2, 2] }, error: 'DTypeError', message: new RegExp(`${op}: .*int32`) },
  ];
}

/** The corners of x, and nothing between them. */
const UNSEEN: Sample = {
  label: 'NaN and infinities in cells that are not looked at',
  inputs: [{ shape: [1, 1, 3, 3], data: [1, NaN, 2, Infinity, NaN, -Infinity, 3, NaN, 4], differentiable: false }],
  attrs: { mode: 'bilinear', alignCorners: true, size: [2, 2] },
};

defineSamples('upsample2d', {
  samples: [...inEachWay(CASES, forward), UNSEEN],
  errors: errorsOf('upsample2d'),
  bench: inEachWay(BENCH, forward),
});

defineSamples('upsample2dGrad', {
  samples: inEachWay(CASES, backward),
  errors: errorsOf('upsample2dGrad'),
  bench: inEachWay(BENCH, backward),
});
