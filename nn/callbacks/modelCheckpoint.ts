import { TapegradError } from '../../core/errors.js';
import { fileSystem } from '../../core/nodeModule.js';
import { REQUIRED, readOptions, requireChoice, requireWhole, show } from '../../core/options.js';
import { requireExtra, saveTraining } from '../savedTraining.js';
import type { EpochRecord, Training } from '../training.js';
import { removeLeftovers } from '../wholeFile.js';
import type { Callback, CallbackState } from './callback.js';
import { type MonitorOptions, gainOver } from './monitor.js';

export interface ModelCheckpointOptions extends MonitorOptions {
  /** The latest state of the run: written after each epoch, and when a signal ends it. */
  file: string;
  /** Write it also after every so many steps. Default: not. */
  everySteps?: number;
  /** So many of the best epochs stay beside it, as `run-epoch7.safetensors` for `run.safetensors`. Default 0. */
  keepBest?: number;
  /** Kept in every file; see `loadTraining`. */
  extra?: Record<string, string>;
}

/** One of the best epochs. */
export interface BestCheckpoint {
  file: string;
  epoch: number;
  value: number;
}

function isBestCheckpoint(value: Partial<BestCheckpoint> | null): value is BestCheckpoint {
  return typeof value?.file === 'string' && typeof value.epoch === 'number' && typeof value.value === 'number';
}

/** Saves the run so that `loadTraining` and `fit({ from })` continue it, in Node. Keras's name: `ModelCheckpoint`. */
export class ModelCheckpoint implements Callback {
  readonly name = 'ModelCheckpoint';
  private readonly options: Required<ModelCheckpointOptions>;
  private bestSoFar: BestCheckpoint[] = [];
  /** Steps at the last save. */
  private savedAt = -1;

  constructor(options: ModelCheckpointOptions) {
    this.options = readOptions('ModelCheckpoint', options, {
      file: REQUIRED, monitor: 'valLoss', mode: 'min', everySteps: Infinity, keepBest: 0, extra: {},
    });
    requireChoice('ModelCheckpoint', 'mode', this.options.mode, ['min', 'max']);
    const { everySteps, keepBest, extra } = this.options;
    if (everySteps !== Infinity) requireWhole('ModelCheckpoint', 'everySteps', everySteps, 1);
    requireWhole('ModelCheckpoint', 'keepBest', keepBest, 0);
    requireExtra('ModelCheckpoint', extra);
  }

  /** The best epochs, best first. */
  get best(): readonly BestCheckpoint[] {
    return this.bestSoFar;
  }

  async onStart(): Promise<void> {
    await removeLeftovers(this.options.file);
  }

  onEpoch(record: EpochRecord, training: Training): void {
    const { keepBest, monitor, mode } = this.options;
    if (keepBest === 0) return;
    const { epoch } = training.position;
    const entry = { file: this.fileOf(epoch), epoch, value: training.figure(this.name, monitor, record) };
    this.bestSoFar = [...this.bestSoFar, entry].sort((a, b) => gainOver(mode, b.value, a.value) || a.epoch - b.epoch);
  }

  async onSafePoint(training: Training): Promise<void> {
    const { batch, steps, epoch } = training.position;
    if (batch > 0) {
      if (steps % this.options.everySteps === 0) await this.save(training);
      return;
    }
    const dropped = this.bestSoFar.slice(this.options.keepBest);
    this.bestSoFar = this.bestSoFar.slice(0, this.options.keepBest);
    // In this order: a process that dies in between leaves the best on the disk, and does this epoch, and this, again.
    if (this.bestSoFar.some((entry) => entry.epoch === epoch)) await saveTraining(this.fileOf(epoch), training, this.options.extra);
    const { rm } = await fileSystem();
    for (const { file } of dropped) await rm(file, { force: true });
    await this.save(training);
  }

  async onEnd(training: Training): Promise<void> {
    if (training.interrupted && this.savedAt !== training.position.steps) await this.save(training);
  }

  state(): CallbackState | null {
    return this.options.keepBest > 0 ? { values: this.bestSoFar } : null;
  }

  restore({ values }: CallbackState): void {
    if (!Array.isArray(values) || !values.every(isBestCheckpoint)) {
      throw new TapegradError(`ModelCheckpoint: the saved state must be a list of { file, epoch, value }, got ${show(values)}`);
    }
    this.bestSoFar = [...values];
  }

  private async save(training: Training): Promise<void> {
    await saveTraining(this.options.file, training, this.options.extra);
    this.savedAt = training.position.steps;
  }

  private fileOf(epoch: number): string {
    const [, stem, extension] = /^(.*?)(\.[^./\\]*)?$/s.exec(this.options.file)!;
    return `${stem}-epoch${epoch}${extension ?? ''}`;
  }
}
