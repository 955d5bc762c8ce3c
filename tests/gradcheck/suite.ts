import { allOps } from '../../index.js';
import '../../kernels/samples.js';
import { UsageError } from '../../examples/usageError.js';
import type { Check, SuiteOptions } from './check.js';
import { foldChecks } from './fold.js';
import { graphChecks } from './graphs.js';
import { lockstepChecks } from './lockstep.js';
import { modelChecks } from './models.js';
import { nonFiniteChecks } from './nonFinite.js';
import { opChecks } from './opChecks.js';
import { seedChecks } from './seeds.js';

/** Where checks come from. A new kind of check is a line here, and one in AXES. */
const SOURCES: readonly ((options: SuiteOptions) => Check[])[] = [opChecks, nonFiniteChecks, lockstepChecks, foldChecks, graphChecks, modelChecks];

/** Every check, in a fixed order: the same options give the same list. Throws UsageError for a name that has none. */
export function allChecks(options: SuiteOptions, only: readonly string[] | null = null): Check[] {
  const checks = options.seeds > 0 ? seedChecks(options) : SOURCES.flatMap((source) => source(options));
  if (only === null) return checks;
  const names = [...new Set(checks.map(({ op }) => op))];
  for (const name of only) {
    if (names.includes(name)) continue;
    const isOp = allOps().some((op) => op.name === name);
    if (isOp && options.seeds > 0) throw new UsageError(`--op ${name}: --seeds checks gradients, and it has none`);
    throw new UsageError(`--op ${name}: no such op; there are ${names.join(', ')}`);
  }
  return checks.filter(({ op }) => only.includes(op));
}
