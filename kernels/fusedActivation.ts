import { callOp } from '../core/apply.js';
import type { TypedArray } from '../core/dtype.js';
import { TapegradError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';

/**
 * What a kernel does to its results before it stores them, at no pass over memory of its own. Only `relu`: it is one comparison,
 * and its slope can be told from its result, so that what was before it need not be kept.
 */
export interface FusedActivation {
  /** Default: none. */
  activation?: 'relu';
}

export function requireKnownActivation(op: string, { activation }: FusedActivation): void {
  if (activation !== undefined && activation !== 'relu') {
    throw new TapegradError(`${op}: its kernel applies no activation but relu, got ${activation}: call that on the result`);
  }
}

/** The reference: the same, as a pass of its own. NaN stays NaN. */
export function activateCpu(data: TypedArray, { activation }: FusedActivation): void {
  if (activation === 'relu') for (let i = 0; i < data.length; i++) if (data[i] <= 0) data[i] = 0;
}

/** The gradient with respect to what was before the activation, given the one after it, and the result. */
export function gradientBefore(gradient: Tensor, { activation }: FusedActivation, result: () => Tensor): Tensor {
  return activation === 'relu' ? callOp('reluGrad', [gradient, result()], {}) : gradient;
}
