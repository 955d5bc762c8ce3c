import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DeviceName, type InterpolateOptions, ShapeError, TapegradError, type Tensor, manualSeed, scope, shutdown, tensor } from '../index.js';
import { observeOps } from '../core/observe.js';
import {
  AdaptiveAvgPool2d, AvgPool2d, BatchNorm1d, BatchNorm2d, Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d, CrossEntropyLoss, Dropout,
  Embedding, Flatten, GRU, GRUCell, GlobalAvgPool, GroupNorm, Identity, LSTM, LSTMCell, LayerNorm, Linear, MSELoss, MaxPool2d, Module,
  MultiheadAttention, PositionalEncoding, RNN, RNNCell, ReLU, Residual, Sequential, TransformerEncoderLayer, Upsample, mseLoss,
} from '../nn/index.js';
import { assertClose, assertNoLeak, initBothDevices } from './support.js';

/* Each layer does what its options say. That the ops underneath are right is the business of the op tests. */

const test = suite('nn: layers');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

const ROUNDING = { relative: 1e-6, absolute: 1e-7 };

/** Values 0, 1, 2 ... of a shape. */
const count = (shape: number[], options: { device?: DeviceName } = {}) =>
  tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i), shape, options);

/** A layer with parameters 1, 2, 3 ..., applied to `x`: its output, and one backward for all parameters. */
async function apply(layer: Module, x: Tensor): Promise<{ shape: number[]; values: number[] }> {
  layer.loadStateDict(Object.fromEntries(layer.namedParameters().map(([name, t]) => [name, count([...t.shape]).add(1)])));
  const y = layer.call(x);
  if (y.requiresGrad) {
    y.sum().backward();
    for (const [name, t] of layer.namedParameters()) assert.equal(t.grad?.shape, t.shape, `${name} has a gradient`);
  }
  const result = { shape: [...y.shape], values: [...(await y.data())] };
  layer.dispose();
  return result;
}

