import { type BenchShape, type Sample, type Tolerance, defineSamples, sizes } from '../../core/samples.js';
import { type Conv2dAttrs, conv2dGeometry } from './geometry.js';

const SUMS: Tolerance = { relative: 6e-6, absolute: 2e-6, reason: 'float32 sums of some hundreds of products, in an order of their own' };

interface Case {
  label: string;
  x: readonly number[];
  weight: readonly number[];
  attrs?: Partial<Conv2dAttrs>;
  /** Left out where the label says so. */
  bias?: boolean;
}

const PLAIN: Conv2dAttrs = { stride: [1, 1], padding: [[0, 0], [0, 0]], dilation: [1, 1], groups: 1 };

const CASES: readonly Case[] = [
  { label: '3x3', x: [2, 2, 6, 5], weight: [3, 2, 3, 3] },
  { label: '1x1', x: [2, 3, 4, 4], weight: [5, 3, 1, 1] },
  { label: 'without bias', x: [1, 2, 4, 4], weight: [2, 2, 2, 2], bias: false },
  { label: 'padding', x: [1, 2, 4, 5], weight: [3, 2, 3, 3], attrs: { padding: [[1, 1], [1, 1]] } },
  { label: 'uneven padding', x: [1, 1, 4, 5], weight: [2, 1, 3, 2], attrs: { padding: [[2, 0], [0, 1]] } },
  { label: '12 filters and 4 channels, three places', x: [1, 4, 3, 5], weight: [12, 4, 3, 3] },
  { label: 'five places', x: [1, 1, 3, 7], weight: [1, 1, 3, 3] },
  { label: 'five places, two filters', x: [1, 1, 3, 7], weight: [2, 1, 3, 3] },
  { label: 'stride', x: [2, 2, 7, 8], weight: [3, 2, 3, 3], attrs: { stride: [2, 3] } },
  { label: 'stride that leaves a rest, and padding', x: [1, 2, 8, 8], weight: [2, 2, 3, 3], attrs: { stride: [3, 2], padding: [[1, 1], [1, 1]] } },
  { label: 'dilation', x: [1, 2, 7, 8], weight: [2, 2, 3, 2], attrs: { dilation: [2, 3] } },
  { label: 'groups', x: [2, 4, 5, 5], weight: [10, 2, 3, 3], attrs: { groups: 2 } },
  { label: 'depthwise', x: [1, 5, 5, 5], weight: [5, 1, 3, 3], attrs: { groups: 5, padding: [[1, 1], [1, 1]] } },
  { label: 'depthwise, rows of more than a run, several workgroups', x: [3, 5, 14, 19], weight: [5, 1, 3, 3], attrs: { groups: 5 } },
  { label: 'depthwise, stride', x: [2, 3, 9, 23], weight: [3, 1, 3, 2], attrs: { groups: 3, stride: [2, 2], padding: [[1, 0], [1, 1]] } },
  { label: 'depthwise, dilation', x: [1, 2, 9, 13], weight: [2, 1, 2, 5], attrs: { groups: 2, dilation: [3, 2], padding: [[0, 2], [3, 1]] } },
  { label: 'depthwise, dilation over three columns', x: [1, 2, 9, 13], weight: [2, 1, 2, 5], attrs: { groups: 2, dilation: [2, 3], padding: [[0, 2], [3, 1]] } },
  { label: 'depthwise, stride and dilation', x: [1, 2, 11, 21], weight: [2, 1, 3, 4], attrs: { groups: 2, stride: [3, 2], dilation: [2, 2] } },
  { label: 'depthwise, stride 2, 17 columns', x: [1, 2, 6, 17], weight: [2, 1, 3, 3], attrs: { groups: 2, stride: [2, 2], padding: [[1, 1], [1, 1]] } },
  { label: 'depthwise, stride 3, padding', x: [1, 2, 10, 11], weight: [2, 1, 3, 3], attrs: { groups: 2, stride: [3, 3], padding: [[1, 1], [1, 0]] } },
  { label: 'depthwise, eight columns, padding', x: [1, 2, 5, 8], weight: [2, 1, 3, 3], attrs: { groups: 2, padding: [[1, 1], [1, 1]] } },
  { label: 'depthwise, planes of more than a workgroup', x: [1, 2, 37, 21], weight: [2, 1, 3, 3], attrs: { groups: 2 } },
  { label: 'one filter', x: [2, 3, 6, 12], weight: [1, 3, 3, 2], attrs: { padding: [[1, 0], [0, 1]] } },
  { label: 'one channel and one filter', x: [3, 1, 5, 6], weight: [1, 1, 3, 3] },
  { label: 'two groups, each of one filter', x: [2, 4, 6, 5], weight: [2, 2, 3, 3], attrs: { groups: 2, stride: [2, 1] } },
  { label: 'two groups, each of one channel', x: [2, 2, 6, 11], weight: [4, 1, 3, 3], attrs: { groups: 2 } },
  { label: 'all settings at once', x: [2, 4, 9, 8], weight: [4, 2, 3, 2], attrs: { stride: [2, 1], padding: [[1, 2], [2, 0]], dilation: [2, 2], groups: 2 } },
  { label: 'more filters than a tile', x: [1, 3, 5, 6], weight: [17, 3, 3, 3] },
  { label: 'two groups, each of more filters than a tile', x: [2, 4, 4, 5], weight: [20, 2, 2, 2], attrs: { groups: 2 } },
  { label: 'two groups, each of more filters than a tile, 3x3', x: [2, 4, 4, 6], weight: [20, 2, 3, 3], attrs: { groups: 2 } },
  { label: 'more filters and channels than a subgroup takes', x: [2, 35, 6, 9], weight: [37, 35, 2, 3] },
  { label: 'more filters and weights than a subgroup takes, padding', x: [2, 5, 5, 6], weight: [20, 5, 3, 3], attrs: { padding: [[1, 1], [1, 1]] } },
  {
    label: 'more filters and channels than a subgroup takes, stride and padding', x: [2, 20, 9, 10], weight: [24, 20, 3, 3],
    attrs: { stride: [2, 3], padding: [[1, 0], [1, 1]] },
  },
  {
    label: 'more filters and channels than a subgroup takes, stride and dilation', x: [1, 17, 12, 11], weight: [18, 17, 3, 3],
    attrs: { stride: [3, 2], dilation: [2, 3], padding: [[1, 0], [2, 1]] },
  },
  {
    label: 'two groups of many filters and channels, all settings at once', x: [2, 36, 9, 8], weight: [42, 18, 3, 2],
    attrs: { stride: [2, 1], padding: [[1, 2], [2, 0]], dilation: [2, 2], groups: 2 },
  },
  { label: 'several workgroups', x: [9, 8, 13, 13], weight: [16, 8, 3, 3] },
  { label: 'the first layer of the CNN', x: [3, 1, 28, 28], weight: [32, 1, 3, 3] },
  { label: 'no images', x: [0, 2, 4, 4], weight: [3, 2, 3, 3] },
];

