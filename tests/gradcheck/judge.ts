import type { GradcheckReport } from '../../core/gradcheck.js';
import type { Tolerance } from '../../core/samples.js';
import { type SampleResult, distance } from '../support.js';
import type { CheckResult } from './check.js';

/** Values that should agree, and how closely. */
export interface Comparison {
  what: string;
  actual: ArrayLike<number> | null;
  expected: ArrayLike<number> | null;
  tolerance: Omit<Tolerance, 'reason'>;
}

/** Bit by bit, except that -0 is 0. */
export const EXACT = { relative: 0, absolute: 0 };

/** PASS if all agree; the message tells of the pair that is furthest apart. */
export function judge(comparisons: readonly Comparison[]): CheckResult {
  let worst = 0;
  let message = 'equal';
  for (const { what, actual, expected, tolerance } of comparisons) {
    if (actual === null || expected === null) {
      if (actual === expected) continue;
      return { verdict: 'FAIL', message: `${what}: ${actual === null ? 'missing' : 'not expected'}`, worst: Infinity };
    }
    const { ratio, index, allowed } = distance(actual, expected, tolerance);
    if (ratio <= worst) continue;
    worst = ratio;
    message = actual.length === expected.length
      ? `${what}: element ${index} is ${actual[index]}, expected ${expected[index]} (allowed ${allowed.toPrecision(3)})`
      : `${what}: ${actual.length} values, expected ${expected.length}`;
  }
  return { verdict: worst > 1 ? 'FAIL' : 'PASS', message, worst };
}

/** What `gradcheck` says, as the result of a check. Its details begin with the message and end with a call of no use here. */
export function fromReport({ verdict, message, worst, details }: GradcheckReport): CheckResult {
  const lines = details.split('\n').slice(1).filter((line) => !/^ +again /.test(line));
  return { verdict, message, worst: worst?.overTolerance, ...(verdict === 'FAIL' ? { details: lines.join('\n') } : {}) };
}

type Part = 'outputs' | 'inputsAfter' | 'gradients';

/** The comparisons of some parts of two runs. */
export function pairs(actual: SampleResult, expected: SampleResult, parts: readonly Part[], tolerance: Comparison['tolerance']): Comparison[] {
  const names = { outputs: 'output', inputsAfter: 'input afterwards', gradients: 'gradient of input' };
  return parts.flatMap((part) =>
    expected[part].map((values, i) => ({ what: `${names[part]} ${i}`, actual: actual[part][i], expected: values, tolerance })));
}
