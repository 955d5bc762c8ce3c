import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DeviceName, FormatError, NonFiniteError, Philox, TapegradError, type Tensor, init, manualSeed, shutdown, tensor } from '../index.js';
import { type ArrayDataset, DataLoader, randomSplit } from '../datasets/index.js';
import {
  Accuracy, type Callback, CSVLogger, Dropout, EarlyStopping, type FitOptions, JSONLLogger, LRScheduler, Linear, MeanAbsoluteError,
  ModelCheckpoint, Module, Perplexity, ProgressBar, ReLU, Sequential, clipGradNorm,
  clipGradValue, decodeCheckpoint, encodeCheckpoint, evaluate, fit, gradNorm, init as initial, loadTraining, mseLoss, parameter, predict,
  saveTraining,
} from '../nn/index.js';
import { Training } from '../nn/training.js';
import { Adam, CosineAnnealingLR, ReduceLROnPlateau, SGD } from '../optim/index.js';
import { rejectsWith } from './fixtures/expect.js';
import { assertClose, assertNoLeak, initBothDevices } from './support.js';

/* The training loop on small models: what it does to them, what it reports, and what a resumed run is worth. */

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-fit-'));
const test = suite('fit');
test.before(initBothDevices);
test.after(() => {
  shutdown('webgpu');
  rmSync(folder, { recursive: true });
});

/** One number, towards which all targets pull it. */
class Constant extends Module {
  readonly value: Tensor = parameter(tensor([0]));

  forward(x: Tensor): Tensor {
    return x.mul(0).add(this.value);
  }
}

/** `count` examples with input 1 and the target `target`. */
const pulls = (target: number, count = 4): ArrayDataset => ({
  inputs: [{ data: new Float32Array(count).fill(1), shape: [count, 1] }],
  targets: [{ data: new Float32Array(count).fill(target), shape: [count, 1] }],
});

const loaderOf = (dataset: ArrayDataset, batchSize = 2) => new DataLoader(dataset, { batchSize });

/** Two classes, on either side of a curve. */
function curve(count: number): ArrayDataset {
  const random = new Philox(8);
  const points = Float32Array.from({ length: 2 * count }, () => 2 * random.uniform() - 1);
  const labels = Int32Array.from({ length: count }, (_, i) => (points[2 * i + 1] > points[2 * i] ** 2 - 0.3 ? 1 : 0));
  return { inputs: [{ data: points, shape: [count, 2] }], targets: [{ data: labels, shape: [count] }] };
}

const classifier = () => new Sequential(new Linear(2, 16), new ReLU(), new Dropout(0.2), new Linear(16, 2));
const weightsOf = async (model: Module) => Promise.all(model.parameters().map(async (t) => [...(await t.data())]));
const withoutSeconds = (training: Training) => training.history.map(({ seconds, ...rest }) => rest);

test('a classifier learns; loss, accuracy and those of the validation source are recorded', () =>
  assertNoLeak(async () => {
    manualSeed(1);
    const model = classifier();
    const optimizer = new Adam(model.parameters(), { lr: 0.02 });
    const [train, validation] = randomSplit(curve(200), 0.25, 3).map((part) => new DataLoader(part, { batchSize: 16, shuffle: true, seed: 1 }));
    const training = await fit(model, { train, validation, epochs: 12, optimizer, metrics: { accuracy: new Accuracy() } });
    assert.ok(training.finished);
    assert.is(training.history.length, 12);
    const [first, last] = [training.history[0], training.history.at(-1)!];
    assert.equal(Object.keys(last), ['loss', 'accuracy', 'seconds', 'valLoss', 'valAccuracy']);
    assert.ok(last.loss < first.loss && last.valAccuracy! > 0.85, JSON.stringify(last));
    const again = await evaluate(model, validation, { metrics: { accuracy: new Accuracy() } });
    assert.is(again.accuracy, last.valAccuracy);
    assert.ok(model.training && model.namedModules().every(([, module]) => module.training), 'back in training mode');
    optimizer.dispose();
    model.dispose();
  }));

