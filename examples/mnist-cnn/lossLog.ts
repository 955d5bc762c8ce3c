import type { Callback, CallbackState, StepReport } from '../../nn/index.js';

/** Remembers the loss of every step, those before a resume included, and how long each step of this process took. */
export class LossLog implements Callback {
  readonly name = 'LossLog';
  losses: number[] = [];
  readonly milliseconds: number[] = [];

  onStep({ loss, milliseconds }: StepReport): void {
    this.losses.push(loss);
    this.milliseconds.push(milliseconds);
  }

  state(): CallbackState {
    return { values: this.losses };
  }

  restore({ values }: CallbackState): void {
    this.losses = [...(values as number[])];
  }
}
