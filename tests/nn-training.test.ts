import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Batch, FormatError, NonFiniteError, TapegradError, type Tensor, init, manualSeed, tensor } from '../index.js';
import { type ArrayDataset, DataLoader } from '../datasets/index.js';
import {
  Accuracy, BatchNorm1d, type Callback, ConfusionMatrix, CrossEntropyLoss, EarlyStopping, type FitOptions, LRScheduler, LSTM, Linear,
  MSELoss, MeanAbsoluteError, ModelCheckpoint, Module, R2Score, Sequential, decodeCheckpoint, doctor, encodeCheckpoint, evaluate, fit,
  loadTraining, mseLoss, predict, saveTraining,
} from '../nn/index.js';
import { Adam, CosineAnnealingLR, ReduceLROnPlateau, SGD } from '../optim/index.js';
import { rejectsWith, throwsError } from './fixtures/expect.js';
import { assertNoLeak } from './support.js';

/* Training when something is wrong: what is refused, by which name, and what is then as it was before. */

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-training-'));
const test = suite('nn: training');
test.before(async () => void (await init({ device: 'cpu' })));
test.after(() => rmSync(folder, { recursive: true }));

const column = (values: number[]) => ({ data: Float32Array.from(values), shape: [values.length, 1] });
const line: ArrayDataset = { inputs: [column([1, 2, 3, 4])], targets: [column([2, 4, 6, 8])] };
const loader = (dataset = line) => new DataLoader(dataset, { batchSize: 2 });
const [batch] = loader().batches(0);

const valuesOf = async (module: Module) =>
  Object.fromEntries(await Promise.all(Object.entries(module.stateDict()).map(async ([name, t]) => [name, [...(await t.data())]])));

test('each part of a training that is no such thing is refused by name', () =>
  assertNoLeak(async () => {
    const model = new Linear(1, 1);
    const options: FitOptions = { train: loader(), epochs: 1, optimizer: new SGD(model.parameters(), { lr: 0.1 }), loss: mseLoss };
    const mae = new MeanAbsoluteError();
    const refused: [object, RegExp][] = [
      [{ train: line }, /^fit: train must be a source of batches, such as new DataLoader\(.*\), got \[object Object\]$/],
      [{ train: DataLoader }, /^fit: train must be a source of batches.* got a function$/],
      [{ validation: 'test' }, /^fit: validation must be a source of batches.* got 'test'$/],
      [{ epochs: '1' }, /^fit: epochs must be a whole number from 0, got '1'$/],
      [{ optimizer: SGD }, /^fit: optimizer must be an optimiser, such as new Adam\(model.parameters\(\)\), got a function$/],
      [{ optimizer: model }, /^fit: optimizer must be an optimiser/],
      [{ loss: 'mse' }, /^fit: loss must be a function or a module, such as mseLoss or new MSELoss\(\), got 'mse'$/],
      [{ loss: MSELoss }, /^fit: loss must be .*, got the class MSELoss$/],
      [{ loss: () => 3 }, /^fit: the loss must give a tensor, got 3$/],
      [{ metrics: [mae] }, /^fit: metrics must be an object of metrics by name, .* got \[\[object Object\]\]$/],
      [{ metrics: { mae: MeanAbsoluteError } }, /^fit: the metric mae must be a metric, such as new Accuracy\(\), got a function$/],
      [{ metrics: { loss: mae } }, /^fit: a metric cannot be named loss, as the mean loss is; choose another name$/],
      [{ metrics: { seconds: mae } }, /^fit: a metric cannot be named seconds: another figure is; choose another name$/],
      [{ metrics: { epoch: mae } }, /^fit: a metric cannot be named epoch/],
      [{ metrics: { valLoss: mae } }, /^fit: a metric cannot be named valLoss/],
      [{ metrics: { mae, valMae: mae } }, /^fit: a metric cannot be named valMae/],
      [
        { metrics: { confusion: new ConfusionMatrix({ classes: 2 }) } },
        /^fit: the metric confusion computes no single number; give it to evaluate\(\) after the training$/,
      ],
      [{ callbacks: { name: 'one' } }, /^fit: callbacks must be an array, got \[object Object\]$/],
      [{ callbacks: [Accuracy] }, /^fit: callbacks\[0\] must be an object with a name, such as new ProgressBar\(\), got a function$/],
      [{ from: 'run.safetensors' }, /^fit: from must be a saved run, await loadTraining\(file\), got 'run.safetensors'$/],
      [{ from: Promise.resolve() }, /^fit: from must be a saved run.* got \[object Promise\]$/],
      [{ signal: new AbortController() }, /^fit: signal must be an AbortSignal, .* got \[object AbortController\]$/],
      [{ train: { batches: () => [[1, 2]] } }, /^fit: a batch must have inputs and targets, lists of \{ data, shape \}, got \[1,2\]$/],
    ];
    for (const [changed, message] of refused) await rejectsWith(fit(model, { ...options, ...changed }), TapegradError, message);
    await rejectsWith(fit(Linear as never, options), TapegradError, /^fit: model must be a module, got a function$/);
    model.dispose();
  }));