test('several inputs, a mask among the targets, and predictions in order', () =>
  assertNoLeak(async () => {
    class Pair extends Module {
      readonly weight = parameter(initial.zeros([2]));

      forward(a: Tensor, b: Tensor): Tensor {
        return a.mul(this.weight.slice([[0, 1]])).add(b.mul(this.weight.slice([[1, 2]])));
      }
    }
    const count = 6;
    const column = (f: (i: number) => number) => ({ data: Float32Array.from({ length: count }, (_, i) => f(i)), shape: [count, 1] });
    const known = (i: number) => (i % 3 === 0 ? 0 : 1);
    const dataset: ArrayDataset = {
      inputs: [column((i) => i / 2), column((i) => 1 - i / 3)],
      targets: [column((i) => (known(i) ? 2 * (i / 2) - 3 * (1 - i / 3) : 1000)), column(known)],
    };
    const model = new Pair();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    await fit(model, {
      train: loaderOf(dataset, 4),
      epochs: 150,
      optimizer,
      loss: (output, target, mask) => output.sub(target).mul(mask).square().mean(),
    });
    assertClose(await model.weight.data(), [2, -3], { relative: 1e-3, absolute: 0 }, 'weights');
    const { data, shape } = await predict(model, loaderOf(dataset, 4));
    assert.equal(shape, [6, 1]);
    assertClose(data, Array.from({ length: count }, (_, i) => 2 * (i / 2) - 3 * (1 - i / 3)), { relative: 1e-3, absolute: 0 }, 'predictions');
    optimizer.dispose();
    model.dispose();
  }));

test('accumulated gradients are those of one large batch, a last and smaller one included', () =>
  assertNoLeak(async () => {
    const weights: number[][][] = [];
    const losses: number[] = [];
    for (const { batchSize, accumulate } of [{ batchSize: 4, accumulate: 3 }, { batchSize: 12, accumulate: 1 }]) {
      manualSeed(4);
      const model = new Linear(2, 2);
      const optimizer = new SGD(model.parameters(), { lr: 0.5 });
      const training = await fit(model, { train: loaderOf(curve(22), batchSize), epochs: 2, optimizer, accumulate });
      assert.is(training.position.steps, 4);
      weights.push(await weightsOf(model));
      losses.push(training.history[1].loss);
      model.dispose();
    }
    const tolerance = { relative: 1e-6, absolute: 1e-6 };
    weights[0].forEach((values, i) => assertClose(values, weights[1][i], tolerance, `parameter ${i}`));
    assertClose([losses[0]], [losses[1]], tolerance, 'loss');
  }));

test('clipping: a step of rate 1 goes as far as the limit, and not further than the gradient', () =>
  assertNoLeak(async () => {
    const stepOf = async (options: Partial<FitOptions>) => {
      const model = new Constant();
      const optimizer = new SGD(model.parameters(), { lr: 1 });
      let reported = 0;
      const watch: Callback = { name: 'watch', onStep: ({ gradientNorm }) => void (reported = gradientNorm) };
      await fit(model, { train: loaderOf(pulls(3), 4), epochs: 1, optimizer, loss: mseLoss, callbacks: [watch], ...options });
      const [moved] = await model.value.data();
      model.dispose();
      return [moved, reported];
    };
    assert.equal(await stepOf({}), [6, 6]);
    assert.equal(await stepOf({ clipNorm: 0.5 }), [0.5, 6], 'the norm before clipping is reported');
    assert.equal(await stepOf({ clipNorm: 7 }), [6, 6]);
    assert.equal(await stepOf({ clipValue: 0.25 }), [0.25, 6]);
  }));