/** More images than shares into which their sum is split: in each kernel some invocations take two. */
const MANY_IMAGES: readonly Case[] = [
  { label: 'more images than shares, subgroups', x: [66, 8, 2, 2], weight: [16, 8, 2, 2] },
  { label: 'more images than shares, 2x2', x: [9, 1024, 2, 2], weight: [2048, 1, 2, 2], attrs: { groups: 1024 } },
  { label: 'more images than shares, 3x3', x: [5, 2048, 3, 3], weight: [4096, 1, 3, 3], attrs: { groups: 2048 } },
  { label: 'more images than shares, depthwise', x: [3, 4096, 2, 2], weight: [4096, 1, 2, 2], attrs: { groups: 4096 } },
];

/** Of every kernel one, with relu. The bias keeps results away from 0 on either side. */
const RELU_CASES: readonly Case[] = [
  { label: 'relu, 11 filters', x: [2, 3, 6, 5], weight: [11, 3, 3, 3] },
  { label: 'relu, 21 filters', x: [2, 3, 6, 5], weight: [21, 3, 3, 3] },
  { label: 'relu, depthwise', x: [2, 3, 5, 12], weight: [3, 1, 3, 3], attrs: { groups: 3 } },
  { label: 'relu, two groups, each of one filter', x: [2, 4, 6, 11], weight: [2, 2, 3, 2], attrs: { groups: 2 } },
];