/** [name, layer, shape of the input, shape of the output, values by hand (where few)] */
const LAYERS: [string, () => Module, number[], number[], number[]?][] = [
  ['Linear', () => new Linear(2, 3), [2, 2], [2, 3], [3, 6, 9, 9, 20, 31]],
  ['Linear without bias, three axes', () => new Linear(2, 1, { bias: false }), [2, 1, 2], [2, 1, 1], [2, 8]],
  ['Conv2d', () => new Conv2d(1, 1, 2), [1, 1, 2, 3], [1, 1, 1, 2], [28, 38]],
  ['Conv2d without bias', () => new Conv2d(1, 1, 2, { bias: false }), [1, 1, 2, 3], [1, 1, 1, 2], [27, 37]],
  ['Conv2d, an oblong kernel', () => new Conv2d(2, 4, [3, 1]), [2, 2, 5, 5], [2, 4, 3, 5]],
  ['Conv2d, stride and padding', () => new Conv2d(3, 4, 3, { stride: 2, padding: 1 }), [1, 3, 7, 7], [1, 4, 4, 4]],
  ['Conv2d, dilation', () => new Conv2d(1, 2, 3, { dilation: 2 }), [1, 1, 7, 6], [1, 2, 3, 2]],
  ['Conv2d, groups', () => new Conv2d(2, 2, 1, { groups: 2 }), [1, 2, 1, 2], [1, 2, 1, 2], [1, 2, 6, 8]],
  ['MaxPool2d', () => new MaxPool2d(2), [1, 1, 4, 5], [1, 1, 2, 2], [6, 8, 16, 18]],
  ['MaxPool2d, stride', () => new MaxPool2d(2, { stride: 1 }), [1, 1, 3, 3], [1, 1, 2, 2], [4, 5, 7, 8]],
  ['MaxPool2d, padding', () => new MaxPool2d([2, 2], { padding: 1 }), [1, 1, 2, 2], [1, 1, 2, 2], [0, 1, 2, 3]],
  ['AvgPool2d', () => new AvgPool2d(2), [1, 1, 2, 4], [1, 1, 1, 2], [2.5, 4.5]],
  ['AvgPool2d, options', () => new AvgPool2d(2, { padding: 1, countIncludePad: false }), [1, 1, 2, 2], [1, 1, 2, 2], [0, 1, 2, 3]],
  ['Conv1d', () => new Conv1d(1, 1, 2), [1, 1, 3], [1, 1, 2], [3, 6]],
  ['Conv1d, stride, padding, dilation', () => new Conv1d(2, 4, 3, { stride: 2, padding: [2, 1], dilation: 2 }), [2, 2, 6], [2, 4, 3]],
  ['Conv1d, groups, without bias', () => new Conv1d(2, 2, 1, { groups: 2, bias: false }), [1, 2, 2], [1, 2, 2], [0, 1, 4, 6]],
  ['ConvTranspose2d', () => new ConvTranspose2d(1, 1, 2, { stride: 2 }), [1, 1, 1, 2], [1, 1, 2, 4], [1, 1, 2, 3, 1, 1, 4, 5]],
  ['ConvTranspose2d, groups, output padding', () => new ConvTranspose2d(4, 2, 3, { groups: 2, stride: 2, padding: 1, outputPadding: 1 }), [1, 4, 3, 3], [1, 2, 6, 6]],
  ['ConvTranspose2d, dilation', () => new ConvTranspose2d(2, 3, [2, 1], { dilation: 2, bias: false }), [1, 2, 3, 3], [1, 3, 5, 3]],
  ['ConvTranspose1d', () => new ConvTranspose1d(1, 1, 2), [1, 1, 2], [1, 1, 3], [1, 2, 3]],
  ['ConvTranspose1d, all settings', () => new ConvTranspose1d(2, 4, 3, { stride: 3, padding: 1, outputPadding: 2, dilation: 2, groups: 2 }), [1, 2, 4], [1, 4, 14]],
  ['AdaptiveAvgPool2d', () => new AdaptiveAvgPool2d([null, 2]), [1, 1, 2, 3], [1, 1, 2, 2], [0.5, 1.5, 3.5, 4.5]],
  ['GlobalAvgPool', () => new GlobalAvgPool(), [1, 2, 2, 2], [1, 2], [1.5, 5.5]],
  ['GlobalAvgPool, axes kept, sequences', () => new GlobalAvgPool({ keepDim: true }), [1, 2, 3], [1, 2, 1], [1, 4]],
  ['Upsample', () => new Upsample({ scaleFactor: 2 }), [1, 1, 1, 2], [1, 1, 2, 4], [0, 0, 1, 1, 0, 0, 1, 1]],
  ['Upsample, bilinear', () => new Upsample({ size: [1, 4], mode: 'bilinear' }), [1, 1, 1, 2], [1, 1, 1, 4], [0, 0.25, 0.75, 1]],
  ['Upsample, corners aligned', () => new Upsample({ size: [2, 3], mode: 'bilinear', alignCorners: true }), [1, 1, 2, 2], [1, 1, 2, 3], [0, 0.5, 1, 2, 2.5, 3]],
  ['Identity', () => new Identity(), [2], [2], [0, 1]],
  ['Residual', () => new Residual(new Linear(2, 2)), [1, 2], [1, 2], [3, 7]],
  ['Residual with a projection', () => new Residual(new Linear(2, 1), { projection: new Linear(2, 1, { bias: false }) }), [1, 2], [1, 1], [5]],
  ['Flatten', () => new Flatten(), [2, 3, 1, 2], [2, 6]],
  ['Flatten, some axes', () => new Flatten(0, 1), [2, 3, 1, 2], [6, 1, 2]],
  ['Sequential', () => new Sequential(new Linear(2, 2), new ReLU(), new Linear(2, 1)), [1, 2], [1, 1], [16]],
  ['Sequential of nothing', () => new Sequential(), [2], [2], [0, 1]],
];

for (const [name, make, from, to, values] of LAYERS) {
  test(name, () =>
    assertNoLeak(async () => {
      const found = await apply(make(), count(from));
      assert.equal(found.shape, to);
      if (values) assertClose(found.values, values, ROUNDING, name);
    }));
}

for (const device of ['cpu', 'webgpu'] as DeviceName[]) {
  test(`Dropout on ${device}: drops and scales in training, nothing in evaluation`, () =>
    assertNoLeak(async () => {
      manualSeed(1);
      const layer = new Dropout(0.25);
      const x = tensor(new Float32Array(4000).fill(3), [4000], { device });
      const values = [...(await layer.call(x).data())];
      assert.equal([...new Set(values)].sort(), [0, 4]);
      const dropped = values.filter((value) => value === 0).length;
      assert.ok(Math.abs(dropped - 1000) < 5 * Math.sqrt(750), `${dropped} of 4000 dropped; five sigma allowed`);
      assert.equal(await layer.eval().call(x).data(), await x.data());
    }));
}

