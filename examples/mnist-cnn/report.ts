import { plot } from 'asciichart';
import { SingleBar } from 'cli-progress';
import type { EpochRecord, StepReport } from '../../nn/fit.js';

/* What a person sees while and after the network trains. Progress goes to stderr, results to stdout. */

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

/** A progress bar on a terminal, a plain line every tenth of an epoch elsewhere. */
export class Progress {
  private readonly bar: SingleBar | null;

  constructor(private readonly epochs: number, private readonly batches: number, terminal = process.stderr.isTTY === true) {
    this.bar = terminal
      ? new SingleBar({
          format: 'epoch {epoch}/{epochs} {bar} {value}/{total} | loss {loss} | accuracy {accuracy} | {speed} images/s | {left} left',
          stream: process.stderr,
          hideCursor: true,
          barsize: 24,
        })
      : null;
  }

  step({ position, examples, milliseconds }: StepReport): void {
    const speed = position.seconds > 0 ? position.examples / position.seconds : (1000 * examples) / milliseconds;
    const secondsLeft = ((this.batches - position.batch) * position.seconds) / position.batch;
    const payload = {
      epoch: position.epoch + 1,
      epochs: this.epochs,
      loss: (position.lossSum / position.examples).toFixed(4),
      accuracy: percent(position.correct / position.examples),
      speed: speed.toFixed(0),
      left: `${secondsLeft.toFixed(0)} s`,
    };
    if (this.bar) {
      if (this.bar.isActive) this.bar.update(position.batch, payload);
      else this.bar.start(this.batches, position.batch, payload);
    } else if (position.batch % Math.max(1, Math.ceil(this.batches / 10)) === 0 || position.batch === this.batches) {
      const { epoch, epochs, loss, accuracy, left } = payload;
      console.error(
        `epoch ${epoch}/${epochs} ${position.batch}/${this.batches} | loss ${loss} | accuracy ${accuracy} | ${payload.speed} images/s | ${left} left`,
      );
    }
  }

  epoch(number: number, record: EpochRecord): void {
    this.stop();
    const validation = record.valLoss === undefined ? '' : `, validation loss ${record.valLoss.toFixed(4)} accuracy ${percent(record.valAccuracy!)}`;
    console.error(`epoch ${number}/${this.epochs}: loss ${record.loss.toFixed(4)} accuracy ${percent(record.accuracy)}${validation}, ${record.seconds.toFixed(1)} s`);
  }

  stop(): void {
    if (this.bar?.isActive) this.bar.stop();
  }
}

/** The loss of every step as a curve, averaged down to the width of a terminal. */
export function lossCurve(losses: readonly number[], width = 72): string {
  if (losses.length < 2) return '';
  const points = Math.min(width, losses.length);
  const means = Array.from({ length: points }, (_, i) => {
    const window = losses.slice(Math.floor((i * losses.length) / points), Math.floor(((i + 1) * losses.length) / points));
    return window.reduce((sum, loss) => sum + loss, 0) / window.length;
  });
  return `training loss by step\n${plot(means, { height: 10 })}`;
}

/** Rows: the digit shown. Columns: the digit read. */
export function confusionMatrix(labels: ArrayLike<number>, predictions: ArrayLike<number>, classes = 10): string {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) counts[labels[i]][predictions[i]]++;
  const cell = (text: string | number) => String(text).padStart(6);
  const header = `shown ${Array.from({ length: classes }, (_, digit) => cell(digit)).join('')}   right`;
  const rows = counts.map((row, digit) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row.map((count) => cell(count === 0 ? '.' : count)).join('');
    return `${cell(digit)}${cells}   ${total > 0 ? percent(row[digit] / total) : '-'}`;
  });
  return ['confusion matrix (columns: read as)', header, ...rows].join('\n');
}

export { percent };
