import { UsageError } from '../examples/commandLine.js';

/** An extent by name, and the values it takes. */
export interface Axis {
  readonly name: string;
  readonly values: readonly number[];
}

/** More values than this on one axis, or combinations of all, are a slip of the pen. */
const MOST_VALUES = 1000;

/**
 * Reads `--axis n=256:4096:*2,batch=32`: from 256 to 4096, doubling, each with a batch of 32. A step is `*2` or `+64`
 * (or just `64`); without one, an axis takes both ends. Throws UsageError.
 */
export function parseAxes(text: string | undefined): Axis[] {
  if (text === undefined) return [];
  const axes = text.split(',').map(parseAxis);
  const twice = axes.find(({ name }, i) => axes.findIndex((axis) => axis.name === name) !== i);
  if (twice) throw new UsageError(`--axis ${text}: ${twice.name} is given twice`);
  refuseMany(text, axes.reduce((product, { values }) => product * values.length, 1), 'combinations');
  return axes;
}

function parseAxis(text: string): Axis {
  const [, name, from, to = from, step = `+${Math.max(1, Number(to) - Number(from))}`] =
    /^(\w+)=(\d+)(?::(\d+)(?::([*+]?\d+))?)?$/.exec(text) ?? [];
  if (name === undefined) {
    throw new UsageError(`--axis ${text}: expected NAME=FROM, NAME=FROM:TO or NAME=FROM:TO:STEP, where STEP is *2 or +64`);
  }
  const [first, last, by] = [from, to, step.replace(/^[*+]/, '')].map(Number);
  const multiplies = step.startsWith('*');
  if (![first, last, by].every(Number.isSafeInteger)) {
    throw new UsageError(`--axis ${text}: expected whole numbers up to ${Number.MAX_SAFE_INTEGER}`);
  }
  if (by < (multiplies ? 2 : 1) || first < 1 || last < first) {
    throw new UsageError(`--axis ${text}: expected 1 <= FROM <= TO and a step that grows`);
  }
  if (!multiplies) refuseMany(text, Math.floor((last - first) / by) + 1, 'values');
  const values: number[] = [];
  for (let value = first; value <= last; value = multiplies ? value * by : value + by) values.push(value);
  return { name, values };
}

function refuseMany(text: string, count: number, what: string): void {
  if (count > MOST_VALUES) throw new UsageError(`--axis ${text}: ${count} ${what}; ${MOST_VALUES} at most`);
}
