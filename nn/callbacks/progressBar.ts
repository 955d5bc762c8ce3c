import type { EpochRecord, StepReport, Training } from '../training.js';
import type { Callback } from './callback.js';

/** What a progress bar writes to: `process.stderr`, the console in a browser, or anything like them. */
export interface ProgressStream {
  write(text: string): unknown;
  /** A terminal, on which a line can be drawn again. */
  readonly isTTY?: boolean;
}

/** A browser has no stderr. */
const CONSOLE: ProgressStream = { write: (text) => console.log(text.trimEnd()) };

const CELLS = 24;
const AGAIN = '\r\x1b[K';

const isShare = (name: string) => /accuracy|precision|recall|f1/i.test(name);
const show = (name: string, value: number) => (isShare(name) ? `${name} ${(100 * value).toFixed(2)} %` : `${name} ${Number(value.toPrecision(4))}`);

/** A bar on a terminal, a line every tenth of an epoch elsewhere; and a line for each epoch. */
export class ProgressBar implements Callback {
  readonly name = 'ProgressBar';
  /** Is a bar on the terminal that the next line would run into? */
  private drawn = false;

  constructor(private readonly stream: ProgressStream = globalThis.process?.stderr ?? CONSOLE) {}

  onStep({ examples, milliseconds }: StepReport, { position, metrics, options }: Training): void {
    const batches = options.train.batchCount;
    const { batch, seconds } = position;
    const everyTenth = Math.max(1, Math.ceil(batches / 10));
    if (!this.stream.isTTY && batch % everyTenth !== 0 && batch !== batches) return;

    const figures = Object.entries(metrics).map(([name, metric]) => show(name, metric.compute()));
    const speed = seconds > 0 ? position.examples / seconds : (1000 * examples) / milliseconds;
    const left = ((batches - batch) * seconds) / batch;
    const text = [
      `${batch}/${batches}`, show('loss', position.lossSum / position.examples), ...figures, `${speed.toFixed(0)} examples/s`, `${left.toFixed(0)} s left`,
    ].join(' | ');
    const full = Math.round((CELLS * batch) / batches);
    const bar = this.stream.isTTY ? `${'█'.repeat(full)}${'░'.repeat(CELLS - full)} ` : '';
    this.stream.write(`${this.stream.isTTY ? AGAIN : ''}epoch ${position.epoch + 1}/${options.epochs} ${bar}${text}${this.stream.isTTY ? '' : '\n'}`);
    this.drawn = this.stream.isTTY === true;
  }

  onEpoch(record: EpochRecord, { position, options }: Training): void {
    const figures = Object.entries(record).filter(([name, value]) => name !== 'seconds' && value !== undefined).map(([name, value]) => show(name, value!));
    this.clear();
    this.stream.write(`epoch ${position.epoch}/${options.epochs}: ${figures.join(', ')}, ${record.seconds.toFixed(1)} s\n`);
  }

  onEnd({ position }: Training): void {
    if (this.drawn) this.stream.write('\n');
    this.drawn = false;
    if (position.stopped !== null) this.stream.write(`stopped: ${position.stopped}\n`);
  }

  private clear(): void {
    if (this.drawn) this.stream.write(AGAIN);
    this.drawn = false;
  }
}
