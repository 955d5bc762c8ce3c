import { FormatError, TapegradError } from '../core/errors.js';
import { scope } from '../core/memory.js';
import { fileSystem } from '../core/nodeModule.js';
import { type RandomState, getRandomState, setRandomState } from '../core/random.js';
import type { Tensor } from '../core/tensor.js';
import type { CallbackState } from './callbacks/callback.js';
import type { Metric } from './metrics/metric.js';
import { type Module, requireState } from './module.js';
import { type HostTensor, decodeCheckpoint, encodeCheckpoint, isRecord, requireMetadata } from './safetensors.js';
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

/** JSON has no NaN and no infinity: they are written as strings. A string that reads like one gets a ~ before it. */
const NON_FINITE = /^(NaN|-?Infinity)$/;
const MARKED = /^~+(NaN|-?Infinity)$/;

const toJson = (value: unknown) => JSON.stringify(value, (_, v) => {
  if (typeof v === 'number' && !Number.isFinite(v)) return String(v);
  return typeof v === 'string' && (NON_FINITE.test(v) || MARKED.test(v)) ? `~${v}` : v;
});
const fromJson = (text: string): unknown => JSON.parse(text, (_, v) => {
  if (typeof v !== 'string') return v;
  if (NON_FINITE.test(v)) return Number(v);
  return MARKED.test(v) ? v.slice(1) : v;
});

const hasNumbers = (value: unknown, names: readonly string[]) => isRecord(value) && names.every((name) => typeof value[name] === 'number');

/** Is it what `saveTraining` writes? What a callback remembers is its own affair. */
function isProgress(value: unknown): value is Progress {
  if (!isRecord(value)) return false;
  const { position, random, optimizer, callbacks } = value;
  return isRecord(position) && hasNumbers(position, ['epoch', 'batch', 'steps', 'lossSum', 'examples', 'seconds'])
    && isRecord(position.metricSums) && Object.values(position.metricSums).every(Array.isArray)
    && Array.isArray(position.history) && position.history.every(isRecord)
    && (position.stopped === null || typeof position.stopped === 'string')
    && hasNumbers(random, ['seed', 'offset']) && isRecord(optimizer) && hasNumbers(optimizer, Object.keys(optimizer))
    && Array.isArray(callbacks) && callbacks.every((callback) => isRecord(callback) && typeof callback.name === 'string');
}

/** What a file's metadata say of a run; null if they say nothing, or something else. */
function readProgress({ tapegrad, training }: Record<string, string>): Progress | null {
  if (tapegrad !== 'training' || training === undefined) return null;
  try {
    const progress = fromJson(training);
    return isProgress(progress) ? progress : null;
  } catch {
    return null;
  }
}

/** Names that the metadata of a run take themselves. */
const RESERVED = ['tapegrad', 'training'];

/** Throws unless `extra` can be kept with a run. */
export function requireExtra(where: string, extra: unknown): void {
  requireMetadata(where, 'extra', extra);
  const taken = RESERVED.find((name) => Object.hasOwn(extra as object, name));
  if (taken) throw new TapegradError(`${where}: extra cannot hold ${taken}, which names the run's own state; use another name`);
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
  await writeWholeFile(file, encodeCheckpoint({ tensors, metadata: { ...extra, tapegrad: 'training', training: toJson(progress) } }));
}

/** Reads a run that `saveTraining` has written, in Node. Throws FormatError for a file that is damaged or something else. */
export async function loadTraining(file: string): Promise<SavedTraining> {
  const { readFile } = await fileSystem();
  const { tensors, metadata } = decodeCheckpoint(await readFile(file), file);
  const progress = readProgress(metadata);
  if (!progress) throw new FormatError({ file, offset: 8, expected: 'a checkpoint of a training', found: JSON.stringify(metadata).slice(0, 60) });
  const { tapegrad, training, ...extra } = metadata;
  return new SavedTraining(tensors, progress, extra);
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
    scope(() => model.loadStateDict(this.modelState(model)));
  }

  /**
   * Puts a run into the saved state; `fit` does this. Throws if model, optimiser, metrics or callbacks are others, and has then
   * changed neither parameters nor optimiser.
   */
  restore(training: Training): void {
    const { model, optimizer } = training;
    const { position, random, optimizer: numbers } = this.progress;
    const states = this.statesFor(training);
    const sums = position.batch > 0 ? sumsFor(training, position.metricSums) : [];
    scope(() => {
      const state = this.modelState(model);
      requireState(model, state);
      for (const [restore, own] of states) restore(own);
      const { device } = optimizer.groups[0].params[0];
      optimizer.loadStateDict({ tensors: makeTensors(withoutPrefix(OPTIMIZER, this.tensors), { device }), numbers }); // all of it or nothing
      model.loadStateDict(state);
    });
    for (const [metric, saved] of sums) metric.sums.set(saved);
    training.position = this.position;
    setRandomState(random);
  }

  /** Parameters and buffers as tensors on the device of `model`. */
  private modelState(model: Module): Record<string, Tensor> {
    return makeTensors(withoutPrefix(MODEL, this.tensors), { device: model.parameters()[0]?.device });
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

/** The saved sums beside the metric that they belong to. Throws unless the metrics are the same. */
function sumsFor({ metrics }: Training, saved: Record<string, number[]>): [Metric, number[]][] {
  const describe = (sums: Record<string, ArrayLike<number>>) => Object.keys(sums).sort().map((name) => `${name} of ${sums[name].length}`).join(', ');
  const given = Object.fromEntries(Object.entries(metrics).map(([name, { sums }]) => [name, sums]));
  if (describe(saved) === describe(given)) return Object.entries(metrics).map(([name, metric]) => [metric, saved[name]]);
  const problem = `had the metrics [${describe(saved)} sums], this one has [${describe(given)} sums]`;
  throw new TapegradError(`fit: the saved run ${problem}; give the same to continue within an epoch`);
}
