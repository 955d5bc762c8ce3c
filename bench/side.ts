import type { Bench } from './device.js';
import { type Contact, type RoundSamples, meet, measureRound } from './measure.js';
import type { Row } from './rows.js';

/** Kernels under test: this program's, those of one variant, or those of another commit. Rows are measured on all sides in turn. */
export interface Side {
  readonly name: string;
  /** Before the first round. Throws what op or device have against the row. */
  meet(row: Row): Promise<Contact>;
  measureRound(row: Row, milliseconds: number): Promise<RoundSamples>;
  close(): Promise<void>;
}

/** The kernels of this program, in this process. */
export function ownSide(bench: Bench): Side {
  return {
    name: 'this',
    meet: (row) => meet(bench, row),
    measureRound: (row, milliseconds) => measureRound(bench, row, milliseconds),
    async close() {},
  };
}
