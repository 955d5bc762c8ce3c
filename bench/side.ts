import { withVariant } from '../tests/support.js';
import type { Bench } from './device.js';
import { type Contact, type RoundSamples, meet, measureRound } from './measure.js';
import type { Row } from './rows.js';

/** Why a side lacks a row: no fault of its kernels. */
export interface Absence {
  readonly absent: string;
}

/** Kernels under test: this program's, those of one variant, or those of another commit. Rows are measured on all sides in turn. */
export interface Side {
  readonly name: string;
  /** Before the first round. Throws what op or device have against the row. */
  meet(row: Row): Promise<Contact | Absence>;
  measureRound(row: Row, milliseconds: number): Promise<RoundSamples>;
}

/** The kernels of this program, in this process, as they are chosen for the adapter. */
export function ownSide(bench: Bench, name = 'this'): Side {
  return {
    name,
    meet: (row) => meet(bench, row),
    measureRound: (row, milliseconds) => measureRound(bench, row, milliseconds),
  };
}

/** One variant of every op that has it. */
export function variantSide(bench: Bench, variant: string): Side {
  return {
    name: variant,
    meet: (row) => withVariant(row.op, variant, () => meet(bench, row)),
    measureRound: (row, milliseconds) => withVariant(row.op, variant, () => measureRound(bench, row, milliseconds)),
  };
}
