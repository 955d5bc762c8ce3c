import type { Row, Works } from './rows.js';

/** An engine that does the rows' work, in float32 on WebGPU. */
export interface OpContender {
  readonly name: string;
  readonly version: string;

  prepare(): Promise<void>;

  /** Uploads a row's inputs and does what its work presupposes. Throws LacksOp if the engine cannot do it. */
  load(row: Row): Promise<LoadedRow>;

  dispose(): void;
}

/** A row that waits on an engine to be run. */
export interface LoadedRow {
  /** The work done once: each output, row-major in the layout of the row. */
  outputs(): Promise<ArrayLike<number>[]>;

  /**
   * The work done `calls` times on the same inputs, then one element of the last result read back. The queue works in order:
   * when that has arrived, all has been executed. Results are freed as soon as the engine allows.
   */
  run(calls: number): Promise<void>;

  dispose(): void;
}

/** Why an engine is not in a row. */
export class LacksOp extends Error {}

/** The work of a row with its inputs bound: makes its result, or results. */
export type Work<T> = () => T | T[];

/** How an engine does each kind of work. `held` begins with the row's inputs; what is added to it is freed along with them. */
export type WorkTable<T> = { readonly [Op in keyof Works]: (held: T[], attrs: Works[Op]) => Work<T> };

export function workOf<T>(table: WorkTable<T>, row: Row, held: T[]): Work<T> {
  return (table[row.op] as (held: T[], attrs: object) => Work<T>)(held, row.attrs);
}
