import type { EpochRecord, Training } from '../training.js';
import { removeLeftovers, writeWholeFile } from '../wholeFile.js';
import type { Callback } from './callback.js';

/*
 * The history as a file, in Node. It is written anew each epoch, whole: a run that was killed and resumed leaves the same file
 * as one that was not.
 */

abstract class Logger implements Callback {
  abstract readonly name: string;

  constructor(private readonly file: string) {}

  onStart(): Promise<void> {
    return removeLeftovers(this.file);
  }

  protected abstract format(history: readonly EpochRecord[]): string;

  async onEpoch(_record: EpochRecord, { history }: Training): Promise<void> {
    await writeWholeFile(this.file, this.format(history));
  }
}

/** A row an epoch: its number, then its figures under their names. Keras's name: `CSVLogger`. */
export class CSVLogger extends Logger {
  readonly name = 'CSVLogger';

  protected format(history: readonly EpochRecord[]): string {
    const names = Object.keys(history[0]);
    const rows = history.map((record, i) => [i + 1, ...names.map((name) => record[name])]);
    return [['epoch', ...names], ...rows].map((row) => `${row.join(',')}\n`).join('');
  }
}

/** A JSON object an epoch, one a line; a figure that is not finite is null. */
export class JSONLLogger extends Logger {
  readonly name = 'JSONLLogger';

  protected format(history: readonly EpochRecord[]): string {
    return history.map((record, i) => `${JSON.stringify({ epoch: i + 1, ...record })}\n`).join('');
  }
}