for (const device of ['cpu', 'webgpu'] as DeviceName[]) {
  test(`BatchNorm2d on ${device}: the batch in training, running statistics in evaluation`, () =>
    assertNoLeak(async () => {
      const layer = new BatchNorm2d(2, { momentum: 0.25, eps: 0, device });
      assert.equal(layer.namedParameters().map(([name]) => name), ['weight', 'bias']);
      assert.equal(layer.namedBuffers().map(([name]) => name), ['runningMean', 'runningVar']);
      // Channel 0 holds 1, 3, 1, 3: mean 2, variance 1, unbiased 4/3. Channel 1 holds 0, 4, 0, 4: mean 2, variance 4, unbiased 16/3.
      const x = tensor([1, 3, 0, 4, 1, 3, 0, 4], [2, 2, 1, 2], { device });
      const y = layer.call(x);
      assertClose(await y.data(), [-1, 1, -1, 1, -1, 1, -1, 1], ROUNDING, 'training');
      assertClose(await layer.runningMean!.data(), [0.5, 0.5], ROUNDING, 'running mean');
      assertClose(await layer.runningVar!.data(), [0.75 + 0.25 * (4 / 3), 0.75 + 0.25 * (16 / 3)], ROUNDING, 'running variance');
      y.sum().backward();
      assertClose(await layer.bias!.grad!.data(), [4, 4], ROUNDING, 'd/dbias');

      layer.eval();
      const [a, b] = [0.75 + 1 / 3, 0.75 + 4 / 3].map(Math.sqrt);
      const expected = [0.5 / a, 2.5 / a, -0.5 / b, 3.5 / b];
      assertClose(await layer.call(x).data(), [...expected, ...expected], ROUNDING, 'evaluation');
      assertClose(await layer.runningMean!.data(), [0.5, 0.5], ROUNDING, 'running mean after evaluation');
      layer.dispose();
    }));
}

test('BatchNorm2d without parameters or running statistics uses the batch in evaluation too', () =>
  assertNoLeak(async () => {
    const layer = new BatchNorm2d(1, { affine: false, trackRunningStats: false, eps: 3 }).eval();
    assert.equal(Object.keys(layer.stateDict()), []);
    assertClose(await layer.call(tensor([1, 3], [1, 1, 1, 2])).data(), [-0.5, 0.5], ROUNDING, 'eps 3');
    assert.throws(() => layer.call(tensor([1, 3], [1, 2])), /BatchNorm2d: x \[1,2\] must have four axes \[n, 1, h, w\]/);
  }));

test('Upsample: the example of PyTorch\'s documentation', () =>
  assertNoLeak(async () => {
    const x = tensor([1, 2, 3, 4], [1, 1, 2, 2]);
    const values = async (options: InterpolateOptions) => new Upsample({ scaleFactor: 2, ...options }).call(x).data();
    assertClose(await values({}), [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4], ROUNDING, 'nearest');
    const edges = [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4];
    assertClose(await values({ mode: 'bilinear' }), edges, ROUNDING, 'bilinear');
    const corners = [0, 1, 2, 3].flatMap((row) => [0, 1, 2, 3].map((column) => 1 + (2 * row + column) / 3));
    assertClose(await values({ mode: 'bilinear', alignCorners: true }), corners, ROUNDING, 'corners aligned');
  }));

test('BatchNorm1d: features, and channels of sequences', () =>
  assertNoLeak(async () => {
    const layer = new BatchNorm1d(2, { momentum: 0.5, eps: 0 });
    assert.equal(Object.keys(layer.stateDict()), ['weight', 'bias', 'runningMean', 'runningVar']);
    assertClose(await layer.call(tensor([[1, 0], [3, 4]])).data(), [-1, -1, 1, 1], ROUNDING, 'features');
    assertClose(await layer.runningMean!.data(), [1, 1], ROUNDING, 'running mean');
    assertClose(await layer.call(tensor([[[1, 3], [0, 4]]])).data(), [-1, 1, -1, 1], ROUNDING, 'sequences');
    assert.throws(() => layer.call(tensor([1, 2])), /BatchNorm1d: x \[2\] must have two or three axes \[n, 2\]/);
    layer.dispose();
  }));

