import { test } from 'uvu';
import * as assert from 'uvu/assert';
import * as tg from '../index.js';
import { TapegradError, type Tensor, init, tensor } from '../index.js';
import {
  DataLoader, SequenceLoader, Vocabulary, blobs, copyTask, download, logMelSpectrogram, padSequences, ringOfGaussians, sines, spirals, twoMoons,
} from '../datasets/index.js';
import { compareGradients, gradcheck, gradgradcheck } from '../core/gradcheck.js';
import * as nn from '../nn/index.js';
import { Training } from '../nn/training.js';
import * as optim from '../optim/index.js';
import { rejectsWith, throwsError } from './fixtures/expect.js';

/*
 * Options as they come from JavaScript. Each call below works with no options, or those given; with one more, of PyTorch's name or
 * none at all, it must throw and say what it takes instead.
 */

await init({ device: 'cpu' });

const x = tensor([[1, 2], [3, 4]]);
const rows = tensor([0, 1], { dtype: 'int32' });
const places = tensor([[0, 1], [1, 0]], { dtype: 'int32' });
const image = tg.ones([1, 2, 4, 4]);
const sequence = tg.ones([1, 2, 4]);
const classes = tensor([0, 1], { dtype: 'int32' });
const rates = { groups: [{ settings: { lr: 1 } }] };

type Call = (options: never) => unknown;
const sameAs = (name: string): [string, Call] => [name, (options) => (tg as unknown as Record<string, (x: Tensor, options: never) => unknown>)[name](x, options)];