test('gradients: the norm of all of them, clipped in place, or an error without any', () =>
  assertNoLeak(async () => {
    const [a, b, c] = [tensor([3, 0], { requiresGrad: true }), tensor([[4]], { requiresGrad: true }), tensor([1], { requiresGrad: true })];
    assert.throws(() => gradNorm([a, b]), /^gradNorm: none of 2 parameters has a gradient; call backward\(\) first/);
    a.square().sum().div(2).add(b.square().sum().div(2)).backward();
    assert.is(await gradNorm([a, b, c]).item(), 5);
    const before = a.grad;
    assert.is(await clipGradNorm([a, b, c], 5).item(), 5);
    assert.equal([...(await a.grad!.data())], [3, 0], 'as it was, to the bit');
    clipGradNorm([a, b, c], 1);
    assertClose([...(await a.grad!.data()), ...(await b.grad!.data())], [0.6, 0, 0.8], { relative: 1e-6, absolute: 0 }, 'shrunk');
    clipGradValue([a, b, c], 0.7);
    assertClose([...(await a.grad!.data()), ...(await b.grad!.data())], [0.6, 0, 0.7], { relative: 1e-6, absolute: 0 }, 'clamped');
    assert.is(a.grad, before, 'in place');
  }));

test('early stopping ends the run and puts the best weights back', () =>
  assertNoLeak(async () => {
    // Training pulls towards 10; at about 3 the validation set is content, and then less and less so.
    const model = new Constant();
    const optimizer = new SGD(model.parameters(), { lr: 0.02 });
    const early = new EarlyStopping({ patience: 2 });
    const values: number[] = [];
    const training = await fit(model, {
      train: loaderOf(pulls(10)), validation: loaderOf(pulls(3)), epochs: 50, optimizer, loss: mseLoss,
      callbacks: [early, { name: 'watch', onEpoch: async () => void values.push((await model.value.data())[0]) }],
    });
    const [restored] = await model.value.data();
    assert.ok(training.finished && training.history.length === early.best.epoch + 3, `${training.history.length} epochs, best ${early.best.epoch}`);
    assert.is(restored, values[early.best.epoch - 1]);
    assert.is(early.best.value, Math.min(...training.history.map(({ valLoss }) => valLoss!)));
    assert.match(training.position.stopped!, /valLoss has not improved on .* of epoch/);
    model.dispose();
  }));

test('a figure that is NaN is worse than any other, first or last', () =>
  assertNoLeak(async () => {
    const model = new Constant();
    const early = new EarlyStopping({ monitor: 'loss', patience: 1 });
    const best = new ModelCheckpoint({ file: join(folder, 'nan.safetensors'), monitor: 'loss', keepBest: 2 });
    const training = new Training(model, { train: loaderOf(pulls(1)), epochs: 9, optimizer: new SGD(model.parameters()) });
    for (const loss of [NaN, 3, NaN, 2, NaN, NaN]) {
      training.position.epoch++;
      const record = { loss, seconds: 1 };
      await early.onEpoch(record, training);
      best.onEpoch(record, training);
    }
    assert.equal(early.best, { value: 2, epoch: 4 });
    assert.equal(best.best.map(({ epoch }) => epoch), [4, 2, 1, 3, 5, 6]); // all: those past keepBest go at the next safe point
    assert.match(training.position.stopped!, /^loss has not improved on 2 of epoch 4$/);
    model.dispose();
  }));