const outShapeOf = (op: string, { x, weight, attrs }: Case) => {
  const { outHeight, outWidth } = conv2dGeometry(op, x, weight, { ...PLAIN, ...attrs });
  return [x[0], weight[0], outHeight, outWidth];
};

function forward({ label, x, weight, attrs, bias = true }: Case): Sample {
  return {
    label,
    inputs: [{ shape: x }, { shape: weight }, ...(bias ? [{ shape: [weight[0]] }] : [])],
    attrs: { ...PLAIN, ...attrs },
  };
}

function withRelu(c: Case): Sample {
  const { inputs: [x, weight], attrs, label } = forward(c);
  const bias = Array.from({ length: c.weight[0] }, (_, i) => (i % 2 === 1 ? -150 : 150));
  return { label, inputs: [x, weight, { shape: [c.weight[0]], data: bias }], attrs: { ...attrs, activation: 'relu' } };
}

/** x, and copies of it. */
function reluCloseTo0(filters: number): Sample {
  return {
    label: `relu of values close to 0, ${filters} filters`,
    inputs: [
      { shape: [1, 1, 2, 2], data: [0.005, -0.005, 1, -1], differentiable: false },
      { shape: [filters, 1, 1, 1], data: new Array<number>(filters).fill(1), differentiable: false },
    ],
    attrs: { ...PLAIN, activation: 'relu' },
  };
}

function gradInput(c: Case): Sample {
  const inputs = [{ shape: outShapeOf('conv2dGradInput', c) }, { shape: c.weight }];
  return { label: c.label, inputs, attrs: { ...PLAIN, ...c.attrs, inputShape: c.x } };
}

function gradWeight(c: Case): Sample {
  const inputs = [{ shape: c.x }, { shape: outShapeOf('conv2dGradWeight', c) }];
  return { label: c.label, inputs, attrs: { ...PLAIN, ...c.attrs, weightShape: c.weight } };
}

/** What is special about a layer, if anything, stands in its label. */
const LAYERS: readonly Case[] = [
  { label: '', x: [128, 1, 28, 28], weight: [32, 1, 3, 3] },
  { label: '', x: [128, 32, 13, 13], weight: [64, 32, 3, 3] },
  { label: '', x: [32, 32, 26, 26], weight: [64, 32, 3, 3] },
  { label: 'strided ', x: [32, 32, 28, 28], weight: [64, 32, 3, 3], attrs: { stride: [2, 2], padding: [[1, 1], [1, 1]] } },
  { label: 'depthwise ', x: [32, 64, 28, 28], weight: [64, 1, 3, 3], attrs: { groups: 64, padding: [[1, 1], [1, 1]] } },
];

/** A layer at any batch size. */
function layerSizes(sampleOf: (layer: Case) => Sample): BenchShape[] {
  return LAYERS.flatMap(({ label, x: [batch, ...image], weight, attrs }) => sizes([{ batch }], ({ batch: images }) => {
    const x = [images, ...image];
    return sampleOf({ label: `${label}[${x.join(', ')}], ${weight[0]} filters 3x3`, x, weight, attrs });
  }));
}

