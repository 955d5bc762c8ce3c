import { detectAnomaly } from '../core/anomaly.js';
import { NonFiniteError } from '../core/errors.js';
import { scope } from '../core/memory.js';
import { noGrad } from '../core/tape.js';
import { type Tensor, tensor } from '../core/tensor.js';
import { add } from '../kernels/binary/op.js';
import { crossEntropy } from '../kernels/crossEntropy/op.js';
import { argmax, sum } from '../kernels/reduce/op.js';
import type { Module } from './module.js';

/** One batch on the host: `inputs` of `shape` [n, ...], and n class labels. */
export interface HostBatch {
  readonly inputs: Float32Array;
  readonly shape: readonly number[];
  readonly targets: Int32Array;
}

/** Where batches come from; `DataLoader` is one. */
export interface BatchSource {
  /** Examples in an epoch. */
  readonly length: number;
  /** Batches in an epoch. */
  readonly batchCount: number;
  /** The batches of one epoch, from batch `start` on. The order depends on nothing but the source's seed and `epoch`. */
  batches(epoch: number, start?: number): Iterable<HostBatch>;
}

/** What `fit` needs of an optimiser. */
export interface Stepper {
  zeroGrad(): void;
  step(): void;
}

/** Means over an epoch; `val...` only with a validation source. Loss in nats an example, accuracy from 0 to 1. */
export interface EpochRecord {
  loss: number;
  accuracy: number;
  valLoss?: number;
  valAccuracy?: number;
  seconds: number;
}

/** How far training has come: enough, with model, optimiser and random state, to continue bit-exactly. */
export interface FitPosition {
  epoch: number;
  /** Batches of this epoch already trained on. */
  batch: number;
  lossSum: number;
  correct: number;
  examples: number;
  /** Seconds already spent on this epoch. */
  seconds: number;
  history: EpochRecord[];
}

export interface StepReport {
  position: FitPosition;
  /** Loss and gradient norm of this batch. */
  loss: number;
  gradientNorm: number;
  examples: number;
  milliseconds: number;
}

export interface FitOptions {
  train: BatchSource;
  validation?: BatchSource;
  epochs: number;
  optimizer: Stepper;
  /** Default `crossEntropy` on logits and class labels, mean over the batch. */
  loss?: (output: Tensor, target: Tensor) => Tensor;
  /** Continue from here. */
  from?: FitPosition;
  /** Stops after the step in progress. */
  signal?: AbortSignal;
  onStep?: (report: StepReport) => void;
  onEpoch?: (record: EpochRecord, position: FitPosition) => void | Promise<void>;
}

export function startPosition(): FitPosition {
  return { epoch: 0, batch: 0, lossSum: 0, correct: 0, examples: 0, seconds: 0, history: [] };
}

