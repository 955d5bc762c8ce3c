import { FormatError, TapegradError } from '../core/errors.js';
import { scope } from '../core/memory.js';
import { fileSystem } from '../core/nodeModule.js';
import { show } from '../core/options.js';
import { getRandomState, setRandomState } from '../core/random.js';
import type { Callback, CallbackState } from './callbacks/callback.js';
import type { Module } from './module.js';
import { remember } from './remember.js';
import { requireModel } from './requirements.js';
import { type HostTensor, decodeCheckpoint, encodeCheckpoint, requireStrings } from './safetensors.js';
import { type Progress, readProgress, writeProgress } from './savedProgress.js';
import { makeTensors, readTensors } from './serialize.js';
import { type Metrics, type Position, Training } from './training.js';
import { writeWholeFile } from './wholeFile.js';

/*
 * A run of `fit` in a file: parameters and buffers, the optimiser's state, the states of schedules and other callbacks, the
 * random state, and how far the epoch has come. On the same device a resumed run ends bit-equal to one that was never stopped.
 */

const MODEL = 'model.';
const OPTIMIZER = 'optimizer.';
const callbackPrefix = (index: number) => `callbacks.${index}.`;

/** Names of metadata that `extra` cannot have. */
const RESERVED = ['tapegrad', 'training'];

/** Throws unless `extra` is a map of strings that can be kept with a training. */
export function requireExtra(where: string, extra: Record<string, string>): void {
  requireStrings(where, 'extra', extra);
  const taken = RESERVED.find((name) => Object.hasOwn(extra, name));
  if (taken) throw new TapegradError(`${where}: extra cannot hold ${taken}: the training itself is kept under this name; choose another`);
}

function withPrefix<T>(prefix: string, entries: Record<string, T>): [string, T][] {
  return Object.entries(entries).map(([name, value]) => [prefix + name, value]);
}

function withoutPrefix<T>(prefix: string, entries: Record<string, T>): Record<string, T> {
  const found = Object.entries(entries).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** Saves a run, in Node, as a safetensors file that appears whole or not at all. `extra` is kept with it. */
export async function saveTraining(file: string, training: Training, extra: Record<string, string> = {}): Promise<void> {
  if (!(training instanceof Training)) {
    throw new TapegradError(`saveTraining: training must be what fit() gives, await fit(model, options), got ${show(training)}`);
  }
  requireExtra('saveTraining', extra);
  const { model, optimizer, callbacks, metrics, position } = training;
  const state = optimizer.stateDict();
  const states = callbacks.flatMap((callback) => {
    const found = callback.state?.();
    return found ? [{ name: callback.name, ...found }] : [];
  });
  const metricSums = Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, [...metric.sums]]));
  const progress: Progress = {
    position: { ...position, metricSums },
    random: getRandomState(),
    optimizer: state.numbers,
    callbacks: states.map(({ name, values }) => ({ name, values })),
  };
  const own = Object.fromEntries([...withPrefix(MODEL, model.stateDict()), ...withPrefix(OPTIMIZER, state.tensors)]);
  const tensors = Object.fromEntries([
    ...Object.entries(await readTensors(own)),
    ...states.flatMap(({ tensors = {} }, i) => withPrefix(callbackPrefix(i), tensors)),
  ]);
  const metadata = { ...extra, tapegrad: 'training', training: writeProgress(progress) };
  await writeWholeFile(file, encodeCheckpoint({ tensors, metadata }));
}

/** Reads a run that `saveTraining` has written, in Node. Throws FormatError for a file that is damaged or something else. */
export async function loadTraining(file: string): Promise<SavedTraining> {
  const { readFile } = await fileSystem();
  const { tensors, metadata } = decodeCheckpoint(await readFile(file), file);
  const { tapegrad, training, ...extra } = metadata;
  if (tapegrad !== 'training' || training === undefined) {
    throw new FormatError({ file, offset: 8, expected: 'a checkpoint of a training', found: JSON.stringify(metadata).slice(0, 60) });
  }
  return new SavedTraining(tensors, readProgress(training, file), extra);
}

