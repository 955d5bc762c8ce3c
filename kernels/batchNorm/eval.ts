import { type KernelOp, defineOp } from '../../core/op.js';
import { sizeOf } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { normalizeGroup } from '../normalize/cpu.js';
import { type NormalizeAttrs, checkEps, checkOperands } from '../normalize/define.js';
import { batchLayout } from '../normalize/layout.js';
import { planWithStatistics } from '../normalize/plan.js';
import { reshape } from '../reshape/op.js';
import { RUN_VARIANTS } from '../runs.js';

const NAMES = ['x', 'mean', 'variance', 'weight', 'bias'];

/** Batch normalisation with given statistics: an affine map of each channel. */
export const batchNormEvalOp = defineOp<KernelOp<NormalizeAttrs>>({
  name: 'batchNormEval',
  inputs: ['x', 'mean', 'variance', 'weight?', 'bias?'],
  infer(inputs, { eps }) {
    const [x] = inputs;
    batchLayout('batchNormEval', x.shape);
    checkOperands('batchNormEval', NAMES, inputs, x, [x.shape[1]]);
    checkEps('batchNormEval', eps);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  cpu([x, mean, variance, ...parameters], [out], { eps }) {
    const layout = batchLayout('batchNormEval', x.shape);
    for (let channel = 0; channel < layout.channels; channel++) {
      normalizeGroup([x, ...parameters], out, layout, channel, mean.data[channel], variance.data[channel], eps);
    }
  },
  kernel({ inputs, attrs: { eps }, variant }) {
    const layout = batchLayout('batchNormEval', inputs[0].shape);
    return planWithStatistics(layout, eps, { weight: inputs.length > 3, bias: inputs.length > 4 }, variant);
  },
  variants: RUN_VARIANTS,
  cost: ([x]) => ({ flops: 5 * sizeOf(x.shape), bytes: 8 * sizeOf(x.shape) }),
  saves: (needs) => [(needs[2] || needs[3]) && 'x', 'mean', 'variance', needs.length > 3 && 'weight'],
  vjp([gradient], { attrs: { eps }, inputs, needs, saved }) {
    const { shape } = inputs[0];
    const spread = (t: Tensor) => reshape(t, [shape[1], ...shape.slice(2).map(() => 1)]);
    const perChannel = (t: Tensor) => t.sum({ axis: shape.map((_, axis) => axis).filter((axis) => axis !== 1) });
    const inverseStd = saved('variance').add(eps).rsqrt();
    const factor = inputs.length > 3 ? inverseStd.mul(saved('weight')) : inverseStd;
    const product = () => perChannel(gradient.mul(saved('x').sub(spread(saved('mean')))));
    return [
      needs[0] ? gradient.mul(spread(factor)) : null,
      needs[1] ? perChannel(gradient).mul(factor).neg() : null,
      needs[2] ? product().mul(factor).mul(inverseStd.square()).mul(-0.5) : null,
      needs[3] ? product().mul(inverseStd) : null,
      needs[4] ? perChannel(gradient) : null,
    ];
  },
});
