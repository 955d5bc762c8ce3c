import { allOps, scope } from '../../index.js';
import { gradcheck } from '../../core/gradcheck.js';
import { samplesOf } from '../../core/samples.js';
import type { Check, CheckResult, SuiteOptions } from './check.js';
import { Case, asDeclared } from './opChecks.js';
import { LAYOUTS } from './layouts.js';

/*
 * --seeds N: N seeds for each op, which take its samples and layouts in turn. A right op must pass them all: what fails here
 * is either a bug or a false alarm of the checker.
 */

/** Random directions weigh all elements at once: over so many seeds a few of them say as much as every element does. */
const BRIEF = { maxElements: 4, directions: 2, maxJacobian: 16 };

/** Seeds to one check. */
const CHUNK = 100;

async function sweep(cases: (seed: number) => Case, first: number, count: number): Promise<CheckResult> {
  let unchecked = 0;
  let worst = 0;
  for (let seed = first; seed < first + count; seed++) {
    const of = cases(seed);
    const result = await scope(async () => asDeclared(await gradcheck(of.call, of.leaves(), { seed, ...BRIEF }), of.declared.flat));
    if (result.verdict === 'FAIL') return { ...result, message: `${of.label}: ${result.message}; alone with --seed ${seed} --seeds 1` };
    if (result.verdict === 'UNCHECKED') unchecked++;
    worst = Math.max(worst, result.worst ?? 0);
  }
  const verdict = unchecked === count ? 'UNCHECKED' : 'PASS';
  return { verdict, message: `${count - unchecked} seeds pass${unchecked > 0 ? `, ${unchecked} learnt nothing` : ''}`, worst };
}

export function seedChecks({ seed, seeds }: SuiteOptions): Check[] {
  return allOps().flatMap((op) => {
    const declared = samplesOf(op.name)!;
    const usable = declared.samples.filter((sample) => new Case(op, sample, LAYOUTS[0], declared, seed).hasSlopes);
    if (usable.length === 0) return [];
    const cases = (own: number) =>
      new Case(op, usable[own % usable.length], LAYOUTS[Math.floor(own / usable.length) % LAYOUTS.length], declared, own);
    return Array.from({ length: Math.ceil(seeds / CHUNK) }, (_, i): Check => {
      const first = seed + i * CHUNK;
      const count = Math.min(CHUNK, seeds - i * CHUNK);
      return { op: op.name, axis: 'f64 numeric', label: `seeds ${first} to ${first + count - 1}`, run: () => sweep(cases, first, count) };
    });
  });
}