/** A run read from a file: give it to `fit` as `from`, or take the model out of it. */
export class SavedTraining {
  constructor(
    private readonly tensors: Record<string, HostTensor>, private readonly progress: Progress,
    /** What was given to `saveTraining`. */
    readonly extra: Readonly<Record<string, string>>,
  ) {}

  get position(): Position {
    return structuredClone(this.progress.position);
  }

  /** Copies the saved parameters and buffers into a model of the same architecture. */
  restoreModel(model: Module): void {
    requireModel('restoreModel', model);
    const device = model.parameters()[0]?.device;
    scope(() => model.loadStateDict(makeTensors(withoutPrefix(MODEL, this.tensors), { device })));
  }

  /**
   * Puts a run into the saved state; `fit` does this. Throws, and changes nothing, if model, optimiser, metrics or callbacks are
   * others.
   */
  restore(training: Training): void {
    const { model, optimizer, metrics } = training;
    const { position, random, optimizer: numbers } = this.progress;
    const states = this.statesFor(training);
    const isWithinEpoch = position.batch > 0; // else nothing has been counted
    if (isWithinEpoch) requireSameMetrics(position.metricSums, metrics);
    const { device } = optimizer.groups[0].params[0];
    scope(() => {
      const putBack = rememberRun(training);
      try {
        this.restoreModel(model);
        optimizer.loadStateDict({ tensors: makeTensors(withoutPrefix(OPTIMIZER, this.tensors), { device }), numbers });
        for (const [callback, state] of states) callback.restore?.(state);
      } catch (error) {
        putBack();
        throw error;
      }
    });
    if (isWithinEpoch) for (const [name, metric] of Object.entries(metrics)) metric.sums.set(position.metricSums[name]);
    training.position = this.position;
    setRandomState(random);
  }

  /** Each saved state beside the callback that takes it: the next one of the same name. */
  private statesFor({ callbacks }: Training): [Callback, CallbackState][] {
    const waiting = callbacks.filter((callback) => callback.state);
    return this.progress.callbacks.map(({ name, values }, i) => {
      const at = waiting.findIndex((callback) => callback.name === name);
      if (at < 0) throw new TapegradError(`fit: the saved run had a ${name}, this one lacks it; give the same callbacks to continue it`);
      const [callback] = waiting.splice(at, 1);
      return [callback, { values, tensors: withoutPrefix(callbackPrefix(i), this.tensors) }];
    });
  }
}

/** Model, optimiser and callbacks as they are now: returns a function that puts them back, to be called within the same scope. */
function rememberRun({ model, optimizer, callbacks }: Training): () => void {
  const putModelBack = remember(Object.values(model.stateDict()));
  const { tensors, numbers } = optimizer.stateDict();
  const copies = Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, t.clone()]));
  const states = callbacks.map((callback) => ({ callback, state: callback.state?.() }));
  return () => {
    putModelBack();
    optimizer.loadStateDict({ tensors: copies, numbers });
    for (const { callback, state } of states) if (state) callback.restore?.(state);
  };
}

function requireSameMetrics(saved: Position['metricSums'], given: Metrics): void {
  const namesOf = (metrics: object) => Object.keys(metrics).sort().join();
  const way = 'give the same to continue within an epoch';
  if (namesOf(saved) !== namesOf(given)) {
    throw new TapegradError(`fit: the saved run had the metrics [${namesOf(saved)}], this one has [${namesOf(given)}]; ${way}`);
  }
  for (const [name, { sums }] of Object.entries(given)) {
    if (sums.length === saved[name].length) continue;
    const counts = `${saved[name].length} sums, that of this one ${sums.length}`;
    throw new TapegradError(`fit: the metric ${name} of the saved run counts ${counts}; ${way}`);
  }
}
