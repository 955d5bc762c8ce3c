import { callOp } from '../../core/apply.js';
import { requireInt, requireSameDType } from '../../core/dtype.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { broadcastShapes, sizeOf } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { type KernelCall, type KernelPlan, gridFor, padTo } from '../../core/webgpu/kernel.js';
import { broadcastRows } from '../broadcastRows.js';
import { RUN_VARIANTS } from '../runs.js';
import { type Operand, withPromotedOperands } from '../binary/operand.js';
import { forEachRow } from '../binary/cpu.js';
import whereWgsl from './where.wgsl';

function planWhere({ inputs, outputs: [out], variant }: KernelCall<object>): KernelPlan {
  const { shape, strides, inRows, steps, run, abreast } = broadcastRows(out.shape, inputs.map((input) => input.shape), variant);
  const [condition, a, b] = strides.map((axes) => padTo(axes, 8, 0));
  const size = sizeOf(out.shape);
  return {
    launches: [{
      module: whereWgsl,
      overrides: { ABREAST: abreast, ROWS: inRows, STEPS_CONDITION: steps[0], STEPS_A: steps[1], STEPS_B: steps[2] },
      params: { shape: padTo(shape, 8, 1), strides_condition: condition, strides_a: a, strides_b: b, rank: shape.length, size, run },
      workgroups: gridFor(Math.ceil(size / 4 / run), 64),
    }],
  };
}

export const whereOp = defineOp<KernelOp<object>>({
  name: 'where',
  inputs: ['condition', 'a', 'b'],
  broadcasts: true,
  infer([condition, a, b]) {
    requireInt('where', 'condition', condition.dtype);
    const dtype = requireSameDType('where', [a.dtype, b.dtype]);
    return [{ shape: broadcastShapes('where', condition.shape, broadcastShapes('where', a.shape, b.shape)), dtype }];
  },
  cpu([condition, a, b], [out]) {
    forEachRow(out.shape, [condition.shape, a.shape, b.shape], out.data.length, (row, length, starts, steps) => {
      for (let i = 0; i < length; i++) {
        const chosen = condition.data[starts[0] + i * steps[0]] !== 0;
        out.data[row + i] = chosen ? a.data[starts[1] + i * steps[1]] : b.data[starts[2] + i * steps[2]];
      }
    });
  },
  kernel: planWhere,
  variants: RUN_VARIANTS,
  saves: () => ['condition'],
  vjp([gradient], { needs, saved }) {
    const condition = saved('condition');
    return [null, needs[1] ? where(condition, gradient, 0) : null, needs[2] ? where(condition, 0, gradient) : null];
  },
});

/** a where `condition` (int32) is not 0, else b; all three broadcast. PyTorch's name: `torch.where`. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  return withPromotedOperands('where', a, b, (x, y) => callOp('where', [condition, x, y], {}));
}
