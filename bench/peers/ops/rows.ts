import { Philox } from '../../../core/random.js';
import { type SampleInput, drawSample } from '../../../core/samples.js';
import type { Shape } from '../../../core/shape.js';
import type { HostTensor } from '../hostTensor.js';

/* The same work for every engine: what is done, on which shapes and values. */

interface Convolution {
  stride: number;
  /** Zeros on each side. */
  padding: number;
  /** 1, or the number of channels: depthwise. */
  groups: number;
  /** Of the result; the gradients need it. */
  shape: Shape;
}

interface Pooling {
  /** Of the square windows, which lie side by side. */
  size: number;
}

/** The kinds of work and what each needs to know beside its inputs. */
export interface Works {
  /** a [m, k], b [k, n] */
  matmul: object;
  /** x [batch, channels, height, width], weight [filters, channels / groups, 3, 3] */
  conv2d: Convolution;
  /** gradient of the output, weight */
  conv2dGradInput: Convolution;
  /** x, gradient of the output */
  conv2dGradWeight: Convolution;
  maxPool2d: Pooling;
  avgPool2d: Pooling;
  /** gradient of the output, x. What a forward pass would have saved is there beforehand. */
  maxPool2dGrad: Pooling;
  avgPool2dGrad: Pooling;
  /** over the last axis */
  softmax: object;
  /** x, weight and bias of the last axis; epsilon 1e-5 */
  layerNorm: object;
  /** relu(x * y + z) */
  mulAddRelu: object;
  /** sigmoid(x) * tanh(y) */
  gate: object;
  add: object;
  /** over one axis of a matrix, or over all */
  sum: { axis: number | null };
  /** of a matrix, written out */
  transpose: object;
  /** x, and which of its rows to take */
  indexSelect: object;
  /** x, and which value of each row to take */
  gather: object;
  /**
   * A layer forward and backward: x [batch, time, in], weights [4 hidden, in] and [4 hidden, hidden], bias [4 hidden] (gates
   * in, forget, cell, out), gradient of the output. Gives the output and the gradients of the first four.
   */
  lstm: object;
}

/** Axes that some engines keep in another order: NCHW, [filters, channels / groups, height, width], or [out, in]. */
export type Layout = 'image' | 'filter' | 'dense';

export interface RowInput extends SampleInput {
  readonly layout?: Layout;
}

/** One row of the comparison. */
export type Row = {
  readonly [Op in keyof Works]: {
    readonly name: string;
    readonly op: Op;
    readonly attrs: Works[Op];
    readonly inputs: readonly RowInput[];
    /** Of the outputs, one by one. */
    readonly layouts?: readonly (Layout | null)[];
  };
}[keyof Works];

/** The values of a row's inputs: the same for every engine, and in every run. */
export function inputsOf(row: Row): HostTensor<Float32Array | Int32Array>[] {
  const random = new Philox(1);
  return row.inputs.map((input) => {
    const data = drawSample(input, input.dtype ?? 'float32', random) as Float32Array | Int32Array;
    return { shape: input.shape, data };
  });
}

const times = (shape: Shape) => shape.join('x');

function matmul(m: number, k: number, n: number, kind: string): Row {
  return { name: `matmul ${kind} ${m}x${k} by ${k}x${n}`, op: 'matmul', attrs: {}, inputs: [{ shape: [m, k] }, { shape: [k, n] }] };
}

/** A convolution with a 3x3 kernel, and its two gradients. */
function convolutions(kind: string, x: Shape, filters: number, { stride = 1, padding = 0, groups = 1 } = {}): Row[] {
  const [batch, channels, height, width] = x;
  const outOf = (extent: number) => Math.floor((extent + 2 * padding - 3) / stride) + 1;
  const out = [batch, filters, outOf(height), outOf(width)];
  const weight = [filters, channels / groups, 3, 3];
  const label = `${kind} ${times(x)}, ${times(weight)}`;
  const attrs = { stride, padding, groups };
  const [image, filter, gradient]: RowInput[] = [{ shape: x, layout: 'image' }, { shape: weight, layout: 'filter' }, { shape: out, layout: 'image' }];
  return [
    { name: `conv2d ${label}`, op: 'conv2d', attrs: { ...attrs, shape: out }, inputs: [image, filter], layouts: ['image'] },
    { name: `conv2dGradInput ${label}`, op: 'conv2dGradInput', attrs: { ...attrs, shape: x }, inputs: [gradient, filter], layouts: ['image'] },
    { name: `conv2dGradWeight ${label}`, op: 'conv2dGradWeight', attrs: { ...attrs, shape: weight }, inputs: [image, gradient], layouts: ['filter'] },
  ];
}

