import { ShapeError } from '../../core/errors.js';
import type { TensorOptions } from '../../core/tensor.js';

/** Where a layer's parameters live; default float32 on the device chosen by `init()`. */
export type FactoryOptions = Pick<TensorOptions, 'dtype' | 'device'>;

/** One number for both axes, or [height, width]. */
export type Pair = number | readonly [number, number];

export function pair(value: Pair): [number, number] {
  return typeof value === 'number' ? [value, value] : [value[0], value[1]];
}

/** Throws unless every value is a whole number from 1. */
export function requireCounts(layer: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isInteger(value) || value < 1) throw new ShapeError(`${layer}: ${name} must be a whole number from 1, got ${value}`);
  }
}
