import { SingleBar } from 'cli-progress';

/** A progress bar on a terminal, a plain line every tenth of the way elsewhere; both on stderr. */
export class Progress {
  private readonly bar: SingleBar | null;
  private readonly began = performance.now();
  private done = 0;
  private failed = 0;

  constructor(private readonly total: number, private readonly unit = 'checks', private readonly bad = 'FAIL', terminal = process.stderr.isTTY === true) {
    this.bar = terminal
      ? new SingleBar({ format: `{bar} {value}/{total} ${unit} | {failed} ${bad} | {op} | {eta_formatted} left`, stream: process.stderr, hideCursor: true, barsize: 24 })
      : null;
    this.bar?.start(total, 0, { failed: 0, op: '' });
  }

  step(op: string, failed: boolean): void {
    this.done++;
    if (failed) this.failed++;
    if (this.bar) this.bar.update(this.done, { failed: this.failed, op });
    else if (this.done % Math.max(1, Math.ceil(this.total / 10)) === 0 || this.done === this.total) {
      const seconds = (performance.now() - this.began) / 1000;
      const left = (seconds / this.done) * (this.total - this.done);
      console.error(`${this.done}/${this.total} ${this.unit} | ${this.failed} ${this.bad} | ${op} | ${seconds.toFixed(0)} s, ${left.toFixed(0)} s left`);
    }
  }

  stop(): void {
    this.bar?.stop();
  }
}
