import { ProgressBar } from '../../examples/progress.js';

/** Checks done, and how many of them failed. */
export class Progress {
  private readonly bar: ProgressBar;
  private done = 0;
  private failed = 0;

  constructor(total: number, unit = 'checks', private readonly bad = 'FAIL') {
    this.bar = new ProgressBar(total, unit);
  }

  step(op: string, failed: boolean): void {
    if (failed) this.failed++;
    this.bar.update(++this.done, `${this.failed} ${this.bad} | ${op}`);
  }

  stop(): void {
    this.bar.stop();
  }
}
