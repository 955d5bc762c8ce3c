import type { Check } from '../gradcheck/check.js';

/** Names one check of the suite. */
export function keyOf({ op, axis, label }: Check): string {
  return `${op} | ${axis} | ${label}`;
}
