import { MAX_FLOAT32 } from '../../core/dtype.js';
import { type Sample, type SampleInput, type Tolerance, defineSamples } from '../../core/samples.js';
import { floats, ints, outOfRange } from '../indexing.samples.js';
import type { CrossEntropyAttrs } from './layout.js';

const EXPONENTIAL: Tolerance = { relative: 4e-6, absolute: 2e-6, reason: 'WGSL allows exp 3 + 2|x| ULP, log 2^-21 near 1 and division 2.5 ULP' };

interface Case {
  label: string;
  logits: SampleInput;
  target: Partial<SampleInput>;
  weighted?: boolean;
  attrs?: Partial<CrossEntropyAttrs>;
}

/** A square matrix of zeros, and of `value` on its diagonal. */
const onDiagonal = (size: number, value: number) => Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? value : 0));

/** The class of each row of `onDiagonal`, but for the last, which looks at another. */
const DIAGONAL = [0, 1, 2, 3, 4, 5, 6, 7, 0];

const CASES: readonly Case[] = [
  { label: '10 classes', logits: { shape: [6, 10] }, target: { high: 9 } },
  { label: 'weights', logits: { shape: [5, 4] }, target: {}, weighted: true },
  { label: 'smoothing', logits: { shape: [5, 4] }, target: {}, attrs: { labelSmoothing: 0.2 } },
  { label: 'smoothing and weights', logits: { shape: [5, 4] }, target: {}, weighted: true, attrs: { labelSmoothing: 0.1 } },
  { label: 'ignored targets', logits: { shape: [5, 6] }, target: { data: [0, -100, 3, -100, 1] } },
  { label: 'another ignoreIndex', logits: { shape: [4, 4] }, target: { data: [2, 0, 2, 1] }, weighted: true, attrs: { ignoreIndex: 2 } },
  { label: 'pixels', logits: { shape: [2, 4, 3, 2] }, target: {}, weighted: true },
  { label: 'large scores', logits: { shape: [2, 3], data: [1000, 1001, 998, -1000, -1003, -1001], differentiable: false }, target: { high: 2 } },
  {
    label: 'scores so far apart that only their maximum keeps the exponentials finite',
    logits: { shape: [3, 3], data: [-100, 0, 100, 100, 0, -100, 0, 100, -100], differentiable: false },
    target: { data: [0, 1, 2] },
  },
  { label: 'one score far above the others, in each place', logits: { shape: [9, 9], data: onDiagonal(9, 200), differentiable: false }, target: { data: DIAGONAL } },
  { label: 'NaN in each place', logits: { shape: [9, 9], data: onDiagonal(9, NaN), differentiable: false }, target: { data: DIAGONAL } },
  {
    label: 'a class shut out by a score of -Infinity',
    logits: { shape: [2, 3], data: [1, -Infinity, 2, 3, 1, -Infinity], differentiable: false },
    target: { data: [0, 1] },
  },
  {
    label: 'scores of Infinity and the largest number',
    logits: { shape: [3, 3], data: [1, Infinity, 2, 3, 1, 0, 0, MAX_FLOAT32, 1], differentiable: false },
    target: { data: [0, 1, 1] },
  },
  { label: 'many classes, shared', logits: { shape: [2, 1030], differentiable: false }, target: { data: [1029, 256] } },
  {
    label: 'many classes, shared, one share far above the others',
    logits: { shape: [1, 1030], data: Array.from({ length: 1030 }, (_, c) => (c % 5 === 3 ? 200 : 0)), differentiable: false },
    target: { data: [0] },
  },
  { label: 'more samples than a workgroup, of two shares', logits: { shape: [70, 260], differentiable: false }, target: { high: 259 } },
  { label: 'many classes, shared, smoothing and weights', logits: { shape: [1, 1026, 2], differentiable: false }, target: { data: [0, 1000] }, weighted: true, attrs: { labelSmoothing: 0.1 } },
  { label: 'one class', logits: { shape: [3, 1], differentiable: false }, target: { high: 0 } },
  { label: 'several workgroups', logits: { shape: [200, 10] }, target: { high: 9 } },
  { label: 'no samples', logits: { shape: [0, 3] }, target: {} },
];

function inputsOf({ logits, target, weighted }: Case): SampleInput[] {
  const shape = [logits.shape[0], ...logits.shape.slice(2)];
  const weight: SampleInput = { shape: [logits.shape[1]], low: 0.25, high: 2, differentiable: false };
  return [logits, { shape, dtype: 'int32', ...target }, ...(weighted ? [weight] : [])];
}

const attrsOf = ({ attrs }: Case): CrossEntropyAttrs => ({ ignoreIndex: -100, labelSmoothing: 0, ...attrs });

const forward = (c: Case): Sample => ({ label: c.label, inputs: inputsOf(c), attrs: attrsOf(c) });
const backward = (c: Case): Sample => {
  const inputs = inputsOf(c);
  const differentiable = c.logits.differentiable;
  return { label: c.label, inputs: [{ shape: inputs[1].shape, differentiable }, ...inputs], attrs: attrsOf(c) };
};

const BENCH: readonly Case[] = [
  { label: '[128, 10]', logits: { shape: [128, 10] }, target: { high: 9 } },
  { label: '[4096, 1024]', logits: { shape: [4096, 1024] }, target: { high: 1023 } },
];

const logits = { shape: [3, 4] };
const target = { shape: [3], dtype: 'int32' } as const;
const attrs = attrsOf(CASES[0]);
const FLAT_LOGITS = floats([2, 3], [0, 0, 0, 0, 0, 0]);

defineSamples('crossEntropyLosses', {
  samples: CASES.map(forward),
  errors: [
    { label: 'logits of rank 1', inputs: [{ shape: [4] }, target], attrs, error: 'ShapeError', message: /crossEntropy: logits \[4\]/ },
    { label: 'targets of another shape', inputs: [logits, { ...target, shape: [4] }], attrs, error: 'ShapeError', message: /crossEntropy: target \[4\].*logits \[3,4\]/ },
    { label: 'float targets', inputs: [logits, { shape: [3] }], attrs, error: 'DTypeError', message: /crossEntropy: target .*float32/ },
    { label: 'weights of another shape', inputs: [logits, target, { shape: [3] }], attrs, error: 'ShapeError', message: /crossEntropy: weight \[3\]/ },
    { label: 'smoothing above 1', inputs: [logits, target], attrs: { ...attrs, labelSmoothing: 1.5 }, error: 'TapegradError', message: /crossEntropy: labelSmoothing .*1.5/ },
  ],
  valueErrors: outOfRange('crossEntropy', 'two samples', (index) => [FLAT_LOGITS, ints(index, 1)], attrs, [NaN, Math.log(3)]),
  tolerance: EXPONENTIAL,
  bench: BENCH.map(forward),
});

defineSamples('crossEntropyGrad', {
  samples: CASES.map(backward),
  errors: [
    {
      label: 'a gradient of another shape',
      inputs: [{ shape: [4] }, logits, target],
      attrs,
      error: 'ShapeError',
      message: /crossEntropyGrad: gradient \[4\].*target \[3\]/,
    },
  ],
  valueErrors: outOfRange(
    'crossEntropyGrad', 'two samples', (index) => [floats([2], [1, 1]), FLAT_LOGITS, ints(index, 1)], attrs,
    [NaN, NaN, NaN, 1 / 3, -2 / 3, 1 / 3],
  ),
  tolerance: EXPONENTIAL,
  bench: BENCH.map(backward),
});
