import { TapegradError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions, requireChoice, requireNumber, requireWhole, show } from '../../core/options.js';
import type { HostTensor } from '../safetensors.js';
import { makeTensors, readTensors } from '../serialize.js';
import type { EpochRecord, Training } from '../training.js';
import type { Callback, CallbackState } from './callback.js';
import { type MonitorOptions, gainOver } from './monitor.js';

export interface EarlyStoppingOptions extends MonitorOptions {
  /**
   * Epochs without improvement that are borne: one more ends the run. (Keras and Lightning count that one too: their 6 is 5 here.)
   * Default 5.
   */
  patience?: number;
  /** An improvement is larger than this. Default 0. */
  minDelta?: number;
}

interface Progress {
  best: number;
  bestEpoch: number;
  badEpochs: number;
}

/**
 * Ends the training when a figure has stopped improving, and puts the best weights back: also when all epochs were trained.
 * Keras's name: `EarlyStopping`, with `restore_best_weights`.
 */
export class EarlyStopping implements Callback {
  readonly name = 'EarlyStopping';
  private readonly options: Required<EarlyStoppingOptions>;
  private progress: Progress = { best: NaN, bestEpoch: 0, badEpochs: 0 };
  private bestWeights: Record<string, HostTensor> | null = null;

  constructor(options: EarlyStoppingOptions = {}) {
    this.options = readOptions('EarlyStopping', options, { monitor: 'valLoss', mode: 'min', patience: 5, minDelta: 0 });
    requireChoice('EarlyStopping', 'mode', this.options.mode, ['min', 'max']);
    const { patience, minDelta } = this.options;
    requireWhole('EarlyStopping', 'patience', patience, 0);
    requireNumber('EarlyStopping', 'minDelta', minDelta);
    if (minDelta < 0) throw new TapegradError(`EarlyStopping: minDelta must not be negative, got ${minDelta}`);
  }

  /** The best figure, and the epoch (counted from 1) that had it; NaN and 0 before the first. */
  get best(): { value: number; epoch: number } {
    return { value: this.progress.best, epoch: this.progress.bestEpoch };
  }

  async onEpoch(record: EpochRecord, training: Training): Promise<void> {
    const { monitor, mode, patience, minDelta } = this.options;
    const { progress } = this;
    const value = training.figure(this.name, monitor, record);
    if (progress.bestEpoch === 0 || gainOver(mode, value, progress.best) > minDelta) {
      this.progress = { best: value, bestEpoch: training.position.epoch, badEpochs: 0 };
      this.bestWeights = await readTensors(training.model.stateDict());
    } else if (++progress.badEpochs > patience) {
      training.stop(`${monitor} has not improved on ${Number(progress.best.toPrecision(4))} of epoch ${progress.bestEpoch}`);
    }
  }

  onEnd(training: Training): void {
    const { bestWeights } = this;
    if (!training.finished || !bestWeights) return;
    const device = training.model.parameters()[0]?.device;
    scope(() => training.model.loadStateDict(makeTensors(bestWeights, { device })));
  }

  state(): CallbackState {
    return { values: this.progress, tensors: this.bestWeights ?? {} };
  }

  restore({ values, tensors = {} }: CallbackState): void {
    const { best, bestEpoch, badEpochs } = (values ?? {}) as Progress;
    if (![best, bestEpoch, badEpochs].every((value) => typeof value === 'number')) {
      throw new TapegradError(`EarlyStopping: the saved state must hold best, bestEpoch and badEpochs, got ${show(values)}`);
    }
    this.progress = { best, bestEpoch, badEpochs };
    this.bestWeights = this.progress.bestEpoch > 0 ? tensors : null;
  }
}
