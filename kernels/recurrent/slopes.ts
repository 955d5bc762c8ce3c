import type { Tensor } from '../../core/tensor.js';
import '../binary/op.js';
import '../unary/op.js';

/* First and second derivatives of the gates' activations, told from their values: s of a sigmoid, t of a tanh. */

/** 1 - s */
export const complement = (s: Tensor) => s.neg().add(1);

export const sigmoidSlope = (s: Tensor) => s.mul(complement(s));

/** The second derivative, from the value and the first one. */
export const sigmoidBend = (s: Tensor, slope: Tensor) => slope.mul(s.mul(-2).add(1));

export const tanhSlope = (t: Tensor) => complement(t.square());

/** The second derivative, from the value and the first one. */
export const tanhBend = (t: Tensor, slope: Tensor) => t.mul(slope).mul(-2);
