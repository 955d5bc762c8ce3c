import { TapegradError } from '../core/errors.js';
import { show } from '../core/options.js';

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [number, number];

/** Both parts of the argument `name` of `op`: a number stands for both. Throws unless there are one or two. */
export function pairOf<Part = number>(op: string, name: string, value: number | readonly [Part, Part]): readonly [Part | number, Part | number] {
  if (typeof value === 'number') return [value, value];
  if (!Array.isArray(value) || value.length !== 2) throw new TapegradError(`${op}: ${name} must be a number or two, got ${show(value)}`);
  return value as readonly [Part, Part];
}
