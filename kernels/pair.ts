/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [number, number];

export function pairOf(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}