const x = { shape: [1, 4, 5, 5] };
const spreadsNaN = 'weights are multiplied by the zeros of padding, or around a gradient, which the CPU leaves out';

defineSamples('conv2d', {
  samples: [
    ...CASES.map(forward), ...RELU_CASES.map(withRelu),
    { ...forward({ label: 'relu without bias', x: [1, 1, 3, 3], weight: [1, 1, 2, 2], bias: false }), attrs: { ...PLAIN, activation: 'relu' } },
    ...[1, 2, 16].map(reluCloseTo0),
  ],
  errors: [
    { label: 'x of rank 3', inputs: [{ shape: [4, 5, 5] }, { shape: [2, 4, 3, 3] }], attrs: PLAIN, error: 'ShapeError', message: /conv2d: x \[4,5,5\]/ },
    { label: 'channels that do not fit', inputs: [x, { shape: [2, 3, 3, 3] }], attrs: PLAIN, error: 'ShapeError', message: /conv2d: x \[1,4,5,5\] and weight \[2,3,3,3\]/ },
    { label: 'groups that do not divide', inputs: [x, { shape: [3, 2, 3, 3] }], attrs: { ...PLAIN, groups: 2 }, error: 'ShapeError', message: /conv2d: .*2 groups/ },
    { label: 'a kernel larger than x', inputs: [x, { shape: [2, 4, 6, 3] }], attrs: PLAIN, error: 'ShapeError', message: /conv2d: .*reaches over 6/ },
    { label: 'an activation that no kernel has', inputs: [x, { shape: [2, 4, 3, 3] }], attrs: { ...PLAIN, activation: 'tanh' }, error: 'TapegradError', message: /conv2d: .*no activation but relu, got tanh/ },
    { label: 'stride 0', inputs: [x, { shape: [2, 4, 3, 3] }], attrs: { ...PLAIN, stride: [0, 1] }, error: 'ShapeError', message: /conv2d: stride/ },
    { label: 'negative padding', inputs: [x, { shape: [2, 4, 3, 3] }], attrs: { ...PLAIN, padding: [[-1, 0], [0, 0]] }, error: 'ShapeError', message: /conv2d: padding/ },
    { label: 'a bias that does not fit', inputs: [x, { shape: [2, 4, 3, 3] }, { shape: [3] }], attrs: PLAIN, error: 'ShapeError', message: /conv2d: bias \[3\]/ },
    { label: 'int32', inputs: [{ ...x, dtype: 'int32' }, { shape: [2, 4, 3, 3], dtype: 'int32' }], attrs: PLAIN, error: 'DTypeError', message: /conv2d: .*int32/ },
  ],
  tolerance: SUMS,
  spreadsNaN,
  bench: layerSizes(forward),
});

defineSamples('conv2dGradInput', {
  samples: CASES.map(gradInput),
  errors: [
    {
      label: 'a gradient of another shape',
      inputs: [{ shape: [1, 2, 4, 4] }, { shape: [2, 4, 3, 3] }],
      attrs: { ...PLAIN, inputShape: [1, 4, 5, 5] },
      error: 'ShapeError',
      message: /conv2dGradInput: .*\[1,2,4,4\].*\[1,2,3,3\]/,
    },
  ],
  tolerance: SUMS,
  spreadsNaN,
  bench: layerSizes(gradInput),
});

defineSamples('conv2dGradWeight', {
  samples: [...CASES, ...MANY_IMAGES].map(gradWeight),
  errors: [
    {
      label: 'a gradient of another shape',
      inputs: [{ shape: [1, 4, 5, 5] }, { shape: [1, 2, 4, 4] }],
      attrs: { ...PLAIN, weightShape: [2, 4, 3, 3] },
      error: 'ShapeError',
      message: /conv2dGradWeight: .*\[1,2,4,4\].*\[1,2,3,3\]/,
    },
  ],
  tolerance: SUMS,
  bench: layerSizes(gradWeight),
});
