import { applyOp } from '../../core/apply.js';
import type { Spec } from '../../core/backend.js';
import { type KernelOp, type VjpContext, defineOp } from '../../core/op.js';
import { sizeOf } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { concat } from '../concat/op.js';
import { checkCell, planCell } from '../recurrent/cell.js';
import { complement, sigmoidBend, sigmoidSlope, tanhBend, tanhSlope } from '../recurrent/slopes.js';
import { split } from '../slice/op.js';
import { gruCellCpu, gruCellGradCpu } from './cpu.js';
import gruCellWgsl from './gruCell.wgsl';

const GATES = 3;

const like = ({ shape, dtype }: Spec): Spec => ({ shape, dtype });

export const gruCellOp: KernelOp<object> = defineOp({
  name: 'gruCell',
  inputs: ['inputGates', 'hiddenGates', 'h'],
  outputs: ['hNext'],
  infer([inputGates, hiddenGates, h]) {
    checkCell('gruCell', { h }, { inputGates, hiddenGates }, GATES);
    return [like(h)];
  },
  cpu: gruCellCpu,
  kernel: ({ inputs: [, , h] }) => planCell(gruCellWgsl, 'main', h),
  cost: (_inputs, [h]) => ({ flops: 45 * sizeOf(h.shape), bytes: 32 * sizeOf(h.shape) }),
  saves: () => ['inputGates', 'hiddenGates', 'h'],
  vjp: ([gradH], { saved }) => applyOp(gruCellGradOp, [gradH, saved('inputGates'), saved('hiddenGates'), saved('h')], {}),
});

export const gruCellGradOp: KernelOp<object> = defineOp({
  name: 'gruCellGrad',
  inputs: ['gradH', 'inputGates', 'hiddenGates', 'h'],
  outputs: ['gradInputGates', 'gradHiddenGates', 'gradState'],
  infer([gradH, inputGates, hiddenGates, h]) {
    checkCell('gruCellGrad', { h, gradH }, { inputGates, hiddenGates }, GATES);
    return [inputGates, hiddenGates, h].map(like);
  },
  cpu: gruCellGradCpu,
  kernel: ({ inputs: [, , , h] }) => planCell(gruCellWgsl, 'gradient', h),
  cost: (_inputs, [, , h]) => ({ flops: 65 * sizeOf(h.shape), bytes: 60 * sizeOf(h.shape) }),
  saves: () => ['gradH', 'inputGates', 'hiddenGates', 'h'],
  vjp: secondOrder,
});

/**
 * The gradients of S = <gradInputGates, u> + <gradHiddenGates, v> + <gradState, w>. S is also <gradH, dh>, where dh is what
 * hNext changes by when x, a and h move by u, v and w. With s' and s'' the slopes of each gate's activation, and with the
 * moves of the pre-activations dr = u_r + v_r, dz = u_z + v_z and dn = u_n + r v_n + r' dr a_n:
 *   dh = (1 - z) n' dn + z' dz (h - n) + z w
 * What remains is to differentiate that: by x_n it is (1 - z) n'' dn - z' dz n' =: bend, by dn it is (1 - z) n' =: pull.
 */
function secondOrder([u, v, w]: readonly Tensor[], { saved }: VjpContext<object>): Tensor[] {
  const [gradH, h] = [saved('gradH'), saved('h')];
  const parts = (t: Tensor) => split(t, h.shape[1], { axis: 1 });
  const [ur, uz, un] = parts(u);
  const [vr, vz, vn] = parts(v);
  const [xr, xz, xn] = parts(saved('inputGates'));
  const [ar, az, an] = parts(saved('hiddenGates'));
  const [r, z] = [xr.add(ar).sigmoid(), xz.add(az).sigmoid()];
  const n = xn.add(r.mul(an)).tanh();
  const [r1, z1, n1] = [sigmoidSlope(r), sigmoidSlope(z), tanhSlope(n)];
  const [r2, z2, n2] = [sigmoidBend(r, r1), sigmoidBend(z, z1), tanhBend(n, n1)];

  const [dr, dz] = [ur.add(vr), uz.add(vz)];
  const dn = un.add(r.mul(vn)).add(r1.mul(dr).mul(an));
  const apart = h.sub(n);
  const dh = complement(z).mul(n1).mul(dn).add(z1.mul(dz).mul(apart)).add(z.mul(w));
  const bend = gradH.mul(complement(z).mul(n2).mul(dn).sub(z1.mul(dz).mul(n1)));
  const pull = gradH.mul(complement(z)).mul(n1);
  const byR = bend.mul(r1).mul(an).add(pull.mul(r1.mul(vn).add(r2.mul(dr).mul(an))));
  const byZ = gradH.mul(z2.mul(dz).mul(apart).sub(z1.mul(n1).mul(dn)).add(z1.mul(w)));
  const byA = bend.mul(r).add(pull.mul(r1).mul(dr));
  return [dh, concat([byR, byZ, bend], { axis: 1 }), concat([byR, byZ, byA], { axis: 1 }), gradH.mul(z1).mul(dz)];
}

/**
 * One step of a gated recurrent unit, its products with the weights already made: inputGates (from x) and hiddenGates (from
 * h, bias included) [batch, 3 * hidden] in the order r, z, n, and the state h [batch, hidden]. Gives h' = (1 - z) n + z h, where
 * r and z are sigmoids of the sums of both, and n = tanh(inputGates_n + r hiddenGates_n). Float tensors of one dtype.
 * Cho et al. 2014, with r applied after the product as in cuDNN. PyTorch's name: `torch._thnn_fused_gru_cell`.
 */
export function gruCell(inputGates: Tensor, hiddenGates: Tensor, h: Tensor): Tensor {
  return applyOp(gruCellOp, [inputGates, hiddenGates, h], {})[0];
}
