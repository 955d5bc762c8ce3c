import { type Sample, type SampleInput, defineSamples } from '../../core/samples.js';
import { NORMALIZE_TOLERANCE, defineNormalizeSamples } from '../normalize/samples.js';

const EPS = { eps: 1e-5 };

defineNormalizeSamples('batchNorm', {
  attrs: EPS,
  parameters: (x) => [x[1]],
  cases: [
    { label: '[batch, channels]', x: [6, 4] },
    { label: 'sequences', x: [3, 2, 5] },
    { label: 'images', x: [2, 3, 4, 4] },
    { label: 'images that are no whole vec4s', x: [2, 3, 3, 3] },
    { label: 'volumes', x: [2, 2, 2, 3, 2] },
    { label: 'without weight and bias', x: [3, 2, 5], without: 'weight' },
    { label: 'without bias', x: [3, 2, 4], without: 'bias' },
    { label: 'one channel, a large eps', x: [7, 1], attrs: { eps: 0.5 } },
    { label: 'several parts', x: [8, 5, 6, 6] },
    { label: 'several parts that are no whole vec4s', x: [7, 3, 5, 5] },
    { label: 'parts across neighbouring channels', x: [150, 6] },
    { label: 'parts to be merged twice', x: [130, 2, 8, 8] },
    { label: 'parts to be merged twice, no whole vec4s', x: [1200, 1, 7] },
    { label: 'more channels than a workgroup', x: [3, 67] },
    { label: 'no samples', x: [0, 3, 2], without: 'weight' },
    { label: 'no channels', x: [2, 0, 3] },
  ],
  misfits: [
    { label: 'x of rank 1', x: [4], without: 'weight', message: /x \[4\] must be \[batch, channels/ },
    { label: 'one value a channel', x: [1, 4], message: /x \[1,4\] has one value a channel/ },
    { label: 'one pixel a channel', x: [1, 4, 1, 1], message: /x \[1,4,1,1\] has one value a channel/ },
  ],
  bench: [
    { label: '[128, 32, 26, 26]', x: [128, 32, 26, 26] },
    { label: '[128, 64, 11, 11]', x: [128, 64, 11, 11] },
    { label: '[4096, 256]', x: [4096, 256] },
  ],
});

/** Variances. */
const POSITIVE = { low: 0.1, high: 2 };

function evalInputs(x: readonly number[], ...more: Partial<SampleInput>[]): SampleInput[] {
  const shape = [x[1]];
  return [{ shape: x }, { shape }, { shape, ...POSITIVE }, ...more.map((input) => ({ shape, ...input }))];
}

function evalSample(label: string, x: readonly number[], ...more: Partial<SampleInput>[]): Sample {
  return { label, inputs: evalInputs(x, ...more), attrs: EPS };
}

defineSamples('batchNormEval', {
  samples: [
    evalSample('[batch, channels]', [6, 4], {}, {}),
    evalSample('one value a channel', [1, 5], {}, {}),
    evalSample('images', [2, 3, 4, 4], {}, {}),
    evalSample('images that are no whole vec4s', [2, 3, 3, 3], {}, {}),
    evalSample('without weight and bias', [3, 2, 5]),
    evalSample('without bias', [3, 2, 4], {}),
    evalSample('several workgroups', [7, 5, 9, 9], {}, {}),
    evalSample('no samples', [0, 3, 2], {}, {}),
  ],
  errors: [
    {
      label: 'x of rank 1',
      inputs: [{ shape: [4] }, { shape: [4] }, { shape: [4] }],
      attrs: EPS,
      error: 'ShapeError',
      message: /batchNormEval: x \[4\] must be \[batch, channels/,
    },
    {
      ...evalSample('a weight that does not fit', [2, 3], { shape: [2] }),
      error: 'ShapeError',
      message: /batchNormEval: weight \[2\] .* x \[2,3\]/,
    },
    {
      label: 'statistics that do not fit',
      inputs: [{ shape: [2, 3] }, { shape: [3] }, { shape: [2] }],
      attrs: EPS,
      error: 'ShapeError',
      message: /batchNormEval: variance \[2\] does not fit x \[2,3\]/,
    },
    {
      label: 'int32',
      inputs: evalInputs([2, 3]).map(({ shape }) => ({ shape, dtype: 'int32' })),
      attrs: EPS,
      error: 'DTypeError',
      message: /batchNormEval: x must be a float tensor, got int32/,
    },
    { label: 'a negative eps', inputs: evalInputs([2, 3]), attrs: { eps: -1 }, error: 'TapegradError', message: /batchNormEval: eps/ },
  ],
  tolerance: NORMALIZE_TOLERANCE,
  bench: [{ label: '[128, 32, 26, 26]', inputs: evalInputs([128, 32, 26, 26], {}, {}), attrs: EPS }],
});

function statistics(channels: number): SampleInput[] {
  const shape = [channels];
  return [{ shape }, { shape, ...POSITIVE }, { shape }, { shape, ...POSITIVE }];
}

const RUNNING = { momentum: 0.1, count: 8 };

defineSamples('updateRunningStatistics', {
  samples: [
    { label: 'a tail after the last vec4', inputs: statistics(7), attrs: RUNNING },
    { label: 'several workgroups', inputs: statistics(300), attrs: { momentum: 0.7, count: 2 } },
    { label: 'all of the batch', inputs: statistics(4), attrs: { ...RUNNING, momentum: 1 } },
    { label: 'nothing of the batch', inputs: statistics(4), attrs: { ...RUNNING, momentum: 0 } },
    { label: 'no channels', inputs: statistics(0), attrs: RUNNING },
  ],
  errors: [
    {
      label: 'a running mean of another shape',
      inputs: [{ shape: [2] }, ...statistics(3).slice(1)],
      attrs: RUNNING,
      error: 'ShapeError',
      message: /updateRunningStatistics: runningMean \[2\] .*\[3\]/,
    },
    {
      label: 'int32',
      inputs: statistics(3).map(({ shape }) => ({ shape, dtype: 'int32' })),
      attrs: RUNNING,
      error: 'DTypeError',
      message: /updateRunningStatistics: mean must be a float tensor/,
    },
    {
      label: 'momentum above 1',
      inputs: statistics(3),
      attrs: { ...RUNNING, momentum: 1.5 },
      error: 'TapegradError',
      message: /updateRunningStatistics: momentum .* got 1.5/,
    },
    {
      label: 'one value a channel',
      inputs: statistics(3),
      attrs: { ...RUNNING, count: 1 },
      error: 'ShapeError',
      message: /updateRunningStatistics: 1 values/,
    },
  ],
  bench: [{ label: '4096 channels', inputs: statistics(4096), attrs: RUNNING }],
});
