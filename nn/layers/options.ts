import { ShapeError } from '../../core/errors.js';
import type { TensorOptions } from '../../core/tensor.js';

/** Where a layer's parameters live; default float32 on the device chosen by `init()`. */
export type FactoryOptions = Pick<TensorOptions, 'dtype' | 'device'>;

/** Their defaults, for `readOptions`: those of `tensor()`. */
export const FACTORY = { dtype: undefined, device: undefined };

/** Throws unless every value is a whole number from 1. */
export function requireCounts(layer: string, values: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!Number.isInteger(value) || value < 1) throw new ShapeError(`${layer}: ${name} must be a whole number from 1, got ${value}`);
  }
}
