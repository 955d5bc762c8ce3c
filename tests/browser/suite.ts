import { type SuiteOptions, keyOf } from '../gradcheck/check.js';
import { unitsOf } from '../gradcheck/processes.js';
import type { Planned, Row } from '../gradcheck/runChecks.js';
import { buildPage, withPage } from './chromium.js';
import type { SuitePage } from './page.js';

const FOLDER = '.cache/suite-page';

declare const suitePage: SuitePage; // in the page

/** Runs checks of `allChecks(options, only)` in Chromium: their rows, and the adapter. */
export async function runInChromium(
  checks: readonly Planned[], options: SuiteOptions, only: readonly string[] | null, onRow: (row: Row) => void = () => {},
): Promise<{ rows: Row[]; adapter: string }> {
  await buildPage('tests/browser/page.ts', FOLDER);
  return withPage(FOLDER, async (page) => {
    await page.waitForFunction(() => 'suitePage' in globalThis);
    const adapter = await page.evaluate(([suite, names]) => suitePage.open(suite, names), [options, only] as const);
    const rows: Row[] = [];
    for (const unit of unitsOf(checks)) {
      const wanted = unit.map(({ check, index }) => ({ key: keyOf(check), index }));
      const found = await page.evaluate((checks) => suitePage.run(checks), wanted);
      found.forEach(onRow);
      rows.push(...found);
    }
    return { rows: rows.sort((a, b) => a.index - b.index), adapter };
  });
}
