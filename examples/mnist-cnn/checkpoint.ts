import { FormatError, type RandomState, getRandomState, setRandomState } from '../../index.js';
import { type FitPosition, type Module, loadCheckpoint, saveCheckpoint } from '../../nn/index.js';
import type { Adam } from '../../optim/index.js';
import { UsageError } from '../commandLine.js';
import type { Options } from './options.js';

/*
 * A checkpoint holds all that a run needs to continue bit-exactly on the same device: parameters, optimiser state, random
 * state, how far the epoch has come, and the options that decide which examples come next.
 */

/** Options that a resumed run takes from its checkpoint; one given on the command line must agree. */
const FIXED = ['dataset', 'train', 'batch', 'seed', 'lr'] as const;
type Fixed = Pick<Options, (typeof FIXED)[number]>;

interface Progress {
  options: Fixed;
  position: FitPosition;
  losses: number[];
  random: RandomState;
  optimizer: Record<string, number>;
}

const MODEL = 'model.';
const OPTIMIZER = 'optimizer.';

function withPrefix<T>(prefix: string, entries: Record<string, T>): [string, T][] {
  return Object.entries(entries).map(([name, value]) => [prefix + name, value]);
}

function withoutPrefix<T>(prefix: string, entries: Record<string, T>): Record<string, T> {
  const found = Object.entries(entries).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, value]) => [name.slice(prefix.length), value]));
}

export async function saveProgress(
  file: string, model: Module, optimizer: Adam, options: Options, position: FitPosition, losses: number[],
): Promise<void> {
  const state = optimizer.stateDict();
  const progress: Progress = {
    options: Object.fromEntries(FIXED.map((name) => [name, options[name]])) as unknown as Fixed,
    position,
    losses,
    random: getRandomState(),
    optimizer: state.numbers,
  };
  const tensors = Object.fromEntries([...withPrefix(MODEL, model.stateDict()), ...withPrefix(OPTIMIZER, state.tensors)]);
  await saveCheckpoint(file, tensors, { tapegrad: 'mnist-cnn', progress: JSON.stringify(progress) });
}

/** What `readProgress` found: apply it once model and optimiser exist. */
export interface SavedProgress {
  options: Fixed;
  position: FitPosition;
  losses: number[];
  restore(model: Module, optimizer: Adam): void;
}

/** Reads a checkpoint; a flag in `given` that disagrees with it is a UsageError. */
export async function readProgress(file: string, options: Options, given: ReadonlySet<string>): Promise<SavedProgress> {
  const { tensors, metadata } = await loadCheckpoint(file);
  if (metadata.tapegrad !== 'mnist-cnn' || metadata.progress === undefined) {
    throw new FormatError({ file, offset: 8, expected: 'a checkpoint saved by npm start', found: JSON.stringify(metadata).slice(0, 60) });
  }
  const progress = JSON.parse(metadata.progress) as Progress;
  for (const name of FIXED) {
    if (given.has(name) && options[name] !== progress.options[name]) {
      throw new UsageError(`--${name} ${options[name]}: ${file} was saved with --${name} ${progress.options[name]}; leave the flag out to continue it`);
    }
  }
  return {
    options: progress.options,
    position: progress.position,
    losses: progress.losses,
    restore(model, optimizer) {
      model.loadStateDict(withoutPrefix(MODEL, tensors));
      optimizer.loadStateDict({ tensors: withoutPrefix(OPTIMIZER, tensors), numbers: progress.optimizer });
      Object.values(tensors).forEach((t) => t.dispose());
      setRandomState(progress.random);
    },
  };
}
