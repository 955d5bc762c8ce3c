import { type DType, type DeviceName, Philox, type Shape, Tensor, concat, crossEntropy, dropout, grad, manualSeed, scope, tensor } from '../../index.js';
import { gradcheck } from '../../core/gradcheck.js';
import { createCnn } from '../../examples/mnist-cnn/model.js';
import {
  AdaptiveAvgPool2d, type AnyModule, BatchNorm2d, Conv2d, ConvTranspose2d, GRU, GroupNorm, LSTM, Mish, PReLU, ReLU, Residual, Sequential,
  TransformerEncoderLayer, Upsample,
} from '../../nn/index.js';
import type { Check, CheckResult, SuiteOptions } from './check.js';
import { fromReport, judge } from './judge.js';

/* Whole models: gradients of the input and of every parameter, numerically in float64 and on WebGPU. */

interface Model {
  name: string;
  /** Makes the module; its parameters are drawn from the global generator. */
  create(): AnyModule;
  input: Shape;
  /** What is differentiated, given the module with its tensors in place. */
  loss(model: AnyModule, x: Tensor): Tensor;
  slow?: boolean;
}

const convBlock = () => new Sequential(new Conv2d(2, 3, 3, { padding: 1 }), new BatchNorm2d(3), new ReLU(), new Conv2d(3, 2, 3));

const generator = () => new Sequential(
  new ConvTranspose2d(2, 4, 3, { stride: 2, padding: 1, outputPadding: 1 }), new GroupNorm(2, 4), new Mish(),
  new Residual(new Sequential(new Conv2d(4, 4, 3, { padding: 1 }), new PReLU(4))), new Upsample({ scaleFactor: 2, mode: 'bilinear' }),
  new AdaptiveAvgPool2d([5, 3]),
);

/** Output and last state of a recurrent layer, side by side. */
const flat = ([output, state]: [Tensor, Tensor | Tensor[]]) => concat([output, state].flat().map((t) => t.flatten()));

const MODELS: readonly Model[] = [
  { name: 'conv block with batch norm, train', create: () => convBlock().train(), input: [3, 2, 5, 4], loss: (model, x) => model.call(x).tanh() },
  { name: 'conv block with batch norm, eval', create: () => convBlock().eval(), input: [3, 2, 5, 4], loss: (model, x) => model.call(x).tanh() },
  {
    name: 'dropout with a fixed mask',
    create: () => new Sequential(new Conv2d(1, 3, 3), new ReLU(), new Conv2d(3, 2, 2)),
    input: [2, 1, 6, 5],
    loss(model, x) {
      manualSeed(3); // the same mask at each call
      return model.call(dropout(x, { p: 0.4 })).tanh();
    },
  },
  { name: 'generator: transposed, residual, resized', create: generator, input: [2, 2, 2, 3], loss: (model, x) => model.call(x).tanh() },
  {
    name: 'LSTM, two layers both ways over unequal lengths',
    create: () => new LSTM(3, 4, { numLayers: 2, bidirectional: true }),
    input: [5, 3, 3],
    loss: (model, x) => flat(model.call(x, null, { lengths: [5, 2, 4] })),
  },
  { name: 'GRU over a sequence', create: () => new GRU(3, 4), input: [6, 2, 3], loss: (model, x) => flat(model.call(x)) },
  {
    name: 'transformer encoder layer, causal, norm first',
    create: () => new TransformerEncoderLayer(6, 2, { dimFeedforward: 8, activation: 'gelu', dropout: 0, normFirst: true }),
    input: [4, 2, 6],
    loss: (model, x) => model.call(x, { isCausal: true }),
  },
  {
    name: 'the CNN of npm start',
    create: createCnn,
    input: [2, 1, 28, 28],
    loss: (model, x) => crossEntropy(model.call(x), tensor([3, 7], { dtype: 'int32', device: x.device })),
    slow: true,
  },
];

/** Remembers where a module's tensors are, by name, and puts others in their places. */
function placer(model: AnyModule): (tensors: Readonly<Record<string, Tensor>>) => void {
  const places = model.namedModules().flatMap(([prefix, module]) =>
    module.ownTensors().map(([attribute]) => ({ module, attribute, name: prefix === '' ? attribute : `${prefix}.${attribute}` })));
  return (tensors) => places.forEach(({ module, attribute, name }) => Object.assign(module, { [attribute]: tensors[name] }));
}

/** Host values of a model's input, parameters and buffers. */
interface Values {
  names: readonly string[];
  shapes: readonly Shape[];
  data: readonly Float64Array[];
  /** How many of them, from the front, get gradients; the others are buffers. */
  differentiable: number;
}

