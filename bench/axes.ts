import { UsageError } from '../examples/commandLine.js';

/** An extent by name, and the values it takes. */
export interface Axis {
  readonly name: string;
  readonly values: readonly number[];
}

/** More values than this on one axis are a slip of the pen. */
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
  return axes;
}

function parseAxis(text: string): Axis {
  const [, name, from, to = from, step = `+${Math.max(1, Number(to) - Number(from))}`] =
    /^(\w+)=(\d+)(?::(\d+)(?::([*+]?\d+))?)?$/.exec(text) ?? [];
  if (name === undefined) {
    throw new UsageError(`--axis ${text}: expected NAME=FROM, NAME=FROM:TO or NAME=FROM:TO:STEP, where STEP is *2 or +64`);
  }
  const by = Number(step.replace(/^[*+]/, ''));
  const multiplies = step.startsWith('*');
  if (by < (multiplies ? 2 : 1) || Number(from) < 1 || Number(to) < Number(from)) {
    throw new UsageError(`--axis ${text}: expected 1 <= FROM <= TO and a step that grows`);
  }
  const values: number[] = [];
  for (let value = Number(from); value <= Number(to); value = multiplies ? value * by : value + by) values.push(value);
  if (values.length > MOST_VALUES) throw new UsageError(`--axis ${text}: ${values.length} values; ${MOST_VALUES} at most`);
  return { name, values };
}