test('GroupNorm: over runs of channels, with and without parameters', () =>
  assertNoLeak(async () => {
    const x = tensor([1, 3, 0, 4, 5, 5, 7, 7], [1, 4, 2]);
    const layer = new GroupNorm(2, 4, { eps: 0 });
    assert.equal(layer.namedParameters().map(([name, t]) => [name, t.shape]), [['weight', [4]], ['bias', [4]]]);
    const spread = Math.sqrt(2.5);
    const first = [-1, 1, -2, 2].map((value) => value / spread);
    assertClose(await layer.call(x).data(), [...first, -1, -1, 1, 1], ROUNDING, 'two groups');
    layer.dispose();
    assertClose(await new GroupNorm(4, 4, { affine: false, eps: 3 }).call(x).data(), [
      -0.5, 0.5, -2 / Math.sqrt(7), 2 / Math.sqrt(7), 0, 0, 0, 0,
    ], ROUNDING, 'a group a channel');
  }));

test('LayerNorm: over the last axes, with and without parameters', () =>
  assertNoLeak(async () => {
    const x = tensor([[[1, 3], [1, 3]], [[0, 4], [0, 4]]]);
    const unit = [-1, 1, -1, 1, -1, 1, -1, 1];
    const layer = new LayerNorm([2, 2], { eps: 0 });
    assertClose(await layer.call(x).data(), unit, ROUNDING, 'two axes');
    assert.equal(layer.namedParameters().map(([name, t]) => [name, t.shape]), [['weight', [2, 2]], ['bias', [2, 2]]]);
    layer.dispose();
    assertClose(await new LayerNorm(2, { eps: 3, elementwiseAffine: false }).call(x).data(), [
      -0.5, 0.5, -0.5, 0.5, ...[-2, 2, -2, 2].map((value) => value / Math.sqrt(7)),
    ], ROUNDING, 'one axis');
    const scaled = new LayerNorm(2, { bias: false });
    assert.equal(Object.keys(scaled.stateDict()), ['weight']);
    scaled.dispose();
  }));

test('Embedding: rows by index; the padding row is zero and learns nothing', () =>
  assertNoLeak(async () => {
    for (const paddingIdx of [2, -2]) {
      const layer = new Embedding(4, 3, { paddingIdx });
      const weight = [...(await layer.weight.data())];
      assert.equal(weight.map((value) => value === 0), [false, false, false, false, false, false, true, true, true, false, false, false]);
      const index = tensor([[1, 2], [3, 1]], undefined, { dtype: 'int32' });
      const y = layer.call(index);
      assert.equal(y.shape, [2, 2, 3]);
      assert.equal([...(await y.data())], [1, 2, 3, 1].flatMap((row) => weight.slice(3 * row, 3 * row + 3)));
      y.sum().backward();
      assert.equal([...(await layer.weight.grad!.data())], [0, 0, 0, 2, 2, 2, 0, 0, 0, 1, 1, 1]);
      layer.dispose();
    }
  }));

test('MSELoss: mean, sum, or one an element', () =>
  assertNoLeak(async () => {
    const input = tensor([[1, 2], [3, 5]], undefined, { requiresGrad: true });
    const target = tensor([[1, 0], [0, 1]]);
    assert.is(await mseLoss(input, target).item(), 29 / 4);
    assert.is(await new MSELoss({ reduction: 'sum' }).call(input, target).item(), 29);
    assert.equal(await new MSELoss({ reduction: 'none' }).call(input, target).toArray(), [[0, 4], [9, 16]]);
    new MSELoss().call(input, target).backward();
    assert.equal(await input.grad!.toArray(), [[0, 1], [1.5, 2]]);
    assert.throws(() => mseLoss(input, tensor([1, 2])), /mseLoss: input \[2,2\] and target \[2\] must have one shape/);
  }));

