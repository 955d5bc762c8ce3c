import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Batch, NonFiniteError, TapegradError, type Tensor, init, manualSeed, tensor } from '../index.js';
import { type ArrayDataset, DataLoader } from '../datasets/index.js';
import {
  Accuracy, BatchNorm1d, type Callback, ConfusionMatrix, CrossEntropyLoss, type FitOptions, LSTM, Linear, MSELoss, MeanAbsoluteError, Module,
  Sequential, doctor, evaluate, fit, mseLoss, predict,
} from '../nn/index.js';
import { SGD } from '../optim/index.js';
import { rejectsWith } from './fixtures/expect.js';
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
      [{ metrics: [mae] }, /^fit: metrics must be an object of metrics by name, \{ accuracy: new Accuracy\(\) \}, got \[\[object Object\]\]$/],
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
      [{ signal: new AbortController() }, /^fit: signal must be an AbortSignal, such as controller.signal, got \[object AbortController\]$/],
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
    const refused: [() => Promise<unknown>, RegExp][] = [
      [() => evaluate(model, undefined as never), /^evaluate: data must be a source of batches, .* got undefined$/],
      [() => evaluate(null as never, loader()), /^evaluate: model must be a module, got null$/],
      [() => evaluate(model, loader(), { loss: MSELoss as never }), /^evaluate: loss must be .* got the class MSELoss$/],
      [() => evaluate(model, loader(), { loss: mseLoss, metrics: { loss: new Accuracy() } as never }), /^evaluate: a metric cannot be named loss/],
      [() => evaluate(model, loader(), { loss: (output) => output }), /^evaluate: the loss must be a scalar, got shape \[2,1\]; reduce it with mean\(\)$/],
      [() => predict(model, tensor([[1]]) as never), /^predict: data must be a source of batches/],
      [() => predict(model, { batches: () => [{}] } as never), /^predict: a batch must have inputs, lists of \{ data, shape \}, got \[object Object\]$/],
      [() => predict(lstm as never, loader({ inputs: [{ data: new Float32Array(2), shape: [1, 2, 1] }], targets: [] })), /^predict: the model's output must be a tensor/],
      [() => doctor(model, undefined as never), /^doctor: a batch must have inputs and targets, .* got undefined$/],
      [() => doctor(model, loader() as never), /^doctor: a batch must have inputs and targets/],
      [() => doctor({} as never, batch), /^doctor: model must be a module, got \[object Object\]$/],
      [() => doctor(model, batch, { loss: 'mse' as never }), /^doctor: loss must be a function or a module.* got 'mse'$/],
      [() => doctor(model, batch, { loss: (output) => output }), /^doctor: the loss must be a scalar, got shape \[2,1\]; reduce it with mean\(\)$/],
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
      train: loader(), epochs: 1, optimizer: new SGD(model.parameters(), { lr: 0.1 }), loss: mseLoss, callbacks: [failsAtEnd('a'), failsAtEnd('b')],
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

test.run();
