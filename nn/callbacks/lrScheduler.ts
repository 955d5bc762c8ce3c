import { TapegradError } from '../../core/errors.js';
import { readOptions, requireChoice } from '../../core/options.js';
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

  private readonly every: 'epoch' | 'step';
  private readonly monitor: string;

  constructor(private readonly schedule: SteppedSchedule, options: LRSchedulerOptions = {}) {
    ({ every: this.every, monitor: this.monitor } = readOptions('LRScheduler', options, { every: 'epoch', monitor: 'loss' }));
    requireChoice('LRScheduler', 'every', this.every, ['epoch', 'step']);
    if (this.every === 'step' && options.monitor !== undefined) {
      throw new TapegradError(`LRScheduler: ${options.monitor} is known once an epoch; leave out every: 'step'`);
    }
  }

  onStep({ loss }: StepReport): void {
    if (this.every === 'step') this.schedule.step(loss);
  }

  onEpoch(record: EpochRecord, training: Training): void {
    if (this.every === 'epoch') this.schedule.step(training.figure(this.name, this.monitor, record));
  }

  state(): CallbackState {
    return { values: this.schedule.stateDict() };
  }

  restore({ values }: CallbackState): void {
    this.schedule.loadStateDict(values);
  }
}
