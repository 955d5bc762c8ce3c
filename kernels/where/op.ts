import { callOp } from '../../core/apply.js';
import { requireInt, requireSameDType } from '../../core/dtype.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { broadcastShapes, broadcastStrides, collapseAxes, sizeOf } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { gridFor, padTo } from '../../core/webgpu/kernel.js';
import { type Operand, withPromotedOperands } from '../binary/operand.js';
import { forEachRow } from '../binary/cpu.js';
import whereWgsl from './where.wgsl';

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
  kernel({ inputs, outputs: [out] }) {
    const { shape, strides } = collapseAxes(out.shape, inputs.map((input) => broadcastStrides(input.shape, out.shape)));
    const [condition, a, b] = strides.map((s) => padTo(s, 8, 0));
    const size = sizeOf(out.shape);
    const params = { shape: padTo(shape, 8, 1), strides_condition: condition, strides_a: a, strides_b: b, rank: shape.length, size };
    return { launches: [{ module: whereWgsl, params, workgroups: gridFor(size, 64) }] };
  },
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