test('evaluate, predict and doctor refuse what is no model, source or batch', () =>
  assertNoLeak(async () => {
    const model = new Linear(1, 1);
    const lstm = new LSTM(1, 2);
    const sequences = { inputs: [{ data: new Float32Array(2), shape: [1, 2, 1] }], targets: [] };
    const refused: [() => Promise<unknown>, RegExp][] = [
      [() => evaluate(model, undefined as never), /^evaluate: data must be a source of batches, .* got undefined$/],
      [() => evaluate(null as never, loader()), /^evaluate: model must be a module, got null$/],
      [() => evaluate(model, loader(), { loss: MSELoss as never }), /^evaluate: loss must be .* got the class MSELoss$/],
      [() => evaluate(model, loader(), { metrics: { loss: new Accuracy() } as never }), /^evaluate: a metric cannot be named loss/],
      [() => evaluate(model, loader(), { loss: (output) => output }), /^evaluate: the loss must be a scalar, got shape \[2,1\]/],
      [() => predict(model, tensor([[1]]) as never), /^predict: data must be a source of batches/],
      [() => predict(model, { batches: () => [{}] } as never), /^predict: a batch must have inputs, .* got \[object Object\]$/],
      [() => predict(lstm as never, loader(sequences)), /^predict: the model's output must be a tensor/],
      [() => doctor(model, undefined as never), /^doctor: a batch must have inputs and targets, .* got undefined$/],
      [() => doctor(model, loader() as never), /^doctor: a batch must have inputs and targets/],
      [() => doctor({} as never, batch), /^doctor: model must be a module, got \[object Object\]$/],
      [() => doctor(model, batch, { loss: 'mse' as never }), /^doctor: loss must be a function or a module.* got 'mse'$/],
      [() => doctor(model, batch, { loss: (output) => output }), /^doctor: the loss must be a scalar, got shape \[2,1\]/],
      [() => doctor(model, batch, { loss: mseLoss, history: {} as never }), /^doctor: history must be an array, got \[object Object\]$/],
    ];
    for (const [call, message] of refused) await rejectsWith(call(), TapegradError, message);
    lstm.dispose();
    model.dispose();
  }));

test('a loss may be a module', () =>
  assertNoLeak(async () => {
    const model = new Linear(1, 2);
    const data = loader({ ...line, targets: [{ data: Int32Array.of(0, 1, 0, 1), shape: [4] }] });
    const weighted = new CrossEntropyLoss({ weight: tensor([1, 3]) });
    const optimizer = new SGD(model.parameters(), { lr: 0 });
    const { history } = await fit(model, { train: data, epochs: 1, optimizer, loss: weighted });
    const expected = await evaluate(model, data, { loss: (output, target) => weighted.call(output, target) });
    assert.is((await evaluate(model, data, { loss: weighted })).loss, expected.loss);
    assert.is(history[0].loss, expected.loss);
    assert.is.not(expected.loss, (await evaluate(model, data)).loss);
    const [first] = data.batches(0);
    assert.equal((await doctor(model, first, { loss: weighted })).findings, []);
    weighted.dispose();
    model.dispose();
  }));

test('the first error ends a run, not one of an onEnd that follows; every onEnd is called', () =>
  assertNoLeak(async () => {
    const model = new Linear(1, 1);
    const ended: string[] = [];
    const failsAtEnd = (name: string): Callback => ({
      name,
      onEnd() {
        ended.push(name);
        throw new Error(`${name} failed`);
      },
    });
    const options: FitOptions = {
      train: loader(), epochs: 1, optimizer: new SGD(model.parameters(), { lr: 0.1 }), loss: mseLoss,
      callbacks: [failsAtEnd('a'), failsAtEnd('b')],
    };
    const failing = () => {
      throw new RangeError('the cause');
    };
    await rejectsWith(fit(model, { ...options, loss: failing }), RangeError, /^the cause$/);
    await rejectsWith(fit(model, options), Error, /^a failed$/);
    assert.equal(ended, ['a', 'b', 'a', 'b']);
    model.dispose();
  }));

/** Batch normalisation, then a loss that is told how to fail. */
const normalised = () => new Sequential(new Linear(1, 2), new BatchNorm1d(2), new Linear(2, 1));

const FAILING: [string, (output: Tensor, target: Tensor) => Tensor, new (...args: never[]) => Error][] = [
  ['infinite', (output) => output.mul(0).log().mean(), NonFiniteError],
  ['of the wrong shape', (output) => output, TapegradError],
];

for (const [what, loss, type] of FAILING) {
  test(`a loss that is ${what} leaves parameters and running statistics as they were`, () =>
    assertNoLeak(async () => {
      manualSeed(1);
      const model = normalised();
      const before = await valuesOf(model);
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      for (const accumulate of [1, 2]) {
        await rejectsWith(fit(model, { train: loader(), epochs: 1, optimizer, loss, accumulate }), type, /./);
        assert.equal(await valuesOf(model), before);
      }
      await doctor(model, batch, { loss }).catch(() => null);
      assert.equal(await valuesOf(model), before, 'after doctor');
      model.dispose();
    }));
}

test('infinite data leaves running statistics finite', () =>
  assertNoLeak(async () => {
    const model = normalised();
    const before = await valuesOf(model);
    const broken: Batch = { ...batch, inputs: [column([1, Infinity])] };
    const train = { length: 2, batchCount: 1, batches: () => [broken] };
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    await rejectsWith(fit(model, { train, epochs: 1, optimizer, loss: mseLoss }), NonFiniteError, /^epoch 1, batch 1: loss NaN/);
    assert.equal(await valuesOf(model), before);
    model.dispose();
  }));

test('callbacks refuse options and states of other kinds', () => {
  const file = 'run.safetensors';
  const refused: [() => unknown, RegExp][] = [
    [() => new ModelCheckpoint({ file, everySteps: 2.5 }), /^ModelCheckpoint: everySteps must be a whole number from 1, got 2.5$/],
    [() => new ModelCheckpoint({ file, keepBest: -1 }), /^ModelCheckpoint: keepBest must be a whole number from 0, got -1$/],
    [() => new ModelCheckpoint({ file, extra: { n: 1 } as never }), /^ModelCheckpoint: extra must be a map of strings, got 1 for n/],
    [() => new ModelCheckpoint({ file, extra: { tapegrad: 'x' } }), /^ModelCheckpoint: extra cannot hold tapegrad/],
    [() => new EarlyStopping({ patience: 1.5 }), /^EarlyStopping: patience must be a whole number from 0, got 1.5$/],
    [() => new EarlyStopping({ minDelta: '0' as never }), /^EarlyStopping: minDelta must be a number, got '0'$/],
    [() => new EarlyStopping({ minDelta: -1 }), /^EarlyStopping: minDelta must not be negative, got -1$/],
    [() => new ModelCheckpoint({ file }).restore({ values: [{ epoch: 1 }] }), /^ModelCheckpoint: the saved state must be a list of/],
    [() => new EarlyStopping().restore({ values: null }), /^EarlyStopping: the saved state must hold best, .* got null$/],
  ];
  for (const [call, message] of refused) throwsError(call, TapegradError, message);
});

/** A run stopped after the first of the two steps of its second epoch. */
async function stoppedRun(callbacksFor: (optimizer: Adam) => Callback[] = () => []) {
  manualSeed(1);
  const model = normalised();
  const optimizer = new Adam(model.parameters(), { lr: 0.1 });
  const stop = new AbortController();
  const stopper: Callback = { name: 'stop', onStep: (_, { position }) => void (position.steps === 3 && stop.abort()) };
  const training = await fit(model, {
    train: loader(), epochs: 3, optimizer, loss: mseLoss, metrics: { r2: new R2Score() }, signal: stop.signal,
    callbacks: [...callbacksFor(optimizer), stopper],
  });
  return { model, optimizer, training };
}

test('what is saved with a run comes back as it was, or is refused', () =>
  assertNoLeak(async () => {
    const file = join(folder, 'extra.safetensors');
    const values = { text: ['NaN', 'Infinity', "'-Infinity", "it's NaN"], numbers: [NaN, Infinity, -Infinity, 1] };
    let restored: unknown;
    const callback: Callback = { name: 'keeper', state: () => ({ values }), restore: (state) => void (restored = state.values) };
    const { model, optimizer, training } = await stoppedRun(() => [callback]);
    const refused: [unknown, RegExp][] = [
      [{ n: 1 }, /^saveTraining: extra must be a map of strings, got 1 for n; write JSON.stringify\(value\)$/],
      [{ training: 'x' }, /^saveTraining: extra cannot hold training: the training itself is kept under this name; choose another$/],
      [{ tapegrad: 'x' }, /^saveTraining: extra cannot hold tapegrad/],
    ];
    for (const [extra, message] of refused) await rejectsWith(saveTraining(file, training, extra as never), TapegradError, message);
    const unawaited = saveTraining(file, Promise.resolve() as never);
    await rejectsWith(unawaited, TapegradError, /^saveTraining: training must be what fit\(\) gives, .* got \[object Promise\]$/);
    await saveTraining(file, training, { note: 'NaN' });
    const saved = await loadTraining(file);
    assert.equal(saved.extra, { note: 'NaN' });
    saved.restore(training);
    assert.equal(restored, values);
    throwsError(() => saved.restoreModel(undefined as never), TapegradError, /^restoreModel: model must be a module, got undefined$/);
    optimizer.dispose();
    model.dispose();
  }));

/** The metadata of a saved training, changed; what must be said of them. */
const DAMAGES: [string, (progress: any) => unknown, RegExp][] = [
  ['a string', () => 'x', /expected a whole number from 0 as position.epoch of the training, found nothing$/],
  ['null', () => null, /position.epoch of the training, found nothing$/],
  ['no position', ({ position, ...rest }) => rest, /position.epoch of the training, found nothing$/],
  ['half a batch', (p) => ({ ...p, position: { ...p.position, batch: 0.5 } }), /from 0 as position.batch of the training, found 0.5$/],
  ['sums that are none', (p) => ({ ...p, position: { ...p.position, metricSums: { r2: 4 } } }), /numbers by name as position.metricSums/],
  ['a history of text', (p) => ({ ...p, position: { ...p.position, history: ['x'] } }), /as position.history .* found \[x\]$/],
  ['no random state', (p) => ({ ...p, random: null }), /below 2\^32 as random.seed of the training, found nothing$/],
  ['numbers as text', (p) => ({ ...p, optimizer: { lr: '1' } }), /numbers by name as optimizer of the training/],
  ['a callback without a name', (p) => ({ ...p, callbacks: [{}] }), /a list of states with names as callbacks of the training/],
];

test('a damaged training is named', () =>
  assertNoLeak(async () => {
    const file = join(folder, 'damaged.safetensors');
    const { model, optimizer, training } = await stoppedRun();
    await saveTraining(file, training);
    const { tensors, metadata } = decodeCheckpoint(readFileSync(file));
    const refused = async (text: string, message: RegExp) => {
      writeFileSync(file, encodeCheckpoint({ tensors, metadata: { ...metadata, training: text } }));
      await rejectsWith(loadTraining(file), FormatError, message);
    };
    await refused(metadata.training.slice(0, 40), /damaged\.safetensors at byte 8: expected a training as JSON, found '.*'$/);
    for (const [, damage, message] of DAMAGES) await refused(JSON.stringify(damage(JSON.parse(metadata.training))), message);
    optimizer.dispose();
    model.dispose();
  }));

/** What a run is continued with that does not fit the saved one. */
const MISFITS: [string, (optimizer: Adam) => Partial<FitOptions>, RegExp][] = [
  ['another metric', () => ({ metrics: { mae: new MeanAbsoluteError() } }), /^fit: .* the metrics \[r2\], this one has \[mae\]; give/],
  ['a metric of other size', () => ({ metrics: { r2: new MeanAbsoluteError() } }), /^fit: the metric r2 .* 4 sums, that of this one 2/],
  ['another optimiser', (optimizer) => ({ optimizer: new SGD(optimizer.groups[0].params) }), /^SGD: the saved state does not fit/],
  ['a callback less', () => ({ callbacks: [] }), /^fit: the saved run had a LRScheduler, this one lacks it/],
  ['another schedule', (optimizer) => ({ callbacks: [new LRScheduler(new ReduceLROnPlateau(optimizer))] }), /^ReduceLROnPlateau/],
];

for (const [what, changed, message] of MISFITS) {
  test(`refused, and nothing changed: a run continued with ${what}`, () =>
    assertNoLeak(async () => {
      const file = join(folder, 'misfit.safetensors');
      const schedule = (optimizer: Adam) => [new LRScheduler(new CosineAnnealingLR(optimizer, { tMax: 5 }), { every: 'step' })];
      const { model, optimizer, training } = await stoppedRun(schedule);
      await saveTraining(file, training);
      const from = await loadTraining(file);
      const options: FitOptions = { train: loader(), epochs: 1, optimizer, loss: mseLoss, metrics: { r2: new R2Score() } };
      await fit(model, options); // on from what was saved
      const callbacks = schedule(optimizer);
      const state = async () => JSON.stringify([await valuesOf(model), optimizer.stateDict().numbers]);
      const before = await state();
      await rejectsWith(fit(model, { ...options, callbacks, ...changed(optimizer), from }), TapegradError, message);
      assert.is(await state(), before);
      optimizer.dispose();
      model.dispose();
    }));
}

test.run();
