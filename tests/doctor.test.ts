import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Batch, type DeviceName, Philox, type Tensor, getRandomState, init, manualSeed, shutdown, tensor } from '../index.js';
import { generateDigits, DataLoader } from '../datasets/index.js';
import { createCnn } from '../examples/mnist-cnn/model.js';
import {
  BatchNorm1d, type Diagnosis, Dropout, type EpochRecord, Linear, Module, type Problem, ReLU, Sequential, Sigmoid, Tanh, doctor, init as initial, mseLoss,
  parameter,
} from '../nn/index.js';
import { assertNoLeak, initBothDevices } from './support.js';

/* Each fault planted in a model that is otherwise healthy: it is found, named, and nothing else is. Healthy models get no finding. */

const test = suite('doctor');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

const WIDTH = 16;

/** 64 examples of 16 standard normal numbers, in 4 classes. */
function batchOf({ scale = 1 } = {}): Batch {
  const random = new Philox(2);
  const data = Float32Array.from({ length: 64 * WIDTH }, () => scale * random.normal());
  return { inputs: [{ data, shape: [64, WIDTH] }], targets: [{ data: Int32Array.from({ length: 64 }, () => random.below(4)), shape: [64] }] };
}

/** A linear layer whose weight is drawn by `draw`, its bias a constant. */
function linear(out: number, draw: (shape: number[]) => Tensor, bias = 0): Linear {
  const layer = new Linear(WIDTH, out);
  layer.weight.dispose();
  layer.bias!.dispose();
  return Object.assign(layer, { weight: parameter(draw([out, WIDTH])), bias: parameter(initial.constant([out], bias)) });
}

const relu = (shape: number[]) => initial.kaimingNormal(shape, { nonlinearity: 'relu' });
const xavier = (shape: number[]) => initial.xavierNormal(shape);
const small = (shape: number[]) => initial.normal(shape, 0, 0.1);

const head = () => linear(4, small);
const problems = ({ findings }: Diagnosis): Problem[] => [...new Set(findings.map(({ problem }) => problem))];

/** A module that computes what it is told. */
class Computed extends Module {
  constructor(readonly layer: Module, private readonly compute: (layer: Module, x: Tensor) => Tensor, readonly more: Module[] = []) {
    super();
  }

  forward(x: Tensor): Tensor {
    return this.compute(this.layer, x);
  }
}

const deepTanh = (depth: number, draw: (shape: number[]) => Tensor) =>
  new Sequential(...Array.from({ length: depth }, () => [linear(WIDTH, draw), new Tanh()]).flat(), head());
const deepSigmoid = (depth: number) =>
  new Sequential(...Array.from({ length: depth }, () => [linear(WIDTH, xavier), new Sigmoid()]).flat(), head());

const HEALTHY: [string, () => Module][] = [
  ['a network with relu', () => new Sequential(linear(WIDTH, relu), new ReLU(), linear(WIDTH, relu), new ReLU(), head())],
  ["layers as they start, with PyTorch's defaults", () => new Sequential(new Linear(WIDTH, 32), new ReLU(), new Linear(32, 32), new Tanh(), new Linear(32, 4))],
  ['ten layers of tanh, orthogonal', () => deepTanh(10, (shape) => initial.orthogonal(shape))],
  ['batch norm and dropout, in training', () => new Sequential(linear(WIDTH, relu), new BatchNorm1d(WIDTH), new ReLU(), new Dropout(0.3), head())],
  ['sigmoid at its start', () => new Sequential(linear(WIDTH, xavier), new Sigmoid(), head())],
];

for (const [what, create] of HEALTHY) {
  test(`healthy: ${what}`, () =>
    assertNoLeak(async () => {
      manualSeed(1);
      const model = create();
      const diagnosis = await doctor(model, batchOf());
      assert.equal(diagnosis.findings, [], String(diagnosis));
      assert.is(String(diagnosis), 'nothing found');
      model.dispose();
    }));
}

test('healthy: the network of npm start, on both devices', () =>
  assertNoLeak(async () => {
    const [batch] = new DataLoader(generateDigits('train', 8), { batchSize: 8 }).batches(0);
    for (const device of ['cpu', 'webgpu'] as DeviceName[]) {
      await init({ device });
      manualSeed(1);
      const model = createCnn();
      assert.is(String(await doctor(model, batch)), 'nothing found', device);
      model.dispose();
    }
    await init({ device: 'cpu' });
  }));

