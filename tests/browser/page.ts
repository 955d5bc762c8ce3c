import { init } from '../../index.js';
import { type SuiteOptions, keyOf } from '../gradcheck/check.js';
import { type Planned, type Row, runCheck } from '../gradcheck/runChecks.js';
import { allChecks } from '../gradcheck/suite.js';

/*
 * The gradient-check suite in a page: it makes the checks for itself, as the same options give the same ones, and is told which to
 * run. Their order may be another: it follows that of the modules in the bundle.
 */

/** What the page offers to the program that opened it. */
export interface SuitePage {
  /** Makes both devices ready; the adapter's description. */
  open(options: SuiteOptions, only: readonly string[] | null): Promise<string>;
  /** Runs the checks with these keys, and numbers their rows so. */
  run(wanted: readonly { key: string; index: number }[]): Promise<Row[]>;
}

let checks = new Map<string, Planned['check']>();

const suitePage: SuitePage = {
  async open(options, only) {
    checks = new Map(allChecks(options, only).map((check) => [keyOf(check), check]));
    const { backend } = await init({ device: 'webgpu' });
    await init({ device: 'cpu' });
    return backend.description;
  },
  async run(wanted) {
    const rows: Row[] = [];
    for (const { key, index } of wanted) {
      const check = checks.get(key);
      if (!check) throw new Error(`the page has no check ${key}`);
      rows.push(await runCheck(check, index));
    }
    return rows;
  },
};

Object.assign(globalThis, { suitePage });