/** On the CPU nothing ever waits: without this, Ctrl-C, timers and a browser's page would starve until the end. */
function letOthersRun(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** sqrt(sum of squares) of all gradients: finite exactly when every gradient is (overflow included). */
function gradientNorm(parameters: readonly Tensor[]): Tensor {
  const squares = parameters.filter((parameter) => parameter.grad).map((parameter) => sum(parameter.grad!.square()));
  return squares.reduce((total, square) => add(total, square)).sqrt();
}

function countCorrect(output: Tensor, targets: Tensor): Tensor {
  return sum(argmax(output, { axis: 1 }).eq(targets));
}

/**
 * Trains a classifier: forward, loss, backward, optimiser step, for every batch of every epoch.
 * A loss or gradient that is not finite stops the run before the parameters are touched, with a NonFiniteError
 * naming the first op that produced it.
 */
export async function fit(model: Module, options: FitOptions): Promise<FitPosition> {
  const { train, validation, epochs, optimizer, signal, onStep, onEpoch } = options;
  const loss = options.loss ?? ((output, target) => crossEntropy(output, target));
  const position = structuredClone(options.from ?? startPosition());

  const forwardBackward = (batch: HostBatch) => {
    optimizer.zeroGrad();
    const targets = tensor(batch.targets);
    const output = model.forward(tensor(batch.inputs, batch.shape));
    const value = loss(output, targets);
    value.backward();
    return { value, norm: noGrad(() => gradientNorm(model.parameters())), correct: noGrad(() => countCorrect(output, targets)) };
  };

  const step = async (batch: HostBatch) => {
    const { value, norm, correct } = forwardBackward(batch);
    const [lossValue, normValue, correctCount] = await Promise.all([value.item(), norm.item(), correct.item()]);
    if (!Number.isFinite(lossValue) || !Number.isFinite(normValue)) {
      const what = `epoch ${position.epoch + 1}, batch ${position.batch + 1}: loss ${lossValue}, gradient norm ${normValue}`;
      try {
        await detectAnomaly(() => forwardBackward(batch));
      } catch (error) {
        if (error instanceof NonFiniteError) throw new NonFiniteError(`${what}; ${error.message}; try a smaller learning rate`);
        throw error;
      }
      throw new NonFiniteError(`${what}; try a smaller learning rate`);
    }
    optimizer.step();
    return { loss: lossValue, gradientNorm: normValue, correct: correctCount };
  };

  for (; position.epoch < epochs; position.epoch++) {
    model.train();
    for (const batch of train.batches(position.epoch, position.batch)) {
      if (signal?.aborted) return position;
      const began = performance.now();
      const result = await scope(() => step(batch));
      const examples = batch.targets.length;
      const milliseconds = performance.now() - began;
      position.batch++;
      position.lossSum += result.loss * examples;
      position.correct += result.correct;
      position.examples += examples;
      position.seconds += milliseconds / 1000;
      onStep?.({ position, loss: result.loss, gradientNorm: result.gradientNorm, examples, milliseconds });
      await letOthersRun();
    }
    if (signal?.aborted) return position;

    const record: EpochRecord = {
      loss: position.lossSum / position.examples,
      accuracy: position.correct / position.examples,
      seconds: position.seconds,
    };
    if (validation) {
      const result = await evaluate(model, validation, { loss });
      record.valLoss = result.loss;
      record.valAccuracy = result.accuracy;
    }
    position.history.push(record);
    Object.assign(position, { batch: 0, lossSum: 0, correct: 0, examples: 0, seconds: 0 });
    await onEpoch?.(record, { ...position, epoch: position.epoch + 1 });
  }
  return position;
}

export interface Evaluation {
  loss: number;
  accuracy: number;
  /** Predicted class of each example, in the source's order, and its label. */
  predictions: Int32Array;
  labels: Int32Array;
}

/** Loss and accuracy of a classifier in evaluation mode, nothing recorded. */
export async function evaluate(
  model: Module, data: BatchSource, options: { loss?: (output: Tensor, target: Tensor) => Tensor } = {},
): Promise<Evaluation> {
  const loss = options.loss ?? ((output, target) => crossEntropy(output, target));
  const wasTraining = model.training;
  model.eval();
  const predictions = new Int32Array(data.length);
  const labels = new Int32Array(data.length);
  let lossSum = 0;
  let seen = 0;
  for (const batch of data.batches(0)) {
    const [value, classes] = await scope(() =>
      noGrad(async () => {
        const output = model.forward(tensor(batch.inputs, batch.shape));
        return Promise.all([loss(output, tensor(batch.targets)).item(), argmax(output, { axis: 1 }).data()]);
      }),
    );
    predictions.set(classes, seen);
    labels.set(batch.targets, seen);
    lossSum += value * batch.targets.length;
    seen += batch.targets.length;
    await letOthersRun();
  }
  if (wasTraining) model.train();
  let correct = 0;
  for (let i = 0; i < seen; i++) if (predictions[i] === labels[i]) correct++;
  return { loss: lossSum / seen, accuracy: correct / seen, predictions: predictions.subarray(0, seen), labels: labels.subarray(0, seen) };
}
