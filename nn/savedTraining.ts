import { FormatError, TapegradError } from '../core/errors.js';
import { scope } from '../core/memory.js';
import { fileSystem } from '../core/nodeModule.js';
import { type RandomState, getRandomState, setRandomState } from '../core/random.js';
import type { CallbackState } from './callbacks/callback.js';
import type { Module } from './module.js';
import { type HostTensor, decodeCheckpoint, encodeCheckpoint } from './safetensors.js';
import { makeTensors, readTensors } from './serialize.js';
import type { Position, Training } from './training.js';
import { writeWholeFile } from './wholeFile.js';

/*
 * A run of `fit` in a file: parameters and buffers, the optimiser's state, the states of schedules and other callbacks, the
 * random state, and how far the epoch has come. On the same device a resumed run ends bit-equal to one that was never stopped.
 */

const MODEL = 'model.';
const OPTIMIZER = 'optimizer.';
const callbackPrefix = (index: number) => `callbacks.${index}.`;

/** What the metadata hold beside the tensors. */
interface Progress {
  position: Position;
  random: RandomState;
  optimizer: Record<string, number>;
  callbacks: { name: string; values: unknown }[];
}

const NON_FINITE = ['NaN', 'Infinity', '-Infinity'];

/** JSON has no NaN and no infinity: they are written as strings. */
const toJson = (value: unknown) => JSON.stringify(value, (_, v) => (typeof v === 'number' && !Number.isFinite(v) ? String(v) : v));
const fromJson = (text: string) => JSON.parse(text, (_, v) => (NON_FINITE.includes(v) ? Number(v) : v));

function withPrefix<T>(prefix: string, entries: Record<string, T>): [string, T][] {
  return Object.entries(entries).map(([name, value]) => [prefix + name, value]);
}

function withoutPrefix<T>(prefix: string, entries: Record<string, T>): Record<string, T> {
  const found = Object.entries(entries).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** Saves a run, in Node, as a safetensors file that appears whole or not at all. `extra` is kept with it. */
export async function saveTraining(file: string, training: Training, extra: Record<string, string> = {}): Promise<void> {
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
  await writeWholeFile(file, encodeCheckpoint({ tensors, metadata: { ...extra, tapegrad: 'training', training: toJson(progress) } }));
}

/** Reads a run that `saveTraining` has written, in Node. Throws FormatError for a file that is damaged or something else. */
export async function loadTraining(file: string): Promise<SavedTraining> {
  const { readFile } = await fileSystem();
  const { tensors, metadata } = decodeCheckpoint(await readFile(file), file);
  const { tapegrad, training, ...extra } = metadata;
  if (tapegrad !== 'training' || training === undefined) {
    throw new FormatError({ file, offset: 8, expected: 'a checkpoint of a training', found: JSON.stringify(metadata).slice(0, 60) });
  }
  return new SavedTraining(tensors, fromJson(training) as Progress, extra);
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
    const device = model.parameters()[0]?.device;
    scope(() => model.loadStateDict(makeTensors(withoutPrefix(MODEL, this.tensors), { device })));
  }

  /** Puts a run into the saved state; `fit` does this. Throws if model, optimiser, metrics or callbacks are others. */
  restore(training: Training): void {
    const { model, optimizer, metrics } = training;
    const { position, random, optimizer: numbers } = this.progress;
    const states = this.statesFor(training);
    if (position.batch > 0) requireSameNames('metrics', Object.keys(position.metricSums), Object.keys(metrics));
    this.restoreModel(model);
    const { device } = optimizer.groups[0].params[0];
    scope(() => optimizer.loadStateDict({ tensors: makeTensors(withoutPrefix(OPTIMIZER, this.tensors), { device }), numbers }));
    for (const [restore, state] of states) restore(state);
    for (const [name, metric] of Object.entries(metrics)) metric.sums.set(position.metricSums[name] ?? []);
    training.position = this.position;
    setRandomState(random);
  }

  /** Each saved state beside the callback that takes it: the next one of the same name. */
  private statesFor({ callbacks }: Training): [(state: CallbackState) => void, CallbackState][] {
    const waiting = callbacks.filter((callback) => callback.state);
    return this.progress.callbacks.map(({ name, values }, i) => {
      const at = waiting.findIndex((callback) => callback.name === name);
      if (at < 0) throw new TapegradError(`fit: the saved run had a ${name}, this one lacks it; give the same callbacks to continue it`);
      const [callback] = waiting.splice(at, 1);
      return [(state) => callback.restore?.(state), { values, tensors: withoutPrefix(callbackPrefix(i), this.tensors) }];
    });
  }
}

function requireSameNames(what: string, saved: string[], given: string[]): void {
  if (saved.sort().join() !== given.sort().join()) {
    throw new TapegradError(`fit: the saved run had the ${what} [${saved}], this one has [${given}]; give the same to continue within an epoch`);
  }
}