/** What is planted; where it must be found, all of the places; what must be in evidence and advice. */
const PLANTED: [string, Problem, () => Module, string[], RegExp, RegExp][] = [
  [
    'biases far below zero', 'dead units',
    () => new Sequential(linear(WIDTH, relu), new ReLU(), linear(WIDTH, relu, -50), new Computed(new ReLU(), (layer, x) => layer.call(x).add(x.mul(0.05))), head()),
    ['3.layer ReLU (relu)'], /^16 of 16 units are 0 for every example$/, /LeakyReLU/,
  ],
  [
    'weights twenty times too large', 'saturated units',
    () => new Sequential(linear(WIDTH, (shape) => initial.normal(shape, 0, 5)), new Tanh(), head()),
    ['1 Tanh (tanh)'], /^\d+ % of its values lie where the slope/, /xavierUniform with the gain of tanh/,
  ],
  [
    'a sigmoid called by hand', 'saturated units',
    () => new Sequential(new Computed(linear(WIDTH, (shape) => initial.normal(shape, 0, 5)), (layer, x) => layer.call(x).sigmoid()), head()),
    ['0 Computed (sigmoid)'], /%/, /relu instead/,
  ],
  ['eight sigmoids in a row', 'vanishing gradients', () => deepSigmoid(8), ['0 Linear', '2 Linear', '4 Linear', '6 Linear', '8 Linear'], /norm [\d.e-]+, the largest of a layer is/, /relu or gelu/],
  [
    'eight layers that each multiply by about ten', 'exploding gradients',
    () => new Sequential(...Array.from({ length: 5 }, () => [linear(WIDTH, (shape) => initial.normal(shape, 0, 2.5)), new ReLU()]).flat(), linear(4, (shape) => initial.normal(shape, 0, 1e-6))),
    ['10 Linear'], /norm \d+/, /clipNorm/,
  ],
  [
    'a layer that forward() forgets', 'unused parameters', () => new Computed(head(), (layer, x) => layer.call(x), [head()]),
    ['more.0.weight', 'more.0.bias'], /does not depend on it/, /forward\(\)/,
  ],
  ['a last layer of large weights', 'bad initial loss', () => linear(4, (shape) => initial.normal(shape, 0, 3)), ['the loss'], /guessing among 4 classes gives ln\(4\) = 1.39/, /last layer/],
  ['a logarithm of what can be negative', 'not finite', () => new Computed(head(), (layer, x) => layer.call(x).log()), ['log in Computed'], /is NaN/, /clamp/],
  ['a division by zero', 'not finite', () => new Sequential(head(), new Computed(new ReLU(), (layer, x) => layer.call(x).div(x.mul(0)))), ['div in 1 Computed'], /is (NaN|Infinity)/, /eps/],
  ['a slope at the root of zero', 'not finite', () => new Computed(head(), (layer, x) => layer.call(x).mul(0).sqrt()), ['div in backward'], /is (NaN|-?Infinity)/, /eps/],
];

for (const [what, problem, create, places, evidence, advice] of PLANTED) {
  test(`${problem}: ${what}`, () =>
    assertNoLeak(async () => {
      manualSeed(1);
      const model = create();
      const diagnosis = await doctor(model, batchOf());
      assert.equal(problems(diagnosis), [problem], String(diagnosis));
      assert.equal(diagnosis.findings.map(({ where }) => where), places, String(diagnosis));
      for (const finding of diagnosis.findings) {
        assert.match(finding.evidence, evidence);
        assert.match(finding.advice, advice);
        assert.ok(String(diagnosis).includes(`  ${finding.where}: ${finding.evidence}\n`));
      assert.ok(String(diagnosis).startsWith(`${problem}\n`) && String(diagnosis).endsWith(`  try: ${finding.advice}`), String(diagnosis));
      }
      model.dispose();
    }));
}

test('not finite: in the data, and in a parameter', () =>
  assertNoLeak(async () => {
    const model = head();
    const batch = batchOf();
    (batch.inputs[0].data as Float32Array)[37] = NaN;
    assert.equal((await doctor(model, batch)).findings.map(({ where, evidence }) => [where, evidence]), [['input 0 of the batch', 'element 37 is NaN']]);
    model.bias!.dispose();
    Object.assign(model, { bias: parameter(tensor([0, Infinity, 0, 0])) });
    assert.equal((await doctor(model, batchOf())).findings.map(({ where, evidence }) => [where, evidence]), [['parameter bias', 'element 1 is Infinity']]);
    model.dispose();
  }));

test('a loss of its own is not compared with guessing; a sure output may be flat', () =>
  assertNoLeak(async () => {
    const model = new Sequential(linear(4, (shape) => initial.normal(shape, 0, 5)), new Sigmoid());
    const target = { data: new Float32Array(256).fill(0.5), shape: [64, 4] };
    assert.is(String(await doctor(model, { ...batchOf(), targets: [target] }, { loss: mseLoss })), 'nothing found');
    model.dispose();
  }));

const historyOf = (losses: [number, number][]): EpochRecord[] => losses.map(([loss, valLoss]) => ({ loss, valLoss, seconds: 1 }));

test('overfitting: the validation loss rises while the training loss falls', () =>
  assertNoLeak(async () => {
    const model = head();
    const found = async (losses: [number, number][]) => (await doctor(model, batchOf(), { history: historyOf(losses) })).findings;
    const [finding, ...rest] = await found([[1, 1.1], [0.8, 0.9], [0.6, 0.95], [0.4, 1.1], [0.2, 1.4]]);
    assert.equal(rest, []);
    assert.is(finding.problem, 'overfitting');
    assert.is(finding.evidence, 'it rose from 0.9 (epoch 2) to 1.4, the training loss fell from 0.8 to 0.2');
    assert.match(finding.advice, /EarlyStopping.*Dropout/);
    assert.equal(await found([[1, 1.1], [0.8, 0.9], [0.6, 0.85], [0.5, 0.84], [0.4, 0.85]]), [], 'both fall');
    assert.equal(await found([[1, 1.1], [0.8, 0.9], [0.9, 1], [1.1, 1.2], [1.2, 1.4]]), [], 'both rise: that is another illness');
    assert.equal(await found([[1, 0.9], [0.8, 1.2]]), [], 'too early to say');
    model.dispose();
  }));

test('the model is left as it was: gradients, running statistics, mode, random state, forward', () =>
  assertNoLeak(async () => {
    manualSeed(1);
    const norm = new BatchNorm1d(WIDTH);
    const model = new Sequential(linear(WIDTH, relu), norm, new Dropout(0.5), head());
    const state = async () => JSON.stringify([
      await Promise.all(Object.values(model.stateDict()).map((t) => t.toArray())), getRandomState(), model.parameters().map(({ grad }) => grad),
      model.namedModules().map(([, module]) => [module.training, Object.hasOwn(module, 'forward')]),
    ]);
    const before = await state();
    await doctor(model, batchOf());
    assert.is(await state(), before);
    model.dispose();
  }));

test.run();