function poolings(x: Shape, size: number): Row[] {
  const [batch, channels, height, width] = x;
  const image: RowInput = { shape: x, layout: 'image', distinct: true };
  const gradient: RowInput = { shape: [batch, channels, height / size, width / size], layout: 'image' };
  const rest = { attrs: { size }, layouts: ['image'] } as const;
  const label = `${times(x)}, ${size}x${size}`;
  return [
    { name: `maxPool2d ${label}`, op: 'maxPool2d', inputs: [image], ...rest },
    { name: `maxPool2dGrad ${label}`, op: 'maxPool2dGrad', inputs: [gradient, image], ...rest },
    { name: `avgPool2d ${label}`, op: 'avgPool2d', inputs: [image], ...rest },
    { name: `avgPool2dGrad ${label}`, op: 'avgPool2dGrad', inputs: [gradient, image], ...rest },
  ];
}

function sum(kind: string, axis: number | null): Row {
  // Away from zero, so that the sums are large beside their rounding errors.
  return { name: `sum ${kind} 4096x1024`, op: 'sum', attrs: { axis }, inputs: [{ shape: [4096, 1024], low: 0, high: 2 }] };
}

function lstm(batch: number, time: number, inSize: number, hidden: number): Row {
  const bound = 1 / Math.sqrt(hidden); // as PyTorch starts
  const dense = (size: number): RowInput => ({ shape: [4 * hidden, size], low: -bound, high: bound, layout: 'dense' });
  return {
    name: `lstm forward and backward, batch ${batch}, sequence ${time}, ${inSize} to ${hidden}`,
    op: 'lstm',
    attrs: {},
    inputs: [{ shape: [batch, time, inSize] }, dense(inSize), dense(hidden), { shape: [4 * hidden], low: -bound, high: bound }, { shape: [batch, time, hidden] }],
    layouts: [null, null, 'dense', 'dense', null],
  };
}

const MATRIX: RowInput = { shape: [4096, 1024] };

export const ROWS: readonly Row[] = [
  ...[128, 256, 512, 1024].map((n) => matmul(n, n, n, 'square')),
  matmul(4096, 256, 64, 'tall'),
  matmul(64, 256, 4096, 'wide'),
  ...convolutions('first layer', [128, 1, 28, 28], 32),
  ...convolutions('second layer', [128, 32, 13, 13], 64),
  ...convolutions('3x3x64', [2, 64, 56, 56], 64, { padding: 1 }),
  ...convolutions('strided', [32, 32, 28, 28], 64, { stride: 2, padding: 1 }),
  ...convolutions('depthwise', [32, 64, 28, 28], 64, { padding: 1, groups: 64 }),
  ...poolings([128, 32, 26, 26], 2),
  { name: 'softmax 4096x1024', op: 'softmax', attrs: {}, inputs: [MATRIX] },
  { name: 'layerNorm 4096x1024', op: 'layerNorm', attrs: {}, inputs: [MATRIX, { shape: [1024] }, { shape: [1024] }] },
  { name: 'relu(x * y + z) 4M', op: 'mulAddRelu', attrs: {}, inputs: [MATRIX, MATRIX, MATRIX] },
  { name: 'sigmoid(x) * tanh(y) 4M', op: 'gate', attrs: {}, inputs: [MATRIX, MATRIX] },
  { name: 'add row 4096x1024 + 1024', op: 'add', attrs: {}, inputs: [MATRIX, { shape: [1024] }] },
  { name: 'add column 4096x1024 + 4096x1', op: 'add', attrs: {}, inputs: [MATRIX, { shape: [4096, 1] }] },
  sum('inner', 1),
  sum('outer', 0),
  sum('all', null),
  { name: 'transpose 2048x2048', op: 'transpose', attrs: {}, inputs: [{ shape: [2048, 2048] }] },
  {
    name: 'indexSelect 8192 rows of 10000x128',
    op: 'indexSelect',
    attrs: {},
    inputs: [{ shape: [10_000, 128] }, { shape: [8192], dtype: 'int32', high: 9999 }],
  },
  {
    name: 'gather 256 of each row of 4096x1024',
    op: 'gather',
    attrs: {},
    inputs: [MATRIX, { shape: [4096, 256], dtype: 'int32', high: 1023 }],
  },
  lstm(32, 64, 128, 128),
];
