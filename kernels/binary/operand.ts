import { type DType, isFloat, promoteTypes } from '../../core/dtype.js';
import { TapegradError } from '../../core/errors.js';
import { show } from '../../core/options.js';
import { Tensor } from '../../core/tensor.js';
import { cast } from '../cast/op.js';
import { full } from '../fill/op.js';

/** A tensor, or a number that stands for a tensor with that value everywhere. */
export type Operand = Tensor | number;

function requireOperand(op: string, name: string, value: unknown): void {
  if (value instanceof Tensor || typeof value === 'number') return;
  throw new TapegradError(`${op}: ${name} must be a tensor or a number, got ${show(value)}; make a tensor with tensor()`);
}

/** A number takes dtype and device of its partner; one that is not whole lifts an int32 partner to float32. */
function asTensor(value: Operand, partner: Tensor): Tensor {
  if (value instanceof Tensor) return value;
  const dtype: DType = isFloat(partner.dtype) || Number.isInteger(value) ? partner.dtype : 'float32';
  return full([], value, { dtype, device: partner.device });
}

/**
 * Runs `call` on both operands brought to one dtype: floats win over int32, float64 over float32 (torch.promote_types).
 * `floatOnly` lifts two int32 operands to float32. What had to be made for it is disposed.
 */
export function withPromotedOperands(
  op: string, a: Operand, b: Operand, call: (x: Tensor, y: Tensor) => Tensor, floatOnly = false,
): Tensor {
  requireOperand(op, 'a', a);
  requireOperand(op, 'b', b);
  const partner = a instanceof Tensor ? a : b;
  if (!(partner instanceof Tensor)) throw new TapegradError(`${op}: one operand must be a tensor, got the numbers ${a} and ${b}`);
  const made: Tensor[] = [];
  const own = (t: Tensor) => {
    if (t !== a && t !== b) made.push(t);
    return t;
  };
  const x = own(asTensor(a, partner));
  const y = own(asTensor(b, partner));
  const promoted = promoteTypes(x.dtype, y.dtype);
  const dtype = floatOnly && !isFloat(promoted) ? 'float32' : promoted;
  const convert = (t: Tensor) => (t.dtype === dtype ? t : own(cast(t, dtype)));
  try {
    return call(convert(x), convert(y));
  } finally {
    made.forEach((t) => t.dispose());
  }
}
