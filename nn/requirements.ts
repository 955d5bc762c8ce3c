import type { Batch, BatchSource } from '../core/batch.js';
import { TapegradError } from '../core/errors.js';
import { requireArray, show } from '../core/options.js';
import type { Callback } from './callbacks/callback.js';
import type { Metric } from './metrics/metric.js';
import { Module } from './module.js';
import type { Loss, TrainingOptimizer } from './training.js';

/*
 * What a training is made of, told by what it can do: a source, an optimiser, a callback may be anybody's own. A class in place of its
 * instance, or a promise that was not awaited, would otherwise fail far from its cause.
 */

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function requireMethods(where: string, name: string, value: unknown, methods: readonly string[], wanted: string): void {
  if (isObject(value) && methods.every((method) => typeof value[method] === 'function')) return;
  throw new TapegradError(`${where}: ${name} must be ${wanted}, got ${show(value)}`);
}

export function requireModel(where: string, model: Module): void {
  if (!(model instanceof Module)) throw new TapegradError(`${where}: model must be a module, got ${show(model)}`);
}

export function requireSource(where: string, name: string, source: BatchSource): void {
  requireMethods(where, name, source, ['batches'], 'a source of batches, such as new DataLoader(dataset, { batchSize: 32 })');
}

/** Throws unless `batch` has inputs and, if they are `wanted`, targets. */
export function requireBatch(where: string, batch: Batch, wanted: readonly ('inputs' | 'targets')[] = ['inputs', 'targets']): void {
  if (isObject(batch) && wanted.every((part) => Array.isArray(batch[part]))) return;
  throw new TapegradError(`${where}: a batch must have ${wanted.join(' and ')}, lists of { data, shape }, got ${show(batch)}`);
}

export function requireOptimizer(where: string, optimizer: TrainingOptimizer): void {
  const wanted = 'an optimiser, such as new Adam(model.parameters())';
  requireMethods(where, 'optimizer', optimizer, ['zeroGrad', 'step', 'stateDict', 'loadStateDict'], wanted);
  requireArray(where, 'the groups of the optimizer', optimizer.groups);
}

export function requireCallbacks(where: string, callbacks: readonly Callback[]): void {
  requireArray(where, 'callbacks', callbacks);
  callbacks.forEach((callback, i) => {
    if (isObject(callback) && typeof callback.name === 'string') return;
    throw new TapegradError(`${where}: callbacks[${i}] must be an object with a name, such as new ProgressBar(), got ${show(callback)}`);
  });
}

/** Throws unless `metrics` are metrics by name, none of them `loss`. */
export function requireMetrics(where: string, metrics: Readonly<Record<string, Metric<any>>>): void {
  if (!isObject(metrics) || Array.isArray(metrics)) {
    throw new TapegradError(`${where}: metrics must be an object of metrics by name, { accuracy: new Accuracy() }, got ${show(metrics)}`);
  }
  for (const [name, metric] of Object.entries(metrics)) {
    if (name === 'loss') throw new TapegradError(`${where}: a metric cannot be named loss, as the mean loss is; choose another name`);
    requireMethods(where, `the metric ${name}`, metric, ['update', 'compute', 'reset'], 'a metric, such as new Accuracy()');
  }
}

/** A loss as a function: it may be given as a module, `new CrossEntropyLoss()`. */
export function lossFunction(where: string, loss: Loss | Module<any[]>): Loss {
  if (loss instanceof Module) return (output, target, ...more) => loss.call(output, target, ...more);
  const isClass = typeof loss === 'function' && loss.prototype instanceof Module;
  if (typeof loss === 'function' && !isClass) return loss;
  const found = isClass ? `the class ${loss.name}` : show(loss);
  throw new TapegradError(`${where}: loss must be a function or a module, such as mseLoss or new MSELoss(), got ${found}`);
}

/** Throws unless `from` is a saved run: not its file, nor the promise of it. */
export function requireSaved(where: string, from: unknown): void {
  requireMethods(where, 'from', from, ['restore'], 'a saved run, await loadTraining(file)');
}

export function requireSignal(where: string, signal: AbortSignal): void {
  if (isObject(signal) && typeof signal.aborted === 'boolean') return;
  throw new TapegradError(`${where}: signal must be an AbortSignal, such as controller.signal, got ${show(signal)}`);
}