async function valuesOf({ create, input }: Model, seed: number): Promise<Values> {
  manualSeed(seed);
  const random = new Philox(seed, 19);
  const model = create();
  const parameters = model.namedParameters();
  const named = [...parameters, ...model.namedBuffers()];
  const x = Float64Array.from({ length: input.reduce((a, b) => a * b, 1) }, () => Math.fround(random.normal()));
  // Biases, scales and statistics off their initial 0 and 1: a term that is missing would not show otherwise.
  const offset = (t: Tensor) => (t.rank === 1 ? 0.2 * random.uniform() : 0);
  const data = await Promise.all(named.map(async ([, t]) => Float64Array.from(await t.data(), (value) => Math.fround(value + offset(t)))));
  model.dispose();
  return {
    names: ['input', ...named.map(([name]) => name)],
    shapes: [input, ...named.map(([, t]) => t.shape)],
    data: [x, ...data],
    differentiable: 1 + parameters.length,
  };
}

/** A float64 step of the checker then moves a weight by 1e-6: few of the many relus and maxima cross a kink. */
const STEP_SCALE = 1e-3;

async function numeric(model: Model, seed: number): Promise<CheckResult> {
  const { names, shapes, data, differentiable } = await valuesOf(model, seed);
  const module = model.create();
  const own = module.stateDict();
  const place = placer(module);
  try {
    const base = data.map((values, i) => tensor(values, shapes[i], { device: 'cpu' }));
    const moves = shapes.slice(0, differentiable).map((shape, i) =>
      tensor(new Float64Array(data[i].length), shape, { device: 'cpu', requiresGrad: true }));
    const report = await gradcheck((...at) => {
      // Buffers are copied, as training changes them.
      const now = base.map((value, i) => (i < differentiable ? value.add(at[i].mul(STEP_SCALE)) : value.mul(1)));
      place(Object.fromEntries(names.map((name, i) => [name, now[i]])));
      return model.loss(module, now[0]);
    }, moves, { seed, maxElements: 30, directions: 2, maxJacobian: 0 });
    const result = fromReport(report);
    return { ...result, message: `${result.message} (inputs: ${names.slice(0, differentiable).join(', ')})` };
  } finally {
    Object.values(own).forEach((t) => t.dispose());
  }
}

async function gradients(model: Model, values: Values, device: DeviceName, dtype: DType): Promise<Record<string, ArrayLike<number>>> {
  const { names, shapes, data, differentiable } = values;
  const module = model.create();
  const own = module.stateDict();
  const place = placer(module);
  const result = await scope(async () => {
    const leaves = data.map((array, i) => tensor(array, shapes[i], { dtype, device, requiresGrad: i < differentiable }));
    place(Object.fromEntries(names.map((name, i) => [name, leaves[i]])));
    const loss = model.loss(module, leaves[0]);
    const random = new Philox(7, 23);
    const upstream = tensor(Float32Array.from({ length: loss.size }, () => random.normal()), loss.shape, { dtype, device });
    const found = grad(loss, leaves.slice(0, differentiable), { gradOutputs: [upstream] });
    const entries = await Promise.all(found.map(async (gradient, i) => [`gradient of ${names[i]}`, await gradient.data()] as const));
    return { output: await loss.data(), ...Object.fromEntries(entries) };
  });
  Object.values(own).forEach((t) => t.dispose());
  return result;
}

/** Several layers of float32, each good to some 1e-6 of its largest value. */
const TOLERANCE = { relative: 2e-5, absolute: 2e-6 };

async function devices(model: Model, device: DeviceName, seed: number): Promise<CheckResult> {
  const values = await valuesOf(model, seed);
  const expected = await gradients(model, values, 'cpu', 'float64');
  const actual = await gradients(model, values, device, 'float32');
  return judge(Object.keys(expected).map((what) => ({ what, actual: actual[what], expected: expected[what], tolerance: TOLERANCE })));
}

export function modelChecks({ seed, devices: on, slow }: SuiteOptions): Check[] {
  return MODELS.filter((model) => slow || !model.slow).flatMap((model) => {
    const check = (axis: string, run: () => Promise<CheckResult>): Check => ({ op: 'models', axis, label: model.name, run });
    return [
      ...(on.includes('cpu') ? [check('f64 numeric', () => numeric(model, seed)), check('f32 cpu', () => devices(model, 'cpu', seed))] : []),
      ...(on.includes('webgpu') ? [check('webgpu backward', () => devices(model, 'webgpu', seed))] : []),
    ];
  });
}
