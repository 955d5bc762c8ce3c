import { TapegradError } from '../../core/errors.js';
import type { EpochRecord, StepReport, Training } from '../training.js';
import type { Callback, CallbackState } from './callback.js';

/** A schedule of `tapegrad/optim`: one that counts its steps, or one that looks at a figure. */
export interface SteppedSchedule {
  step(metric: number): void;
  stateDict(): object;
  loadStateDict(state: any): void;
}

export interface LRSchedulerOptions {
  /** How often the schedule steps. Default `epoch`. */
  every?: 'epoch' | 'step';
  /** The figure of the epoch that the schedule looks at, for `ReduceLROnPlateau`. Default `loss`. */
  monitor?: string;
}

/** Steps a learning-rate schedule with the training. Keras's name: `LearningRateScheduler`. */
export class LRScheduler implements Callback {
  readonly name = 'LRScheduler';

  constructor(private readonly schedule: SteppedSchedule, private readonly options: LRSchedulerOptions = {}) {
    if (options.every === 'step' && options.monitor !== undefined) {
      throw new TapegradError(`LRScheduler: ${options.monitor} is known once an epoch; leave out every: 'step'`);
    }
  }

  onStep({ loss }: StepReport): void {
    if (this.options.every === 'step') this.schedule.step(loss);
  }

  onEpoch(record: EpochRecord, training: Training): void {
    if (this.options.every !== 'step') this.schedule.step(training.figure(this.name, this.options.monitor ?? 'loss', record));
  }

  state(): CallbackState {
    return { values: this.schedule.stateDict() };
  }

  restore({ values }: CallbackState): void {
    this.schedule.loadStateDict(values);
  }
}
