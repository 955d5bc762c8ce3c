import { detectAnomaly } from '../core/anomaly.js';
import { type Batch, batchSize } from '../core/batch.js';
import { NonFiniteError, TapegradError } from '../core/errors.js';
import { scope } from '../core/memory.js';
import { getRandomState, setRandomState } from '../core/random.js';
import { download, evaluate, letOthersRun, lossOf, upload } from './evaluate.js';
import { clipGradNorm, clipGradValue, gradNorm } from './gradients.js';
import type { Module } from './module.js';
import { remember } from './remember.js';
import { requireBatch } from './requirements.js';
import { type EpochRecord, type FitOptions, type StepReport, Training, validationName } from './training.js';

/** Forward and backward of the batches of one step: their gradients add up to those of one large batch. */
function forwardBackward({ model, optimizer, loss, metrics, options }: Training, batches: readonly Batch[]) {
  for (const batch of batches) requireBatch('fit', batch);
  const examples = batches.reduce((total, batch) => total + batchSize(batch), 0);
  const wantsOutputs = Object.keys(metrics).length > 0;
  model.zeroGrad();
  optimizer.zeroGrad();
  const parts = batches.map((batch) =>
    scope(() => {
      const output = model.call(...upload(batch.inputs, model));
      const value = lossOf('fit', loss, output, upload(batch.targets, model));
      const share = batchSize(batch) / examples;
      (share === 1 ? value : value.mul(share)).backward();
      return { batch, share, value, output: wantsOutputs ? output : null };
    }));
  const parameters = optimizer.groups.flatMap(({ params }) => params);
  const { clipNorm, clipValue } = options;
  const norm = clipNorm === undefined ? gradNorm(parameters) : clipGradNorm(parameters, clipNorm);
  if (clipValue !== undefined) clipGradValue(parameters, clipValue);
  return { examples, parts, norm };
}

/** Throws a NonFiniteError that names the first op whose result is not finite, found by doing the step again under watch. */
async function explainNonFinite(training: Training, batches: readonly Batch[], what: string): Promise<never> {
  try {
    await detectAnomaly(() => void forwardBackward(training, batches));
  } catch (error) {
    if (error instanceof NonFiniteError) throw new NonFiniteError(`${what}; ${error.message}; try a smaller learning rate`);
    throw error;
  }
  throw new NonFiniteError(`${what}; try a smaller learning rate`);
}

type StepResult = Omit<StepReport, 'milliseconds'>;

/** One optimiser step over a few batches (one, unless gradients are accumulated). Model and optimiser change only if all is finite. */
async function takeStep(training: Training, batches: readonly Batch[]): Promise<StepResult> {
  const putBack = remember(training.model.buffers()); // forward changes running statistics
  try {
    return await tryStep(training, batches);
  } catch (error) {
    putBack();
    throw error;
  }
}

async function tryStep(training: Training, batches: readonly Batch[]): Promise<StepResult> {
  const { optimizer, metrics, position } = training;
  const random = getRandomState();
  const { examples, parts, norm } = forwardBackward(training, batches);
  const [gradientNorm, read] = await Promise.all([
    norm.item(),
    Promise.all(parts.map(({ value, output }) => Promise.all([value.item(), output && download('fit', output)]))),
  ]);
  const loss = read.reduce((total, [value], i) => total + value * parts[i].share, 0);
  if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) {
    setRandomState(random); // dropout as in the step that failed
    await explainNonFinite(training, batches, `epoch ${position.epoch + 1}, batch ${position.batch + 1}: loss ${loss}, gradient norm ${gradientNorm}`);
  }
  read.forEach(([, output], i) => {
    if (output) for (const metric of Object.values(metrics)) metric.update(output, parts[i].batch.targets[0]);
  });
  optimizer.step();
  return { loss, gradientNorm, examples };
}

/** Lists of `size` batches each, the last one shorter if need be. */
function* groupsOf(batches: Iterable<Batch>, size: number): Generator<Batch[]> {
  let group: Batch[] = [];
  for (const batch of batches) {
    group.push(batch);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/** The rest of an epoch, from `position.batch` on. Returns false if it was stopped. */
async function trainEpoch(training: Training): Promise<boolean> {
  const { model, position, callbacks, options, accumulate } = training;
  model.train();
  for (const batches of groupsOf(options.train.batches(position.epoch, position.batch), accumulate)) {
    if (options.signal?.aborted) return false;
    const began = performance.now();
    const result = await scope(() => takeStep(training, batches));
    const report: StepReport = { ...result, milliseconds: performance.now() - began };
    position.batch += batches.length;
    position.steps++;
    position.lossSum += report.loss * report.examples;
    position.examples += report.examples;
    position.seconds += report.milliseconds / 1000;
    for (const callback of callbacks) await callback.onStep?.(report, training);
    for (const callback of callbacks) await callback.onSafePoint?.(training);
    if (position.stopped !== null) return false;
    await letOthersRun();
  }
  if (position.examples === 0) throw new TapegradError('fit: the training source has no examples');
  return !options.signal?.aborted;
}

/** The figures of the epoch that was just trained, validation included. */
async function recordEpoch({ model, position, metrics, loss, options }: Training): Promise<EpochRecord> {
  const figures = Object.entries(metrics).map(([name, metric]): [string, number] => [name, metric.compute()]);
  const record: Record<string, number> & EpochRecord = {
    loss: position.lossSum / position.examples,
    ...Object.fromEntries(figures),
    seconds: position.seconds,
  };
  if (options.validation) {
    const found = await evaluate(model, options.validation, { loss, metrics });
    for (const [name, value] of Object.entries(found)) record[validationName(name)] = value;
  }
  return record;
}

/**
 * Trains a model: forward, loss, backward, optimiser step, for every batch of every epoch. A loss or gradient that is not
 * finite ends the run, parameters and buffers as they were before the step, with a NonFiniteError naming the first op that produced it.
 *
 *     const training = await fit(model, { train, validation, epochs: 20, optimizer, callbacks: [new EarlyStopping()] });
 *     training.history.at(-1)!.valLoss;
 */
export async function fit(model: Module, options: FitOptions): Promise<Training> {
  const training = new Training(model, options);
  const { callbacks, metrics } = training;
  for (const metric of Object.values(metrics)) metric.reset();
  options.from?.restore(training);
  const { position } = training;
  const errors: unknown[] = [];
  try {
    for (const callback of callbacks) await callback.onStart?.(training);
    while (!training.finished && (await trainEpoch(training))) {
      const record = await recordEpoch(training);
      for (const metric of Object.values(metrics)) metric.reset();
      position.history.push(record);
      Object.assign(position, { epoch: position.epoch + 1, batch: 0, lossSum: 0, examples: 0, seconds: 0 });
      for (const callback of callbacks) await callback.onEpoch?.(record, training);
      for (const callback of callbacks) await callback.onSafePoint?.(training);
    }
  } catch (error) {
    errors.push(error);
  }
  for (const callback of callbacks) {
    try {
      await callback.onEnd?.(training);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0]; // the first is the cause; others may follow from it
  return training;
}
