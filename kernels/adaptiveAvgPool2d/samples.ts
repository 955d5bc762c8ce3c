import { type ErrorSample, type Sample, defineSamples } from '../../core/samples.js';

/** [what is special, x, output size] */
type Case = readonly [string, readonly [number, number, number, number], readonly [number, number]];

const CASES: readonly Case[] = [
  ['even windows', [2, 3, 4, 6], [2, 3]],
  ['windows that share cells', [1, 2, 7, 5], [3, 2]],
  ['more windows than cells', [1, 1, 3, 4], [5, 7]],
  ['more on one axis, fewer on the other', [1, 2, 5, 3], [2, 4]],
  ['one window', [2, 2, 3, 5], [1, 1]],
  ['every cell its own', [1, 1, 3, 4], [3, 4]],
  ['several workgroups', [2, 3, 11, 13], [7, 6]],
  ['rows of several runs, the last one short', [1, 1, 2, 19], [4, 21]],
  ['no images', [0, 2, 3, 3], [2, 2]],
];
const BENCH: readonly Case[] = [
  ['[32, 256, 13, 13] to 7 x 7', [32, 256, 13, 13], [7, 7]],
  ['[32, 128, 20, 20] to 30 x 30', [32, 128, 20, 20], [30, 30]],
];

const forward = ([label, shape, outputSize]: Case): Sample => ({ label, inputs: [{ shape }], attrs: { outputSize } });

const backward = ([label, [batch, channels, ...inputSize], outputSize]: Case): Sample => ({
  label, inputs: [{ shape: [batch, channels, ...outputSize] }], attrs: { inputSize },
});

function errorsOf(op: string, size: string): ErrorSample[] {
  const call = (shape: readonly number[], to: readonly number[]) => ({ inputs: [{ shape }], attrs: { [size]: to } });
  return [
    { label: 'rank 3', ...call([3, 4, 4], [2, 2]), error: 'ShapeError', message: new RegExp(`${op}: x \\[3,4,4\\]`) },
    { label: 'no cells', ...call([1, 2, 0, 4], [2, 2]), error: 'ShapeError', message: new RegExp(`${op}: x \\[1,2,0,4\\] has no cells in`) },
    { label: 'no windows', ...call([1, 2, 4, 4], [2, 0]), error: 'ShapeError', message: new RegExp(`${op}: ${size} \\[2,0\\]`) },
    { label: 'int32', inputs: [{ shape: [1, 1, 4, 4], dtype: 'int32' }], attrs: { [size]: [2, 2] }, error: 'DTypeError', message: new RegExp(`${op}: .*int32`) },
  ];
}

defineSamples('adaptiveAvgPool2d', {
  samples: CASES.map(forward),
  errors: errorsOf('adaptiveAvgPool2d', 'outputSize'),
  bench: BENCH.map(forward),
});

defineSamples('adaptiveAvgPool2dGrad', {
  samples: CASES.map(backward),
  errors: errorsOf('adaptiveAvgPool2dGrad', 'inputSize'),
  bench: BENCH.map(backward),
});