const calls: Readonly<Record<string, Call>> = {
  ...Object.fromEntries(['sum', 'mean', 'max', 'min', 'variance', 'std', 'logSumExp', 'prod', 'argmax', 'argmin'].map(sameAs)),
  ...Object.fromEntries(['softmax', 'logSoftmax', 'softmin', 'glu', 'gelu', 'dropout', 'unbind'].map(sameAs)),
  cumSum: (o) => tg.cumSum(x, given(o, { axis: 0 })),
  gather: (o) => tg.gather(x, places, given(o, { axis: 0 })),
  indexSelect: (o) => tg.indexSelect(x, rows, given(o, { axis: 0 })),
  scatterAdd: (o) => tg.scatterAdd(x, places, x, given(o, { axis: 0 })),
  concat: (o) => tg.concat([x, x], o),
  stack: (o) => tg.stack([x, x], o),
  split: (o) => tg.split(x, 1, o),
  pad: (o) => tg.pad(x, [[1, 1], [0, 0]], o),
  oneHot: (o) => tg.oneHot(rows, 2, o),
  embedding: (o) => tg.embedding(rows, x, o),
  matmul: (o) => tg.matmul(x, x, o),
  linear: (o) => tg.linear(x, x, null, o),
  conv1d: (o) => tg.conv1d(sequence, tg.ones([1, 2, 1]), null, o),
  convTranspose1d: (o) => tg.convTranspose1d(sequence, tg.ones([2, 1, 1]), null, o),
  conv2d: (o) => tg.conv2d(image, tg.ones([1, 2, 1, 1]), null, o),
  convTranspose2d: (o) => tg.convTranspose2d(image, tg.ones([2, 1, 1, 1]), null, o),
  maxPool2d: (o) => tg.maxPool2d(image, given(o, { kernelSize: 2 })),
  avgPool2d: (o) => tg.avgPool2d(image, given(o, { kernelSize: 2 })),
  interpolate: (o) => tg.interpolate(image, given(o, { size: 2 })),
  batchNorm: (o) => tg.batchNorm(image, given(o, { training: true })),
  layerNorm: (o) => tg.layerNorm(x, 2, o),
  groupNorm: (o) => tg.groupNorm(image, 1, o),
  scaledDotProductAttention: (o) => tg.scaledDotProductAttention(x, x, x, o),
  crossEntropy: (o) => tg.crossEntropy(x, classes, o),
  tensor: (o) => tensor([1], o),
  zeros: (o) => tg.zeros([1], o),
  arange: (o) => tg.arange(3, o),
  rand: (o) => tg.rand([1], o),
  mseLoss: (o) => nn.mseLoss(x, x, o),
  l1Loss: (o) => nn.l1Loss(x, x, o),
  huberLoss: (o) => nn.huberLoss(x, x, o),
  smoothL1Loss: (o) => nn.smoothL1Loss(x, x, o),
  bceLoss: (o) => nn.bceLoss(x.div(5), x.div(5), o),
  bceWithLogitsLoss: (o) => nn.bceWithLogitsLoss(x, x, o),
  nllLoss: (o) => nn.nllLoss(x, classes, o),
  klDiv: (o) => nn.klDiv(x, x, o),
  ...Object.fromEntries((['SGD', 'Adam', 'AdamW', 'NAdam', 'RMSprop', 'Adagrad', 'Adadelta'] as const).map((name): [string, Call] => [
    name, (o) => new optim[name]([tensor([1], { requiresGrad: true })], o)])),
  ReduceLROnPlateau: (o) => new optim.ReduceLROnPlateau(new optim.SGD([x]), o),
  EarlyStopping: (o) => new nn.EarlyStopping(o),
  ModelCheckpoint: (o) => new nn.ModelCheckpoint(given(o, { file: 'unwritten' })),
  DataLoader: (o) => new DataLoader({ inputs: [{ data: new Float32Array(2), shape: [2] }], targets: [] }, given(o, { batchSize: 1 })),
  SequenceLoader: (o) => new SequenceLoader([[1]], [0], given(o, { batchSize: 1 })),
  fit: (o) => new Training(new nn.ReLU(), given(o, { train: { batches: () => [] } as never, epochs: 1, optimizer: new optim.SGD([x]) })),
  MaxPool2d: (o) => new nn.MaxPool2d(2, o),
  AvgPool2d: (o) => new nn.AvgPool2d(2, o),
  GlobalAvgPool: (o) => new nn.GlobalAvgPool(o),
  Linear: (o) => new nn.Linear(2, 2, o),
  Conv1d: (o) => new nn.Conv1d(2, 2, 1, o),
  Conv2d: (o) => new nn.Conv2d(2, 2, 1, o),
  ConvTranspose1d: (o) => new nn.ConvTranspose1d(2, 2, 1, o),
  ConvTranspose2d: (o) => new nn.ConvTranspose2d(2, 2, 1, o),
  Embedding: (o) => new nn.Embedding(2, 2, o),
  BatchNorm1d: (o) => new nn.BatchNorm1d(2, o),
  BatchNorm2d: (o) => new nn.BatchNorm2d(2, o),
  LayerNorm: (o) => new nn.LayerNorm(2, o),
  GroupNorm: (o) => new nn.GroupNorm(1, 2, o),
  PReLU: (o) => new nn.PReLU(1, o),
  RNN: (o) => new nn.RNN(2, 2, o),
  LSTM: (o) => new nn.LSTM(2, 2, o),
  GRU: (o) => new nn.GRU(2, 2, o),
  RNNCell: (o) => new nn.RNNCell(2, 2, o),
  LSTMCell: (o) => new nn.LSTMCell(2, 2, o),
  GRUCell: (o) => new nn.GRUCell(2, 2, o),
  MultiheadAttention: (o) => new nn.MultiheadAttention(2, 1, o),
  TransformerEncoderLayer: (o) => new nn.TransformerEncoderLayer(2, 1, o),
  PositionalEncoding: (o) => new nn.PositionalEncoding(2, o),
  Residual: (o) => new nn.Residual(new nn.ReLU(), o),
  'RNN.forward': (o) => new nn.RNN(2, 2).call(tg.ones([1, 1, 2]), null, o),
  'MultiheadAttention.forward': (o) => new nn.MultiheadAttention(2, 1).call(sequence.reshape([4, 1, 2]), sequence.reshape([4, 1, 2]), sequence.reshape([4, 1, 2]), o),
  'TransformerEncoderLayer.forward': (o) => new nn.TransformerEncoderLayer(2, 1).call(sequence.reshape([4, 1, 2]), o),
  gradientPenalty: (o) => nn.gradientPenalty((t) => t.square(), x, x, o),
  summary: (o) => new nn.ReLU().summary([1], o),
  makeTensors: (o) => nn.makeTensors({}, o),
  Accuracy: (o) => new nn.Accuracy(o),
  TopKAccuracy: (o) => new nn.TopKAccuracy(given(o, { k: 1 })),
  Perplexity: (o) => new nn.Perplexity(o),
  ConfusionMatrix: (o) => new nn.ConfusionMatrix(given(o, { classes: 2 })),
  F1Score: (o) => new nn.F1Score(given(o, { classes: 2 })),
  LRScheduler: (o) => new nn.LRScheduler(new optim.ExponentialLR(rates, { gamma: 1 }), o),
  StepLR: (o) => new optim.StepLR(rates, given(o, { stepSize: 1 })),
  MultiStepLR: (o) => new optim.MultiStepLR(rates, given(o, { milestones: [1] })),
  ExponentialLR: (o) => new optim.ExponentialLR(rates, given(o, { gamma: 1 })),
  CosineAnnealingLR: (o) => new optim.CosineAnnealingLR(rates, given(o, { tMax: 1 })),
  LinearLR: (o) => new optim.LinearLR(rates, o),
  SequentialLR: (o) => new optim.SequentialLR(rates, given(o, { schedules: [(r: optim.Scheduled) => new optim.LinearLR(r)], milestones: [] })),
  OneCycleLR: (o) => new optim.OneCycleLR(rates, given(o, { maxLr: 1, totalSteps: 2 })),
  padSequences: (o) => padSequences([[1]], o),
  sines: (o) => sines(1, 1, o),
  copyTask: (o) => copyTask(1, o),
  twoMoons: (o) => twoMoons(2, o),
  spirals: (o) => spirals(3, o),
  blobs: (o) => blobs(3, o),
  ringOfGaussians: (o) => ringOfGaussians(8, o),
  logMelSpectrogram: (o) => logMelSpectrogram({ samples: new Float32Array(256), sampleRate: 8000 }, o),
  'Vocabulary.build': (o) => Vocabulary.build([['a']], o),
};

