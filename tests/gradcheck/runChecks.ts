import { memory, scope } from '../../index.js';
import type { Check, CheckResult } from './check.js';

/** A check that was made, and its place in the whole suite. */
export interface Row extends CheckResult {
  index: number;
  op: string;
  axis: string;
  label: string;
  milliseconds: number;
}

/** A check, and its place in the whole suite, so that shards and processes can be put together again. */
export interface Planned {
  check: Check;
  index: number;
}

/** The row of a check that never gave a result. */
export function failedRow({ check: { op, axis, label }, index }: Planned, message: string): Row {
  return { index, op, axis, label, verdict: 'FAIL', message, milliseconds: 0 };
}

/** Runs one check. What it throws is a failure, and so is what it leaves behind. */
export async function runCheck({ op, axis, label, run }: Check, index: number): Promise<Row> {
  const began = performance.now();
  const before = memory();
  let result: CheckResult;
  try {
    result = await scope(run);
  } catch (error) {
    result = { verdict: 'FAIL', message: `${(error as Error).name}: ${(error as Error).message}`.replaceAll('\n', ' ') };
  }
  const after = memory();
  if (result.verdict !== 'FAIL' && (after.liveTensors !== before.liveTensors || after.liveBytes !== before.liveBytes)) {
    const left = `${after.liveTensors - before.liveTensors} tensors, ${after.liveBytes - before.liveBytes} bytes`;
    result = { verdict: 'FAIL', message: `left behind: ${left}` };
  }
  // JSON knows no infinity.
  if (result.worst !== undefined) result.worst = Math.min(result.worst, Number.MAX_VALUE);
  return { index, op, axis, label, ...result, milliseconds: performance.now() - began };
}

/** Spreads neighbours, whose costs follow a pattern, over the shards (Knuth's multiplicative hash). */
const scatter = (n: number) => Math.imul(n + 1, 2654435761) >>> 16;

/** Shard `shard.index` of `shard.count`. Neighbours that share runs stay together. */
export function shardOf(checks: readonly Check[], shard: { index: number; count: number }): Planned[] {
  let group = -1;
  return checks
    .map((check, index) => {
      const before = checks[index - 1];
      if (before?.op !== check.op || before.label !== check.label) group++;
      return { check, index, group };
    })
    .filter((entry) => scatter(entry.group) % shard.count === shard.index - 1);
}
