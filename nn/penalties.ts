import { TapegradError } from '../core/errors.js';
import { scope } from '../core/memory.js';
import { requireArray } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { sum } from '../kernels/reduce/op.js';

/*
 * Penalties to add to a loss, so that weights stay small: `crossEntropy(output, target).add(l1Penalty(model.parameters(), 1e-4))`.
 * Keras's names: `regularizers.L1`, `L2`. An optimiser's `weightDecay` w is an L2 penalty of w / 2 without a graph.
 */

function penalty(name: string, parameters: readonly Tensor[], factor: number, of: (parameter: Tensor) => Tensor): Tensor {
  requireArray(name, 'parameters', parameters);
  if (parameters.length === 0) throw new TapegradError(`${name}: there are no parameters`);
  if (!(factor >= 0 && Number.isFinite(factor))) throw new TapegradError(`${name}: factor must be a finite number from 0, got ${factor}`);
  return scope(() => parameters.map((parameter) => sum(of(parameter))).reduce((total, part) => total.add(part)).mul(factor));
}

/** factor * sum |w|: many weights become 0. */
export function l1Penalty(parameters: readonly Tensor[], factor: number): Tensor {
  return penalty('l1Penalty', parameters, factor, (parameter) => parameter.abs());
}

/** factor * sum w^2: no weight becomes large. */
export function l2Penalty(parameters: readonly Tensor[], factor: number): Tensor {
  return penalty('l2Penalty', parameters, factor, (parameter) => parameter.square());
}