for (const device of ['cpu', 'webgpu'] as DeviceName[]) {
  test(`on ${device}: stopped within an epoch, saved and resumed, a run ends bit-equal`, () =>
    assertNoLeak(async () => {
      await init({ device });
      const run = async (options: { stopAfter?: number; file?: string; resume?: boolean; logs?: string }) => {
        manualSeed(options.resume ? 99 : 7);
        const model = classifier();
        const optimizer = new Adam(model.parameters(), { lr: 0.05 });
        const stop = new AbortController();
        const callbacks: Callback[] = [
          new LRScheduler(new CosineAnnealingLR(optimizer, { tMax: 30 }), { every: 'step' }),
          new LRScheduler(new ReduceLROnPlateau(optimizer, { patience: 0 }), { monitor: 'valLoss' }),
          new EarlyStopping({ patience: 1 }),
          new CSVLogger(join(folder, `${options.logs}.csv`)),
          new JSONLLogger(join(folder, `${options.logs}.jsonl`)),
          { name: 'stop', onStep: (_, { position }) => void (position.steps === options.stopAfter && stop.abort()) },
          ...(options.file ? [new ModelCheckpoint({ file: options.file })] : []),
        ];
        const training = await fit(model, {
          train: new DataLoader(curve(50), { batchSize: 8, shuffle: true, seed: 2 }),
          validation: loaderOf(curve(20), 16),
          epochs: 4, optimizer, metrics: { perplexity: new Perplexity() }, callbacks, signal: stop.signal,
          from: options.resume ? await loadTraining(options.file!) : null,
        });
        const result = { weights: await weightsOf(model), history: withoutSeconds(training), interrupted: training.interrupted, lr: optimizer.lr };
        optimizer.dispose();
        model.dispose();
        return result;
      };
      const file = join(folder, `${device}.safetensors`);
      const straight = await run({ logs: 'straight' });
      const stopped = await run({ stopAfter: 10, file, logs: 'resumed' });
      assert.ok(stopped.interrupted);
      assert.is(stopped.history.length, 1, 'stopped in the second epoch');
      const resumed = await run({ file, resume: true, logs: 'resumed' });
      assert.equal(resumed, straight);
      const log = (name: string) => readFileSync(join(folder, name), 'utf8').replace(/,[^,\n]*\n/g, '\n').replace(/"seconds":[^,}]*/g, '');
      assert.is(log('resumed.csv').split('\n')[0], log('straight.csv').split('\n')[0]);
      assert.is(log('resumed.jsonl'), log('straight.jsonl'));
      await init({ device: 'cpu' });
    }));
}

test('a finished run, resumed, keeps the rate that the last of two schedules has set', () =>
  assertNoLeak(async () => {
    const file = join(folder, 'finished.safetensors');
    const rateAfter = async (from: FitOptions['from']) => {
      const model = new Constant();
      const optimizer = new SGD(model.parameters(), { lr: 0.1 });
      const callbacks = [
        new LRScheduler(new CosineAnnealingLR(optimizer, { tMax: 8 }), { every: 'step' }),
        new LRScheduler(new ReduceLROnPlateau(optimizer, { patience: 0, threshold: 10, thresholdMode: 'abs' })), // nothing but the first epoch is an improvement
        new ModelCheckpoint({ file }),
      ];
      await fit(model, { train: loaderOf(pulls(1)), epochs: 2, optimizer, loss: mseLoss, callbacks, from });
      model.dispose();
      return optimizer.lr;
    };
    const rate = await rateAfter(null);
    assertClose([rate], [0.1 * 0.5 * 0.1], { relative: 1e-12, absolute: 0 }, 'half way down the cosine, then cut to a tenth');
    assert.is(await rateAfter(await loadTraining(file)), rate);
  }));

test('a run keeps what a callback remembers, text that reads like a number included', () =>
  assertNoLeak(async () => {
    const file = join(folder, 'remembered.safetensors');
    const values = ['NaN', NaN, '~NaN', '~~Infinity', '-Infinity', -Infinity, '~', 'Infinity', Infinity, 'text'];
    let restored: unknown;
    const memory: Callback = { name: 'memory', state: () => ({ values }), restore: (state) => void (restored = state.values) };
    const model = new Constant();
    const options = { train: loaderOf(pulls(1)), epochs: 1, optimizer: new SGD(model.parameters()), loss: mseLoss, callbacks: [memory] };
    await saveTraining(file, await fit(model, options), { note: 'NaN' });
    const saved = await loadTraining(file);
    assert.equal(saved.extra, { note: 'NaN' });
    await fit(model, { ...options, from: saved });
    assert.equal(restored, values);
    model.dispose();
  }));

