import type { BatchSource } from '../core/batch.js';
import { TapegradError } from '../core/errors.js';
import { REQUIRED, readOptions, requireWhole } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { crossEntropy } from '../kernels/crossEntropy/op.js';
import type { Callback } from './callbacks/callback.js';
import type { Metric } from './metrics/metric.js';
import type { Module } from './module.js';
import {
  lossFunction, requireCallbacks, requireMetrics, requireModel, requireOptimizer, requireSaved, requireSignal, requireSource,
} from './requirements.js';
import type { SavedTraining } from './savedTraining.js';

/** What a training loop needs of an optimiser; every one of `tapegrad/optim` fits. */
export interface TrainingOptimizer {
  readonly groups: readonly { readonly params: readonly Tensor[]; readonly settings: { lr: number } }[];
  zeroGrad(): void;
  step(): void;
  stateDict(): { tensors: Record<string, Tensor>; numbers: Record<string, number> };
  loadStateDict(state: { tensors: Record<string, Tensor>; numbers: Record<string, number> }): void;
}

/** The loss of one batch, a scalar: its mean over the examples, from the model's output and the targets of the batch, in their order. */
export type Loss = (output: Tensor, target: Tensor, ...more: any[]) => Tensor;

export const defaultLoss: Loss = (output, target) => crossEntropy(output, target);

/** Figures by name, each of them computed from the output and the first target of every batch. */
export type Metrics = Readonly<Record<string, Metric>>;

export interface FitOptions {
  train: BatchSource;
  /** Evaluated after each epoch; its figures are recorded as `valLoss`, `valAccuracy` ... */
  validation?: BatchSource;
  epochs: number;
  optimizer: TrainingOptimizer;
  /** A function, or a module such as `new CrossEntropyLoss()`. Default `crossEntropy` of logits and class numbers. */
  loss?: Loss | Module<any[]>;
  /** Default none: `{ accuracy: new Accuracy() }`, say. */
  metrics?: Metrics;
  /** Shrink the gradients together to this norm. Default: not at all. */
  clipNorm?: number;
  /** Clamp each value of the gradients to this size. Default: not at all. */
  clipValue?: number;
  /** Batches whose gradients make one step, as those of one large batch would. Default 1. */
  accumulate?: number;
  /** Called in this order. */
  callbacks?: readonly Callback[];
  /** Continue from here, with the same data, model and options: `await loadTraining(file)`. */
  from?: SavedTraining | null;
  /** Stops after the step in progress. */
  signal?: AbortSignal;
}

/**
 * Figures of one epoch, by name: the mean `loss` of its examples, each metric, the same of the validation source with `val`
 * before the name, and the `seconds` that training took.
 */
export interface EpochRecord {
  readonly loss: number;
  readonly valLoss?: number;
  readonly seconds: number;
  readonly [name: string]: number | undefined;
}

/** How far training has come, in plain numbers. */
export interface Position {
  /** Epochs done. */
  epoch: number;
  /** Batches of this epoch already trained on. */
  batch: number;
  /** Optimiser steps in all. */
  steps: number;
  /** Of this epoch: losses times examples, examples, and seconds. */
  lossSum: number;
  examples: number;
  seconds: number;
  /** Of this epoch: the sums of each metric. Filled in when the position is saved. */
  metricSums: Record<string, number[]>;
  history: EpochRecord[];
  /** Why a callback has ended the training; null while it goes on. */
  stopped: string | null;
}

/** One optimiser step. */
export interface StepReport {
  /** Mean over its examples. */
  loss: number;
  /** The norm of all gradients, before any clipping. */
  gradientNorm: number;
  examples: number;
  milliseconds: number;
}

/** A run of `fit`: what is trained, with what, and how far it has come. */
export class Training {
  readonly options: FitOptions;
  readonly loss: Loss;
  readonly metrics: Metrics;
  readonly callbacks: readonly Callback[];
  readonly accumulate: number;
  position: Position = {
    epoch: 0, batch: 0, steps: 0, lossSum: 0, examples: 0, seconds: 0, metricSums: {}, history: [], stopped: null,
  };

  constructor(readonly model: Module, options: FitOptions) {
    const read = readOptions('fit', options, {
      train: REQUIRED, validation: undefined, epochs: REQUIRED, optimizer: REQUIRED, loss: defaultLoss, metrics: {}, clipNorm: undefined,
      clipValue: undefined, accumulate: 1, callbacks: [], from: undefined, signal: undefined,
    });
    this.options = read;
    ({ metrics: this.metrics, callbacks: this.callbacks, accumulate: this.accumulate } = read);
    this.loss = lossFunction('fit', read.loss);
    requireModel('fit', model);
    requireSource('fit', 'train', read.train);
    if (read.validation) requireSource('fit', 'validation', read.validation);
    requireWhole('fit', 'epochs', read.epochs, 0);
    requireOptimizer('fit', read.optimizer);
    requireMetrics('fit', this.metrics);
    requireFigures(this.metrics);
    requireWhole('fit', 'accumulate', this.accumulate, 1);
    requireCallbacks('fit', this.callbacks);
    if (read.from) requireSaved('fit', read.from);
    if (read.signal) requireSignal('fit', read.signal);
  }

  get optimizer(): TrainingOptimizer {
    return this.options.optimizer;
  }

  get history(): readonly EpochRecord[] {
    return this.position.history;
  }

  /** Has it come to its end: by the number of epochs, or because a callback stopped it? */
  get finished(): boolean {
    return this.position.epoch >= this.options.epochs || this.position.stopped !== null;
  }

  /** Has its signal ended it before that? */
  get interrupted(): boolean {
    return !this.finished && this.options.signal?.aborted === true;
  }

  /** Ends the training after the step or epoch in progress. */
  stop(reason: string): void {
    this.position.stopped = reason;
  }

  /** The figure `name` of a record. Throws, listing those there are, for one that was not recorded. */
  figure(asker: string, name: string, record: EpochRecord): number {
    const value = record[name];
    if (value !== undefined) return value;
    const hint = name.startsWith('val') && !this.options.validation ? '; give fit a validation source' : '';
    throw new TapegradError(`${asker}: an epoch has no figure ${name}, only ${Object.keys(record).join(', ')}${hint}`);
  }
}

/** Under this a figure of the validation source is recorded. */
export const validationName = (name: string) => `val${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** Throws unless each metric computes one number, and under a name that nothing else in a record or a log has. */
function requireFigures(metrics: Metrics): void {
  const taken = ['epoch', 'seconds', ...['loss', ...Object.keys(metrics)].map(validationName)];
  for (const [name, metric] of Object.entries(metrics)) {
    if (taken.includes(name)) throw new TapegradError(`fit: a metric cannot be named ${name}: another figure is; choose another name`);
    if (typeof metric.compute() !== 'number') {
      throw new TapegradError(`fit: the metric ${name} computes no single number; give it to evaluate() after the training`);
    }
  }
}