test('CrossEntropyLoss: options go through, and the weights are a buffer', () =>
  assertNoLeak(async () => {
    const logits = tensor([[0, Math.log(3)], [0, 0], [5, 1]]); // probabilities 1/4 3/4, 1/2 1/2
    const targets = tensor([0, 1, 7], [3], { dtype: 'int32' });
    const plain = new CrossEntropyLoss({ ignoreIndex: 7 });
    assertClose([await plain.call(logits, targets).item()], [(Math.log(4) + Math.log(2)) / 2], ROUNDING, 'mean');
    const weighted = new CrossEntropyLoss({ weight: tensor([3, 1]), ignoreIndex: 7, reduction: 'sum' });
    assertClose([await weighted.call(logits, targets).item()], [3 * Math.log(4) + Math.log(2)], ROUNDING, 'weighted sum');
    assert.equal(weighted.namedBuffers().map(([name]) => name), ['weight']);
    assert.equal(weighted.parameters(), []);
    weighted.dispose();
  }));

/** Layers that LAYERS does not hold. */
const OTHER_LAYERS: [string, () => Module<any[], any>][] = [
  ['BatchNorm1d', () => new BatchNorm1d(2)], ['BatchNorm2d', () => new BatchNorm2d(2)], ['GroupNorm', () => new GroupNorm(1, 2)],
  ['LayerNorm', () => new LayerNorm(2)], ['Dropout', () => new Dropout()], ['Embedding', () => new Embedding(2, 2)],
  ['RNN', () => new RNN(2, 2)], ['LSTM', () => new LSTM(2, 2)], ['GRU', () => new GRU(2, 2)], ['RNNCell', () => new RNNCell(2, 2)],
  ['LSTMCell', () => new LSTMCell(2, 2)], ['GRUCell', () => new GRUCell(2, 2)], ['MSELoss', () => new MSELoss()],
  ['CrossEntropyLoss', () => new CrossEntropyLoss()], ['MultiheadAttention', () => new MultiheadAttention(2, 1)],
  ['TransformerEncoderLayer', () => new TransformerEncoderLayer(2, 1)],
  ['TransformerEncoderLayer, norm first', () => new TransformerEncoderLayer(2, 1, { normFirst: true })],
  ['PositionalEncoding', () => new PositionalEncoding(2)],
];

for (const [name, make] of [...LAYERS.filter(([name]) => name !== 'Sequential of nothing' && name !== 'Identity'), ...OTHER_LAYERS]) {
  test(`${name} refuses to be called without a tensor`, () =>
    assertNoLeak(async () => {
      const layer = make();
      for (const wrong of [[], [null], [[1, 2]], [{}]]) {
        assert.throws(() => layer.call(...wrong), (error: Error) => error instanceof TapegradError && / must be a tensor, got /.test(error.message), name);
      }
      layer.dispose();
    }));
}

const refuses = (what: string, make: () => unknown, type: typeof ShapeError | typeof TapegradError, message: RegExp) =>
  test(`refused: ${what}`, () =>
    assertNoLeak(async () => {
      assert.throws(make, (error: Error) => error instanceof type && message.test(error.message) && !error.message.includes('\n'));
    }));