test('a damaged run is no run: what its metadata say is checked', () =>
  assertNoLeak(async () => {
    const [file, damaged] = [join(folder, 'intact.safetensors'), join(folder, 'damaged.safetensors')];
    const model = new Constant();
    await saveTraining(file, await fit(model, { train: loaderOf(pulls(1)), epochs: 1, optimizer: new SGD(model.parameters()), loss: mseLoss }));
    const { tensors, metadata } = decodeCheckpoint(readFileSync(file));
    const progress = JSON.parse(metadata.training);
    const texts = [
      metadata.training.slice(0, 40), '3', 'null', '{}', ...Object.keys(progress).map((name) => JSON.stringify({ ...progress, [name]: null })),
      ...Object.keys(progress.position).map((name) => JSON.stringify({ ...progress, position: { ...progress.position, [name]: {} } }))
        .filter((text) => text !== metadata.training), // metricSums are {} already
      JSON.stringify({ ...progress, callbacks: [null] }), JSON.stringify({ ...progress, random: { seed: '1', offset: 0 } }),
    ];
    for (const training of texts) {
      writeFileSync(damaged, encodeCheckpoint({ tensors, metadata: { ...metadata, training } }));
      await rejectsWith(loadTraining(damaged), FormatError, /damaged\.safetensors at byte 8: expected/);
    }
    model.dispose();
  }));

