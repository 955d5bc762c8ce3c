import { type Batch, type BatchSource, type HostArray, batchSize } from '../core/batch.js';
import type { DeviceName } from '../core/backend.js';
import { allocate, dtypeOf } from '../core/dtype.js';
import { ShapeError, TapegradError } from '../core/errors.js';
import { scope } from '../core/memory.js';
import { readOptions, show } from '../core/options.js';
import { sameShape } from '../core/shape.js';
import { noGrad } from '../core/gradMode.js';
import { Tensor, requireTensor, tensor } from '../core/tensor.js';
import type { Metric } from './metrics/metric.js';
import { switchToEval } from './mode.js';
import type { Module } from './module.js';
import { lossFunction, requireBatch, requireMetrics, requireModel, requireSource } from './requirements.js';
import { type Loss, defaultLoss } from './training.js';

/** On the CPU nothing ever waits: without this, Ctrl-C, timers and a browser's page would starve until the end. */
export function letOthersRun(): Promise<void> {
  return new Promise((resolve) => (typeof setImmediate === 'function' ? setImmediate(resolve) : setTimeout(resolve, 0)));
}

/** Host arrays as tensors on the device of `model`. */
export function upload(arrays: readonly HostArray[], model: Module): Tensor[] {
  const device: DeviceName | undefined = model.parameters()[0]?.device;
  return arrays.map(({ data, shape }) => tensor(data, shape, { device }));
}

/** The values of what a model gave, and their shape. Waits for the device. */
export async function download(where: string, output: Tensor): Promise<HostArray> {
  requireTensor(where, "the model's output", output);
  return { data: await output.data(), shape: output.shape };
}

/** The loss of one batch: a scalar, or an error. */
export function lossOf(where: string, loss: Loss, output: Tensor, [target, ...more]: readonly Tensor[]): Tensor {
  const value: unknown = loss(output, target, ...more);
  if (!(value instanceof Tensor)) throw new TapegradError(`${where}: the loss must give a tensor, got ${show(value)}`);
  if (value.size !== 1) throw new TapegradError(`${where}: the loss must be a scalar, got shape [${value.shape}]; reduce it with mean()`);
  return value;
}

/** Runs the model on every batch in evaluation mode, nothing recorded. */
async function forEachOutput(
  where: string, model: Module, data: BatchSource, use: (output: Tensor, batch: Batch) => Promise<void>,
): Promise<void> {
  requireModel(where, model);
  requireSource(where, 'data', data);
  const switchBack = switchToEval(model);
  try {
    for (const batch of data.batches(0)) {
      requireBatch(where, batch, ['inputs']);
      await scope(() => noGrad(() => use(model.call(...upload(batch.inputs, model)), batch)));
      await letOthersRun();
    }
  } finally {
    switchBack();
  }
}

/** The mean loss, and what each metric computes. */
export type Evaluation<M> = { loss: number } & { [Name in keyof M]: M[Name] extends Metric<infer Value> ? Value : never };

/** Loss and metrics of a model over all batches of a source, in evaluation mode, nothing recorded. */
export async function evaluate<M extends Record<string, Metric<any>> = {}>(
  model: Module, data: BatchSource, options: { loss?: Loss | Module<any[]>; metrics?: M } = {},
): Promise<Evaluation<M>> {
  const { loss: given, metrics: byName = {} } = readOptions('evaluate', options, { loss: defaultLoss, metrics: undefined });
  const loss = lossFunction('evaluate', given);
  requireMetrics('evaluate', byName);
  const metrics = Object.entries<Metric<any>>(byName);
  for (const [, metric] of metrics) metric.reset();
  let lossSum = 0;
  let examples = 0;
  await forEachOutput('evaluate', model, data, async (output, batch) => {
    requireBatch('evaluate', batch);
    const value = lossOf('evaluate', loss, output, upload(batch.targets, model));
    const [lossValue, found] = await Promise.all([value.item(), metrics.length > 0 ? download('evaluate', output) : null]);
    if (found) for (const [, metric] of metrics) metric.update(found, batch.targets[0]);
    lossSum += lossValue * batchSize(batch);
    examples += batchSize(batch);
  });
  if (examples === 0) throw new TapegradError('evaluate: the source has no examples');
  const figures = metrics.map(([name, metric]) => [name, metric.compute()]);
  return { loss: lossSum / examples, ...Object.fromEntries(figures) } as Evaluation<M>;
}

/** The model's outputs for all batches of a source, one after the other along the first axis, in evaluation mode. */
export async function predict(model: Module, data: BatchSource): Promise<HostArray> {
  const parts: HostArray[] = [];
  await forEachOutput('predict', model, data, async (output) => void parts.push(await download('predict', output)));
  if (parts.length === 0) throw new TapegradError('predict: the source has no examples');
  const [first] = parts;
  const odd = parts.find(({ shape }) => !sameShape(shape.slice(1), first.shape.slice(1)));
  if (odd) throw new ShapeError(`predict: outputs [${first.shape}] and [${odd.shape}] do not join along the first axis`);
  const joined = allocate(dtypeOf(first.data)!, parts.reduce((total, part) => total + part.data.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part.data, at);
    at += part.data.length;
  }
  return { data: joined, shape: [parts.reduce((total, { shape }) => total + shape[0], 0), ...first.shape.slice(1)] };
}
