import { type Sample, defineSamples } from '../../core/samples.js';
import { type PoolAttrs, poolShape } from './geometry.js';

const PLAIN: PoolAttrs = { kernelSize: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], ceilMode: false, countIncludePad: true };

interface Case {
  label: string;
  x: readonly number[];
  attrs?: Partial<PoolAttrs>;
}

const CASES: readonly Case[] = [
  { label: '2x2', x: [2, 3, 6, 4] },
  { label: 'a rest is dropped', x: [1, 2, 7, 5] },
  { label: 'a rest is kept', x: [1, 2, 7, 5], attrs: { ceilMode: true } },
  { label: 'overlapping windows', x: [1, 2, 6, 7], attrs: { kernelSize: [3, 3], stride: [1, 2] } },
  { label: 'padding', x: [1, 2, 6, 7], attrs: { kernelSize: [3, 3], stride: [2, 2], padding: [1, 1] } },
  { label: 'padding, a rest is kept', x: [1, 1, 8, 8], attrs: { kernelSize: [3, 3], stride: [2, 2], padding: [1, 1], ceilMode: true } },
  { label: 'padding not counted', x: [1, 1, 5, 5], attrs: { kernelSize: [3, 2], stride: [2, 1], padding: [1, 1], countIncludePad: false } },
  { label: '3x2 windows side by side', x: [1, 2, 6, 8], attrs: { kernelSize: [3, 2], stride: [3, 2] } },
  { label: '3x2 windows side by side, a rest is dropped', x: [1, 2, 8, 7], attrs: { kernelSize: [3, 2], stride: [3, 2] } },
  { label: 'gaps between the windows', x: [1, 1, 7, 8], attrs: { kernelSize: [2, 1], stride: [3, 3] } },
  { label: 'one window', x: [2, 1, 4, 5], attrs: { kernelSize: [4, 5] } },
  { label: 'several workgroups', x: [3, 5, 26, 26] },
  { label: 'several runs a row', x: [1, 2, 2, 43] },
  { label: 'several runs a row, a rest is kept', x: [1, 1, 3, 69], attrs: { ceilMode: true } },
  { label: 'no images', x: [0, 2, 4, 4] },
];
const DILATED: readonly Case[] = [
  { label: 'dilation', x: [1, 2, 8, 7], attrs: { kernelSize: [3, 2], stride: [1, 2], dilation: [2, 3] } },
  { label: 'dilation and padding', x: [1, 1, 3, 4], attrs: { kernelSize: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [2, 2] } },
];

const attrsOf = ({ attrs }: Case): PoolAttrs => ({ ...PLAIN, ...attrs });

function forward(c: Case, distinct: boolean): Sample {
  return { label: c.label, inputs: [{ shape: c.x, distinct }], attrs: attrsOf(c) };
}

/** Gradients of all windows, and for max pooling where they go: to the first cell inside the input. */
function backward(c: Case, isMax: boolean): Sample {
  const attrs = attrsOf(c);
  const shape = poolShape('pool', c.x, attrs);
  const planes = shape[0] * shape[1];
  const place = (oy: number, ox: number) => {
    const first = (position: number, axis: 0 | 1) => {
      let at = position * attrs.stride[axis] - attrs.padding[axis];
      while (at < 0) at += attrs.dilation[axis];
      return at;
    };
    return first(oy, 0) * c.x[3] + first(ox, 1);
  };
  const plane = Array.from({ length: shape[2] * shape[3] }, (_, i) => place(Math.floor(i / shape[3]), i % shape[3]));
  // Millions of places in the shapes that are timed: listed when they are asked for, not when this module is loaded.
  const indices = { shape, dtype: 'int32', get data() { return Array.from({ length: planes }, () => plane).flat(); } } as const;
  return { label: c.label, inputs: isMax ? [{ shape }, indices] : [{ shape }], attrs: { ...attrs, inputShape: c.x } };
}

