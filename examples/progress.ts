import { SingleBar } from 'cli-progress';

/** A bar on a terminal, a plain line every tenth of the way elsewhere; both on stderr, so that stdout holds results only. */
export class ProgressBar {
  private readonly bar: SingleBar | null;
  private readonly began = performance.now();
  /** Tenths of the way that have had their line. */
  private tenths = 0;

  constructor(private readonly total: number, private readonly unit: string, terminal = process.stderr.isTTY === true) {
    this.bar = terminal ? new SingleBar({ format: `{bar} {value}/{total} ${unit} | {note} | {eta_formatted} left`, stream: process.stderr, hideCursor: true, barsize: 24 }) : null;
    this.bar?.start(total, 0, { note: '' });
  }

  /** `done` of the total, and what is worth seeing at this point. */
  update(done: number, note: string): void {
    if (this.bar) {
      this.bar.update(done, { note });
      return;
    }
    const tenths = Math.floor((10 * done) / this.total);
    if (tenths <= this.tenths) return;
    this.tenths = tenths;
    const left = ((performance.now() - this.began) / 1000 / done) * (this.total - done);
    console.error(`${done}/${this.total} ${this.unit} | ${note} | ${left.toFixed(0)} s left`);
  }

  stop(): void {
    this.bar?.stop();
  }
}
