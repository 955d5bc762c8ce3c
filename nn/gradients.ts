import { TapegradError } from '../core/errors.js';
import { scope } from '../core/memory.js';
import { noGrad } from '../core/gradMode.js';
import { requireArray } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { assign } from '../kernels/assign/op.js';
import { add, div } from '../kernels/binary/op.js';
import { sum } from '../kernels/reduce/op.js';
import { where } from '../kernels/where/op.js';

/* Gradients between backward and the optimiser's step, on the device: nothing here waits. */

function gradientsOf(op: string, parameters: readonly Tensor[]): Tensor[] {
  requireArray(op, 'parameters', parameters);
  const gradients = parameters.flatMap(({ grad }) => (grad ? [grad] : []));
  if (gradients.length === 0) {
    throw new TapegradError(`${op}: none of ${parameters.length} parameters has a gradient; call backward() first`);
  }
  return gradients;
}

/** The L2 norm of all gradients together, a scalar: finite exactly if every gradient is and its square does not overflow. */
export function gradNorm(parameters: readonly Tensor[]): Tensor {
  const gradients = gradientsOf('gradNorm', parameters);
  return scope(() => noGrad(() => gradients.map((gradient) => sum(gradient.square())).reduce((total, square) => add(total, square)).sqrt()));
}

/**
 * Shrinks all gradients together, in place, so that their norm is at most `maxNorm`, and returns the norm that they had.
 * PyTorch's name: `torch.nn.utils.clip_grad_norm_`.
 */
export function clipGradNorm(parameters: readonly Tensor[], maxNorm: number): Tensor {
  requireLimit('clipGradNorm', 'maxNorm', maxNorm);
  const gradients = gradientsOf('clipGradNorm', parameters);
  const norm = gradNorm(parameters);
  scope(() =>
    noGrad(() => {
      const factor = where(norm.gt(maxNorm), div(maxNorm, norm), 1);
      for (const gradient of gradients) assign(gradient, gradient.mul(factor));
    }));
  return norm;
}

/** Moves every value of every gradient into [-clipValue, clipValue], in place. PyTorch's name: `torch.nn.utils.clip_grad_value_`. */
export function clipGradValue(parameters: readonly Tensor[], clipValue: number): void {
  requireLimit('clipGradValue', 'clipValue', clipValue);
  const gradients = gradientsOf('clipGradValue', parameters);
  scope(() => noGrad(() => gradients.forEach((gradient) => assign(gradient, gradient.clamp(-clipValue, clipValue)))));
}

function requireLimit(op: string, name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) throw new TapegradError(`${op}: ${name} must be a finite number above 0, got ${value}`);
}