const LAYERS: readonly Case[] = [
  { label: '2x2 of [128, 32, 26, 26]', x: [128, 32, 26, 26] },
  { label: '2x2 of [128, 64, 11, 11]', x: [128, 64, 11, 11] },
];

function forwardErrors(op: string) {
  const call = (shape: readonly number[], attrs: Partial<PoolAttrs> = {}) => ({ inputs: [{ shape }], attrs: { ...PLAIN, ...attrs } });
  return [
    { label: 'x of rank 3', ...call([3, 4, 4]), error: 'ShapeError', message: new RegExp(`${op}: x \\[3,4,4\\]`) },
    { label: 'a window larger than x', ...call([1, 1, 4, 4], { kernelSize: [5, 2] }), error: 'ShapeError', message: new RegExp(`${op}: x \\[1,1,4,4\\].*reaches over 5`) },
    { label: 'too much padding', ...call([1, 1, 4, 4], { padding: [2, 2] }), error: 'ShapeError', message: new RegExp(`${op}: padding 2`) },
    { label: 'a window of padding only', ...call([1, 1, 0, 4], { padding: [1, 0] }), error: 'ShapeError', message: new RegExp(`${op}: x \\[1,1,0,4\\].*from -1 on holds padding only, on axis 2`) },
    { label: 'stride 0', ...call([1, 1, 4, 4], { stride: [0, 2] }), error: 'ShapeError', message: new RegExp(`${op}: stride .* got 0`) },
    { label: 'int32', inputs: [{ shape: [1, 1, 4, 4], dtype: 'int32' }], attrs: PLAIN, error: 'DTypeError', message: new RegExp(`${op}: .*int32`) },
  ] as const;
}

function backwardError(op: string, isMax: boolean) {
  const shape = [1, 1, 3, 3];
  const inputs = isMax ? [{ shape }, { shape, dtype: 'int32' as const }] : [{ shape }];
  const message = new RegExp(`${op}: the gradient has shape \\[1,1,3,3\\], the pooled output \\[1,1,2,2\\]`);
  return { label: 'a gradient of another shape', inputs, attrs: { ...PLAIN, inputShape: [1, 1, 4, 4] }, error: 'ShapeError', message } as const;
}

defineSamples('maxPool2d', {
  samples: [
    ...[...CASES, ...DILATED].map((c) => forward(c, true)),
    { label: 'equal values', inputs: [{ shape: [1, 1, 2, 4], data: [1, 1, 0, 2, 1, 1, 2, 0], differentiable: false }], attrs: PLAIN },
    { label: 'NaN', inputs: [{ shape: [1, 1, 2, 4], data: [1, NaN, 3, 4, 5, NaN, NaN, 7], differentiable: false }], attrs: PLAIN },
  ],
  errors: [
    ...forwardErrors('maxPool2d'),
    {
      label: 'taps on both sides of x', inputs: [{ shape: [1, 2, 2, 2] }], attrs: { ...PLAIN, padding: [1, 1], dilation: [3, 3], stride: [1, 1] },
      error: 'ShapeError', message: /maxPool2d: x \[1,2,2,2\]: with padding 1 and dilation 3, the window from -1 on holds padding only, on axis 2/,
    },
  ],
  bench: LAYERS.map((c) => forward(c, false)),
});

defineSamples('maxPool2dGrad', {
  samples: [...CASES, ...DILATED].map((c) => backward(c, true)),
  errors: [backwardError('maxPool2dGrad', true)],
  bench: LAYERS.map((c) => backward(c, true)),
});

defineSamples('avgPool2d', {
  samples: CASES.map((c) => forward(c, false)),
  errors: forwardErrors('avgPool2d'),
  bench: LAYERS.map((c) => forward(c, false)),
});

defineSamples('avgPool2dGrad', {
  samples: CASES.map((c) => backward(c, false)),
  errors: [backwardError('avgPool2dGrad', false)],
  bench: LAYERS.map((c) => backward(c, false)),
});
