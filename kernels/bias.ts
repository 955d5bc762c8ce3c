import type { Spec } from '../core/backend.js';
import { ShapeError } from '../core/errors.js';
import { sameShape } from '../core/shape.js';

/** Throws unless `bias` has an element for each of the `outputs` that `operands`, as the message calls them, compute. */
export function checkBias(op: string, bias: Pick<Spec, 'shape'>, outputs: number, operands: string): void {
  if (sameShape(bias.shape, [outputs])) return;
  throw new ShapeError(`${op}: bias [${bias.shape}] does not fit ${operands}: it must have the shape [${outputs}]`);
}
