import { applyOp } from '../../core/apply.js';
import type { Spec } from '../../core/backend.js';
import { type KernelOp, type VjpContext, defineOp } from '../../core/op.js';
import { sizeOf } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { concat } from '../concat/op.js';
import { checkCell, planCell } from '../recurrent/cell.js';
import { sigmoidBend, sigmoidSlope, tanhBend, tanhSlope } from '../recurrent/slopes.js';
import { split } from '../slice/op.js';
import { lstmCellCpu, lstmCellGradCpu } from './cpu.js';
import lstmCellWgsl from './lstmCell.wgsl';

const GATES = 4;


const like = ({ shape, dtype }: Spec): Spec => ({ shape, dtype });

export const lstmCellOp: KernelOp<object> = defineOp({
  name: 'lstmCell',
  inputs: ['inputGates', 'hiddenGates', 'c'],
  outputs: ['hNext', 'cNext'],
  infer([inputGates, hiddenGates, c]) {
    checkCell('lstmCell', { c }, { inputGates, hiddenGates }, GATES);
    return [like(c), like(c)];
  },
  cpu: lstmCellCpu,
  kernel: ({ inputs: [, , c] }) => planCell(lstmCellWgsl, 'main', c),
  cost: (_inputs, [h]) => ({ flops: 60 * sizeOf(h.shape), bytes: 44 * sizeOf(h.shape) }),
  saves: () => ['inputGates', 'hiddenGates', 'c'],
  vjp(gradients, { saved }) {
    const [gradGates, gradCell] = applyOp(lstmCellGradOp, [...gradients, saved('inputGates'), saved('hiddenGates'), saved('c')], {});
    return [gradGates, gradGates, gradCell];
  },
});

export const lstmCellGradOp: KernelOp<object> = defineOp({
  name: 'lstmCellGrad',
  inputs: ['gradH', 'gradC', 'inputGates', 'hiddenGates', 'c'],
  outputs: ['gradGates', 'gradCell'],
  infer([gradH, gradC, inputGates, hiddenGates, c]) {
    checkCell('lstmCellGrad', { c, gradH, gradC }, { inputGates, hiddenGates }, GATES);
    return [like(inputGates), like(c)];
  },
  cpu: lstmCellGradCpu,
  kernel: ({ inputs: [, , , , c] }) => planCell(lstmCellWgsl, 'gradient', c),
  cost: (_inputs, [, c]) => ({ flops: 100 * sizeOf(c.shape), bytes: 64 * sizeOf(c.shape) }),
  saves: () => ['gradH', 'gradC', 'inputGates', 'hiddenGates', 'c'],
  vjp: secondOrder,
});

/**
 * The gradients of S = <gradGates, u> + <gradCell, v>. S is also <gradH, dh> + <gradC, dc>, where dh and dc are what hNext
 * and cNext change by when the gates a move by u and c by v. With T = tanh(cNext), P = 1 - T^2, and s' and s'' the slopes of
 * each gate's activation:
 *   dc = u_i g i' + u_f c f' + u_g i g' + v f     dh = o P dc + T o' u_o
 * What remains is to differentiate S = gradH (o P dc + T o' u_o) + gradC dc, in which cNext moves with the gates as well:
 * dS/dcNext = gradH (P o' u_o - 2 T P o dc) =: bend, and dS/d(dc) = gradH o P + gradC =: pull.
 */
function secondOrder([u, v]: readonly Tensor[], { saved }: VjpContext<object>): Tensor[] {
  const [gradH, gradC, c] = [saved('gradH'), saved('gradC'), saved('c')];
  const parts = (t: Tensor) => split(t, c.shape[1], { axis: 1 });
  const [ui, uf, ug, uo] = parts(u);
  const [ai, af, ag, ao] = parts(saved('inputGates').add(saved('hiddenGates')));
  const [i, f, g, o] = [ai.sigmoid(), af.sigmoid(), ag.tanh(), ao.sigmoid()];
  const [i1, f1, g1, o1] = [sigmoidSlope(i), sigmoidSlope(f), tanhSlope(g), sigmoidSlope(o)];
  const [i2, f2, g2, o2] = [sigmoidBend(i, i1), sigmoidBend(f, f1), tanhBend(g, g1), sigmoidBend(o, o1)];
  const T = f.mul(c).add(i.mul(g)).tanh();
  const P = tanhSlope(T);

  const dc = ui.mul(g).mul(i1).add(uf.mul(c).mul(f1)).add(ug.mul(i).mul(g1)).add(v.mul(f));
  const dh = o.mul(P).mul(dc).add(T.mul(o1).mul(uo));
  const bend = gradH.mul(P).mul(o1.mul(uo).sub(T.mul(o).mul(dc).mul(2)));
  const pull = gradH.mul(o).mul(P).add(gradC);
  const gates = concat([
    bend.mul(g).mul(i1).add(pull.mul(ui.mul(g).mul(i2).add(ug.mul(g1).mul(i1)))),
    bend.mul(c).mul(f1).add(pull.mul(uf.mul(c).mul(f2).add(v.mul(f1)))),
    bend.mul(i).mul(g1).add(pull.mul(ui.mul(i1).mul(g1).add(ug.mul(i).mul(g2)))),
    gradH.mul(o1.mul(P).mul(dc).add(T.mul(o2).mul(uo))),
  ], { axis: 1 });
  return [dh, dc, gates, gates, bend.mul(f).add(pull.mul(uf).mul(f1))];
}

/**
 * One step of a long short-term memory, its products with the weights already made: inputGates (from x) and hiddenGates
 * (from h) [batch, 4 * hidden], whose sum holds the pre-activations of the gates i, f, g, o, and the cell c [batch, hidden].
 * Gives [h', c'] with c' = sigmoid(f) c + sigmoid(i) tanh(g) and h' = sigmoid(o) tanh(c'). Float tensors of one dtype.
 * Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000. PyTorch's name: `torch._thnn_fused_lstm_cell`.
 */
export function lstmCell(inputGates: Tensor, hiddenGates: Tensor, c: Tensor): [h: Tensor, c: Tensor] {
  const [hNext, cNext] = applyOp(lstmCellOp, [inputGates, hiddenGates, c], {});
  return [hNext, cNext];
}
