import { TapegradError } from '../core/errors.js';
import { show } from '../core/options.js';

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [number, number];

/** Both numbers of the argument `name` of `op`. Throws unless there are one or two. */
export function pairOf(op: string, name: string, value: Pair): readonly [number, number] {
  if (typeof value === 'number') return [value, value];
  if (!Array.isArray(value) || value.length !== 2) throw new TapegradError(`${op}: ${name} must be a number or two, got ${show(value)}`);
  return value as readonly [number, number];
}