refuses('Linear without inputs', () => new Linear(0, 3), ShapeError, /^Linear: inFeatures must be a whole number from 1, got 0$/);
refuses('Linear with half an output', () => new Linear(2, 1.5), ShapeError, /^Linear: outFeatures .*got 1.5$/);
refuses('Conv2d with an empty kernel', () => new Conv2d(1, 1, [3, 0]), ShapeError, /^Conv2d: kernelWidth .*got 0$/);
refuses('Conv2d with uneven groups', () => new Conv2d(3, 4, 1, { groups: 2 }), ShapeError, /^Conv2d: 3 channels in and 4 out .* 2 groups$/);
refuses('Conv1d with an empty kernel', () => new Conv1d(1, 1, 0), ShapeError, /^Conv1d: kernelSize must be .*got 0$/);
refuses('ConvTranspose2d with uneven groups', () => new ConvTranspose2d(4, 3, 1, { groups: 2 }), ShapeError, /^ConvTranspose2d: 4 channels in and 3 out .* 2 groups$/);
refuses('GroupNorm with uneven groups', () => new GroupNorm(3, 4), ShapeError, /^GroupNorm: 4 channels .* 3 groups$/);
refuses('GlobalAvgPool of a matrix', () => new GlobalAvgPool().call(tensor([[1]])), ShapeError, /^GlobalAvgPool: x \[1,1\]/);
refuses('Dropout of everything', () => new Dropout(1), TapegradError, /^Dropout: p must be at least 0 and below 1, got 1$/);
refuses('Sequential of an array', () => new Sequential([new ReLU()] as never), TapegradError, /^Sequential: layer 0 must be a module, .* got \[ReLU\(\)\]$/);
refuses('Sequential of functions', () => new Sequential(new ReLU(), ((x: Tensor) => x) as never), TapegradError, /^Sequential: layer 1 must be a module/);
refuses('Residual of a function', () => new Residual(((x: Tensor) => x) as never), TapegradError, /^Residual: body must be a module/);
refuses('Residual, its projection', () => new Residual(new ReLU(), { projection: 1 as never }), TapegradError, /^Residual: projection must be a module/);
const momentum = (value: unknown) => () => new BatchNorm2d(2, { momentum: value as never });
refuses('BatchNorm with a cumulative average', momentum(null), TapegradError, /^BatchNorm2d: momentum must be a number, got null$/);
refuses('BatchNorm with a word for a share', momentum('0.1'), TapegradError, /^BatchNorm2d: momentum must be a number, got '0.1'$/);
refuses('BatchNorm without eps', () => new BatchNorm1d(2, { eps: null as never }), TapegradError, /^BatchNorm1d: eps must be a number, got null$/);
refuses('Embedding of no rows', () => new Embedding(0, 4), ShapeError, /^Embedding: numEmbeddings .*got 0$/);
refuses('Embedding, no such padding', () => new Embedding(4, 2, { paddingIdx: 4 }), ShapeError, /^Embedding: .* 4 is no row of 4$/);

test('a layer given another shape says which op, and both shapes', () =>
  assertNoLeak(() =>
    scope(async () => {
      const model = new Sequential(new Flatten(), new Linear(4, 2));
      assert.throws(() => model.call(count([1, 5])), /linear: x \[1,5\] does not fit weight \[2,4\]/);
      model.dispose();
    })));

/** The ops that `run` calls. */
function opsOf(run: () => unknown): string[] {
  const names: string[] = [];
  const stop = observeOps(({ name }) => names.push(name));
  run();
  stop();
  return names;
}

class Doubled extends Linear {
  override forward(x: Tensor): Tensor {
    return super.forward(x).mul(2);
  }
}

for (const device of ['cpu', 'webgpu'] as DeviceName[]) {
  test(`${device}: Sequential runs a ReLU in the kernel of the layer before it, with the same values and gradients`, () =>
    assertNoLeak(() =>
      scope(async () => {
        const model = new Sequential(new Conv2d(2, 3, 3, { device }), new ReLU(), new Flatten(), new Linear(12, 5, { device }), new ReLU());
        const x = count([2, 2, 4, 4], { device }).sub(20).div(30);
        const run = async () => {
          model.zeroGrad();
          const y = model.call(x);
          y.sum().backward();
          return Promise.all([y, ...model.parameters().map((t) => t.grad!)].map(async (t) => [...(await t.data())]));
        };
        assert.equal(opsOf(() => model.call(x)), ['conv2d', 'reshape', 'matmul']);
        const fused = await run();
        assert.ok(fused[0].includes(0) && fused[0].some((value) => value > 0), 'relu cuts some values and lets others through');

        const remove = model.layers[1].registerForwardHook(() => {});
        assert.equal(opsOf(() => model.call(x)), ['conv2d', 'relu', 'reshape', 'matmul'], 'a hook on the ReLU wants to see it called');
        const removeOther = model.layers[3].registerForwardHook(() => {});
        assert.equal(opsOf(() => model.call(x)), ['conv2d', 'relu', 'reshape', 'matmul', 'relu'], 'a hook on the Linear wants to see what it gives');
        assert.equal(await run(), fused);
        remove();
        removeOther();
        model.dispose();
      })));
}

test('Sequential leaves a subclass with a forward of its own alone', () =>
  assertNoLeak(() =>
    scope(async () => {
      const model = new Sequential(new Doubled(2, 2), new ReLU());
      assert.equal(opsOf(() => model.call(tensor([[1, 2]]))), ['matmul', 'fill', 'mul', 'relu']);
      model.dispose();
    })));

test.run();