test('logs: a row an epoch', () =>
  assertNoLeak(async () => {
    const [csv, jsonl] = [join(folder, 'log.csv'), join(folder, 'log.jsonl')];
    const model = new Constant();
    const optimizer = new SGD(model.parameters(), { lr: 0.25 });
    const callbacks = [new CSVLogger(csv), new JSONLLogger(jsonl)];
    await fit(model, { train: loaderOf(pulls(3), 4), epochs: 2, optimizer, loss: mseLoss, metrics: { mae: new MeanAbsoluteError() }, callbacks });
    const rows = readFileSync(csv, 'utf8').trimEnd().split('\n').map((row) => row.split(','));
    assert.equal(rows.map((row) => row.slice(0, 3)), [['epoch', 'loss', 'mae'], ['1', '9', '3'], ['2', '2.25', '1.5']]);
    assert.equal(rows[0][3], 'seconds');
    const records = readFileSync(jsonl, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.equal(records.map(({ epoch, loss, mae }) => [epoch, loss, mae]), [[1, 9, 3], [2, 2.25, 1.5]]);
    model.dispose();
  }));

test('checkpoints: the latest, the best so many, and nothing that a dead process left behind', () =>
  assertNoLeak(async () => {
    const file = join(folder, 'kept.safetensors');
    const [left, living] = [2 ** 22 + 1, process.pid].map((id) => `${file}.${id}.0f-1.part`); // the first beyond the largest id of Linux
    for (const part of [left, living]) writeFileSync(part, 'half');
    const model = new Constant();
    const optimizer = new SGD(model.parameters(), { lr: 0.02 });
    const checkpoint = new ModelCheckpoint({ file, keepBest: 2, extra: { note: 'a' } });
    const { history } = await fit(model, {
      train: loaderOf(pulls(10)), validation: loaderOf(pulls(3)), epochs: 10, optimizer, loss: mseLoss, callbacks: [checkpoint],
    });
    const byLoss = history.map(({ valLoss }, i) => ({ epoch: i + 1, value: valLoss! })).sort((a, b) => a.value - b.value).slice(0, 2);
    assert.equal(checkpoint.best.map(({ epoch, value }) => ({ epoch, value })), byLoss);
    const expected = ['kept.safetensors', ...byLoss.map(({ epoch }) => `kept-epoch${epoch}.safetensors`)];
    assert.not(existsSync(left));
    assert.ok(existsSync(living), 'what a living process writes stays');
    rmSync(living);
    assert.equal(readdirSync(folder).filter((name) => name.startsWith('kept')).sort(), expected.sort());

    const best = await loadTraining(checkpoint.best[0].file);
    assert.is(best.position.epoch, byLoss[0].epoch);
    assert.equal(best.extra, { note: 'a' });
    best.restoreModel(model);
    assert.is((await evaluate(model, loaderOf(pulls(3)), { loss: mseLoss })).loss, byLoss[0].value);
    model.dispose();
  }));

test('a progress bar is drawn again on a terminal, and is a few lines elsewhere', () =>
  assertNoLeak(async () => {
    const textOf = async (isTTY: boolean) => {
      let text = '';
      const stream = { isTTY, write: (part: string) => (text += part) };
      const model = new Constant();
      const optimizer = new SGD(model.parameters(), { lr: 0.25 });
      const callbacks = [new ProgressBar(stream)];
      await fit(model, { train: loaderOf(pulls(3, 100), 2), epochs: 1, optimizer, loss: mseLoss, metrics: { mae: new MeanAbsoluteError() }, callbacks });
      model.dispose();
      return text;
    };
    const lines = (await textOf(false)).trimEnd().split('\n');
    assert.is(lines.length, 11, 'ten tenths and the epoch');
    assert.match(lines[0], /^epoch 1\/1 5\/50 \| loss [\d.]+ \| mae [\d.]+ \| \d+ examples\/s \| \d+ s left$/);
    assert.match(lines[10], /^epoch 1\/1: loss [\d.]+, mae [\d.]+, \d+\.\d s$/);
    const terminal = await textOf(true);
    assert.is(terminal.split('\r').length, 52, 'drawn again after each batch, and cleared');
    assert.match(terminal, /█░/);
  }));

test('a loss that is not finite ends the run before the parameters change, and names the op', () =>
  assertNoLeak(async () => {
    const model = new Constant();
    const optimizer = new SGD(model.parameters(), { lr: 1 });
    const loss = (output: Tensor, target: Tensor) => output.sub(target.mul(0)).log().mean();
    const [before] = await model.value.data();
    await rejectsWith(fit(model, { train: loaderOf(pulls(3)), epochs: 1, optimizer, loss }), NonFiniteError, /^epoch 1, batch 1: loss -Infinity, .*; log: the first result/);
    assert.is((await model.value.data())[0], before);
    model.dispose();
  }));

test('what cannot be trained or continued is named', () =>
  assertNoLeak(async () => {
    const file = join(folder, 'named.safetensors');
    const model = new Constant();
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    const options: FitOptions = { train: loaderOf(pulls(3)), epochs: 1, optimizer, loss: mseLoss };
    const fails = (changed: Partial<FitOptions>, message: RegExp) => rejectsWith(fit(model, { ...options, ...changed }), TapegradError, message);
    await fails({ accumulate: 0 }, /^fit: accumulate must be a whole number from 1, got 0/);
    await fails({ epochs: 1.5 }, /^fit: epochs must be/);
    await fails({ clipNorm: -1 }, /^clipGradNorm: maxNorm must be a finite number above 0, got -1/);
    await fails({ loss: (output, target) => output.sub(target) }, /^fit: the loss must be a scalar, got shape \[2,1\]/);
    await fails({ loss: (_, target) => target.mean() }, /depends on no tensor with requiresGrad/);
    await fails({ train: loaderOf(pulls(3, 0)) }, /^fit: the training source has no examples/);
    await fails({ callbacks: [new EarlyStopping()] }, /^EarlyStopping: an epoch has no figure valLoss, only loss, seconds; give fit a validation source/);
    await rejectsWith(evaluate(model, loaderOf(pulls(3, 0)), { loss: mseLoss }), TapegradError, /^evaluate: the source has no examples/);
    await rejectsWith(predict(model, loaderOf(pulls(3, 0))), TapegradError, /^predict: the source has no examples/);

    const early = () => new EarlyStopping({ monitor: 'loss' });
    await saveTraining(file, await fit(model, { ...options, callbacks: [early()] }));
    await fails({ from: await loadTraining(file) }, /^fit: the saved run had a EarlyStopping, this one lacks it/);
    await fails({ from: await loadTraining(file), callbacks: [early()], optimizer: new Adam(model.parameters()) }, /^Adam: the saved state does not fit/);
    writeFileSync(file, readFileSync(file).subarray(0, 100));
    await rejectsWith(loadTraining(file), TapegradError, /named\.safetensors at byte 100/);
    model.dispose();
  }));

test.run();
