import type { Spec } from '../../core/backend.js';
import { requireFloat, requireSameDType } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { sameShape, sizeOf } from '../../core/shape.js';
import { type KernelPlan, type WgslModule, gridFor } from '../../core/webgpu/kernel.js';

/* What the cells of recurrent networks have in common. */

/** Throws unless states are [batch, hidden] and gates [batch, count * hidden], all of one float dtype. The first state decides. */
export function checkCell(op: string, states: Readonly<Record<string, Spec>>, gates: Readonly<Record<string, Spec>>, count: number): void {
  const [[name, { shape, dtype }]] = Object.entries(states);
  requireFloat(op, name, dtype);
  requireSameDType(op, [...Object.values(states), ...Object.values(gates)].map((operand) => operand.dtype));
  if (shape.length !== 2) throw new ShapeError(`${op}: ${name} [${shape}] must be [batch, hidden]`);
  const [batch, hidden] = shape;
  const check = (operands: Readonly<Record<string, Spec>>, wanted: readonly number[]) => {
    for (const [other, operand] of Object.entries(operands)) {
      if (sameShape(operand.shape, wanted)) continue;
      throw new ShapeError(`${op}: ${other} [${operand.shape}] does not fit ${name} [${shape}]: it must have the shape [${wanted}]`);
    }
  };
  check(states, shape);
  check(gates, [batch, count * hidden]);
}

/** One launch over the units of `state` [batch, hidden], four at a time where `hidden` divides by 4. */
export function planCell(module: WgslModule, entryPoint: string, { shape }: Spec): KernelPlan {
  const perLane = shape[1] % 4 === 0 ? 4 : 1;
  const size = sizeOf(shape) / perLane;
  return {
    launches: [{
      module,
      entryPoint,
      tiles: perLane === 4 ? { Lane: 'vec4f', Bits: 'vec4u' } : { Lane: 'f32', Bits: 'u32' },
      params: { size, width: shape[1] / perLane },
      workgroups: gridFor(size, 64),
    }],
  };
}