/** `needed` and what the test adds; what is no object stays as it is. */
function given<T extends object>(options: T | undefined, needed: T): T {
  return typeof options === 'object' ? { ...needed, ...options } : (options ?? needed);
}

for (const [name, call] of Object.entries(calls)) {
  test(`${name} takes its options, and none that it has not`, () => {
    call(undefined as never);
    throwsError(() => call({ dim: 0 } as never), TapegradError, /^[\w.]+: there is no option dim; it takes \w/);
  });
}

for (const name of ['sum', 'softmax', 'concat', 'maxPool2d', 'MaxPool2d', 'cumSum', 'crossEntropy']) {
  test(`${name} takes no number for its options`, () => {
    throwsError(() => calls[name](1 as never), TapegradError, /options must be an object of .*, got 1$/);
  });
}

test('the checker and the tape take no name that they do not know', async () => {
  const inputs = [tensor([1], { dtype: 'float64', requiresGrad: true })];
  const square = (t: Tensor) => t.mul(t);
  for (const check of [gradcheck, gradgradcheck, compareGradients]) {
    await rejectsWith(check(square, inputs, { atol: 1 } as never), TapegradError, /there is no option atol; it takes /);
  }
  const source = new DataLoader({ inputs: [{ data: new Float32Array(2), shape: [2] }], targets: [] }, { batchSize: 1 });
  await rejectsWith(nn.evaluate(new nn.ReLU(), source, { metric: {} } as never), TapegradError, /^evaluate: there is no option metric; it takes /);
  await rejectsWith(nn.doctor(new nn.ReLU(), { inputs: [], targets: [] }, { losses: 1 } as never), TapegradError, /^doctor: there is no option losses/);
  await rejectsWith(nn.loadCheckpoint('unread', { dtype: 'float64' } as never), TapegradError, /^loadCheckpoint: there is no option dtype; it takes device/);
  await rejectsWith(download('set', {} as never, { dir: '.' } as never), TapegradError, /^download: there is no option dir; it takes folder/);
  throwsError(() => tg.grad(square(inputs[0]), inputs, { retain: true } as never), TapegradError, /^grad: there is no option retain/);
  throwsError(() => square(inputs[0]).backward(undefined, { retain: true } as never), TapegradError, /^backward: there is no option retain/);
  await rejectsWith(init({ devise: 'cpu' } as never), TapegradError, /^init: there is no option devise/);
  await rejectsWith(init({ device: 'gpu' as never }), TapegradError, /^init: device must be one of auto, cpu, webgpu, got 'gpu'/);
});

test('an option without default must be given', () => {
  throwsError(() => tg.gather(x, places, {} as never), TapegradError, /^gather: the option axis is missing; it has no default$/);
  throwsError(() => tg.maxPool2d(image, {} as never), TapegradError, /^maxPool2d: the option kernelSize is missing; it has no default$/);
});

test('undefined is no value: the default holds', async () => {
  assert.equal(await x.sum({ axis: undefined }).toArray(), await x.sum().toArray());
});

test('a choice is one of those there are', () => {
  throwsError(() => nn.mseLoss(x, x, { reduction: 'avg' as never }), TapegradError, /^mseLoss: reduction must be one of mean, sum, none, got 'avg'$/);
  throwsError(() => tg.crossEntropy(x, classes, { reduction: 'avg' as never }), TapegradError, /^crossEntropy: reduction must be one of/);
  throwsError(() => tg.pad(x, [[1, 1], [0, 0]], { mode: 'circular' as never }), TapegradError, /^pad: mode must be one of/);
  throwsError(() => tg.gelu(x, { approximate: 'Tanh' as never }), TapegradError, /^gelu: approximate must be one of/);
  throwsError(() => tg.interpolate(image, { size: 2, mode: 'bicubic' as never }), TapegradError, /^interpolate: mode must be one of/);
});

test.run();
