import type { Batch } from '../../core/batch.js';
import { readOptions, requireArray } from '../../core/options.js';
import type { Module } from '../module.js';
import { lossFunction, requireBatch, requireModel } from '../requirements.js';
import { type EpochRecord, type Loss, defaultLoss } from '../training.js';
import { findBadLoss, findDead, findGradients, findNonFinite, findOverfitting, findSaturated, findUnused } from './checks.js';
import { Diagnosis } from './finding.js';
import { record } from './recording.js';

export interface DoctorOptions {
  /** A function, or a module such as `new CrossEntropyLoss()`. Default `crossEntropy` of logits and class numbers. */
  loss?: Loss | Module<any[]>;
  /** Of a run of `fit` with a validation source: `training.history`. */
  history?: readonly EpochRecord[];
}

/**
 * Examines a model on one batch (32 examples or more say most) and finds out why it does not learn: NaN and its source, unused
 * parameters, dead and saturated units, vanishing and exploding gradients, a loss worse than guessing; and overfitting, from
 * a history. Runs forward and backward once, in the mode that the model is in, and leaves it as it was.
 *
 *     console.log(String(await doctor(model, batch, { history: training.history })));
 */
export async function doctor(model: Module, batch: Batch, options: DoctorOptions = {}): Promise<Diagnosis> {
  const { loss, history } = readOptions('doctor', options, { loss: undefined, history: [] });
  requireModel('doctor', model);
  requireBatch('doctor', batch);
  requireArray('doctor', 'history', history);
  const recording = await record(model, batch, lossFunction('doctor', loss ?? defaultLoss));
  const nonFinite = findNonFinite(recording, batch);
  if (nonFinite.length > 0) return new Diagnosis([...nonFinite, ...findOverfitting(history)]); // all else follows from it
  return new Diagnosis([
    ...findUnused(recording), ...findDead(recording), ...findSaturated(recording), ...findGradients(recording),
    ...(loss ? [] : findBadLoss(recording)), ...findOverfitting(history),
  ]);
}
