import type { HostTensor } from '../safetensors.js';
import type { EpochRecord, StepReport, Training } from '../training.js';

/** What a callback remembers: numbers, strings, lists and objects of them, and tensors by name. */
export interface CallbackState {
  values: unknown;
  tensors?: Record<string, HostTensor>;
}

type MaybeAsync = void | Promise<void>;

/** Takes part in `fit`. Every method may be left out; those that return a promise are waited for. */
export interface Callback {
  /** Under this its state is saved. */
  readonly name: string;

  /** Before the first step; the state of a resumed run is in place. */
  onStart?(training: Training): MaybeAsync;

  /** After an optimiser step, which `training.position` counts already. */
  onStep?(report: StepReport, training: Training): MaybeAsync;

  /** After an epoch and its validation; `training.position` is at the start of the next. */
  onEpoch?(record: EpochRecord, training: Training): MaybeAsync;

  /** After the `onStep` or `onEpoch` of every callback: what is saved now is of one piece. */
  onSafePoint?(training: Training): MaybeAsync;

  /** At the end, however it came: `training.finished` and `training.interrupted` say, neither is true after an error. */
  onEnd?(training: Training): MaybeAsync;

  /** What a resumed run needs to behave as if it had not been interrupted; null for nothing. */
  state?(): CallbackState | null;

  restore?(state: CallbackState): void;
}
