import { init } from '../../index.js';
import type { SuiteOptions } from '../gradcheck/check.js';
import { type Row, runCheck } from '../gradcheck/runChecks.js';
import { allChecks } from '../gradcheck/suite.js';

/*
 * The gradient-check suite in a page: it makes the list of checks for itself, as the same options give the same list, and is told
 * which to run.
 */

/** What the page offers to the program that opened it. */
export interface SuitePage {
  /** Makes both devices ready; the adapter's description. */
  open(options: SuiteOptions, only: readonly string[] | null): Promise<string>;
  /** Runs the checks with these places in the list. */
  run(places: readonly number[]): Promise<Row[]>;
}

let checks: ReturnType<typeof allChecks> = [];

const suitePage: SuitePage = {
  async open(options, only) {
    checks = allChecks(options, only);
    const { backend } = await init({ device: 'webgpu' });
    await init({ device: 'cpu' });
    return backend.description;
  },
  async run(places) {
    const rows: Row[] = [];
    for (const index of places) rows.push(await runCheck(checks[index], index));
    return rows;
  },
};

Object.assign(globalThis, { suitePage });
