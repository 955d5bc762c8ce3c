import { applyOp, callOp } from '../../core/apply.js';
import { isFloat, requireFloat, requireInt, requireSameDType } from '../../core/dtype.js';
import { ShapeError, TapegradError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { type Cost, type KernelOp, defineOp } from '../../core/op.js';
import type { Spec } from '../../core/backend.js';
import { readOptions, requireChoice, requireNumber, requireWhole } from '../../core/options.js';
import { sameShape, sizeOf } from '../../core/shape.js';
import { type Tensor, requireTensors } from '../../core/tensor.js';
import { mul } from '../binary/op.js';
import { indexSelect } from '../indexSelect/op.js';
import { reshape } from '../reshape/op.js';
import { logSoftmax, softmax } from '../softmax/op.js';
import { ROW_VARIANTS } from '../softmax/shares.js';
import { movingCost } from '../strided/plan.js';
import { where } from '../where/op.js';
import { crossEntropyGradCpu, crossEntropyLossesCpu } from './cpu.js';
import type { CrossEntropyAttrs } from './layout.js';
import { planCrossEntropy } from './plan.js';

/** Throws unless the settings are possible, and weight has a factor of the logits' dtype for each class. */
function checkSettings(op: string, logits: Spec, weight: Spec | undefined, { ignoreIndex, labelSmoothing }: CrossEntropyAttrs): void {
  requireWhole(op, 'ignoreIndex', ignoreIndex, -(2 ** 31), 2 ** 31 - 1);
  requireNumber(op, 'labelSmoothing', labelSmoothing);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new TapegradError(`${op}: labelSmoothing must be from 0 to 1, got ${labelSmoothing}`);
  }
  if (!weight) return;
  requireSameDType(op, [logits.dtype, weight.dtype]);
  if (!sameShape(weight.shape, [logits.shape[1]])) {
    throw new ShapeError(`${op}: weight [${weight.shape}] does not fit logits [${logits.shape}]: it must have the shape [${logits.shape[1]}]`);
  }
}

function checkInputs(op: string, logits: Spec, target: Spec, weight: Spec | undefined, attrs: CrossEntropyAttrs): void {
  requireFloat(op, 'logits', logits.dtype);
  requireInt(op, 'target', target.dtype);
  if (logits.shape.length < 2 || logits.shape[1] === 0) {
    throw new ShapeError(`${op}: logits [${logits.shape}] must be [batch, classes, ...] with at least one class`);
  }
  if (!sameShape(target.shape, [logits.shape[0], ...logits.shape.slice(2)])) {
    throw new ShapeError(`${op}: target [${target.shape}] does not fit logits [${logits.shape}]: it must have their shape without axis 1`);
  }
  checkSettings(op, logits, weight, attrs);
}

const cost = (logits: Spec, operands: readonly Spec[]): Cost => ({ ...movingCost(...operands), flops: 8 * sizeOf(logits.shape) });

/** The loss of each sample, before any reduction. */
export const crossEntropyLossesOp = defineOp<KernelOp<CrossEntropyAttrs>>({
  name: 'crossEntropyLosses',
  inputs: ['logits', 'target', 'weight?'],
  infer([logits, target, weight], attrs) {
    checkInputs('crossEntropy', logits, target, weight, attrs);
    return [{ shape: target.shape, dtype: logits.dtype }];
  },
  cpu: crossEntropyLossesCpu,
  kernel: ({ inputs: [logits, , weight], attrs, variant }) => planCrossEntropy('losses', logits, weight !== undefined, attrs, variant),
  variants: ROW_VARIANTS,
  cost: (inputs, outputs) => cost(inputs[0], [...inputs, ...outputs]),
  saves: (needs) => ['logits', 'target', needs.length > 2 && 'weight'],
  vjp([gradient], { attrs, inputs, needs, saved }) {
    if (needs[2]) throw new TapegradError('crossEntropy: has no gradient with respect to weight; detach() it');
    const rest = ['logits', 'target', 'weight'].slice(0, inputs.length).map(saved);
    return [callOp('crossEntropyGrad', [gradient, ...rest], attrs), null, null];
  },
});

/** d(loss)/d(logits) from d(loss)/d(losses). */
export const crossEntropyGradOp = defineOp<KernelOp<CrossEntropyAttrs>>({
  name: 'crossEntropyGrad',
  inputs: ['gradient', 'logits', 'target', 'weight?'],
  infer([gradient, logits, target, weight], attrs) {
    checkInputs('crossEntropyGrad', logits, target, weight, attrs);
    requireSameDType('crossEntropyGrad', [gradient.dtype, logits.dtype]);
    if (!sameShape(gradient.shape, target.shape)) {
      throw new ShapeError(`crossEntropyGrad: gradient [${gradient.shape}] must have the shape of target [${target.shape}]`);
    }
    return [{ shape: logits.shape, dtype: logits.dtype }];
  },
  cpu: crossEntropyGradCpu,
  kernel: ({ inputs: [, logits, , weight], attrs, variant }) => planCrossEntropy('grad', logits, weight !== undefined, attrs, variant),
  variants: ROW_VARIANTS,
  cost: (inputs, outputs) => cost(inputs[1], [...inputs, ...outputs]),
  saves: (needs) => ['gradient', 'logits', 'target', needs.length > 3 && 'weight'],
  // out[c] = g (p[c] S - share[c]) with S = the sum of share: linear in g, and in p, whose Jacobian is that of softmax.
  vjp([upstream], { attrs, inputs, needs, saved }) {
    if (needs[3]) throw new TapegradError('crossEntropyGrad: has no gradient with respect to weight; detach() it');
    const [logits, target, weight] = ['logits', 'target', 'weight'].slice(0, inputs.length - 1).map(saved);
    const gradient = saved('gradient');
    const acrossClasses = [gradient.shape[0], 1, ...gradient.shape.slice(1)];
    const ones = gradient.detach().mul(0).add(1);
    const slopeInGradient = () =>
      upstream.mul(callOp('crossEntropyGrad', weight ? [ones, logits, target, weight] : [ones, logits, target], attrs)).sum({ axis: 1 });
    const slopeInLogits = () => {
      const p = softmax(logits, { axis: 1 });
      const scale = reshape(gradient.mul(totalShares(logits, target, weight, attrs)), acrossClasses);
      return scale.mul(p).mul(upstream.sub(upstream.mul(p).sum({ axis: 1, keepDim: true })));
    };
    return [needs[0] ? slopeInGradient() : null, needs[1] ? slopeInLogits() : null, null, null];
  },
});

/** The weight of each sample's target in the dtype of `logits`: 0 for an ignored one. */
export function targetWeights(
  logits: Tensor, target: Tensor, weight: Tensor | undefined, { ignoreIndex }: Pick<CrossEntropyAttrs, 'ignoreIndex'>,
): Tensor {
  const counts = target.ne(ignoreIndex).to(logits.dtype);
  if (!weight) return counts;
  const known = where(target.ne(ignoreIndex), target, 0);
  return reshape(indexSelect(weight, reshape(known, [known.size]), { axis: 0 }), target.shape).mul(counts);
}

/** The sum over classes of each sample's shares. */
function totalShares(logits: Tensor, target: Tensor, weight: Tensor | undefined, attrs: CrossEntropyAttrs): Tensor {
  const own = targetWeights(logits, target, weight, attrs).mul(1 - attrs.labelSmoothing);
  const meanWeight = weight ? weight.mean() : 1;
  return own.add(mul(target.ne(attrs.ignoreIndex).to(logits.dtype), meanWeight).mul(attrs.labelSmoothing));
}

export const REDUCTIONS = ['mean', 'sum', 'none'] as const;

/** How the losses of single elements become one: their mean, their sum, or not at all. */
export type Reduction = (typeof REDUCTIONS)[number];

export interface CrossEntropyOptions {
  /** `mean` (default) divides by the sum of the targets' weights; `sum`; or `none`: one loss a sample. */
  reduction?: Reduction;
  /** A factor for each class, [classes]; a constant to the tape. */
  weight?: Tensor;
  /** Targets of this value count for nothing. Default -100. */
  ignoreIndex?: number;
  /** This share of each target is spread evenly over all classes. Default 0. */
  labelSmoothing?: number;
}

/**
 * The cross-entropy of class scores and targets, softmax included: logits [batch, classes, ...]; target int32 class numbers
 * [batch, ...], or float probabilities of the logits' shape. A class number out of range throws on the CPU and gives NaN on
 * WebGPU, where a kernel cannot throw. PyTorch's name: `torch.nn.functional.cross_entropy`.
 */
export function crossEntropy(logits: Tensor, target: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const defaults = { reduction: 'mean' as const, weight: undefined, ignoreIndex: -100, labelSmoothing: 0 };
  const { reduction, weight, ignoreIndex, labelSmoothing } = readOptions('crossEntropy', options, defaults);
  requireTensors('crossEntropy', { logits, target, ...(weight && { weight }) });
  requireChoice('crossEntropy', 'reduction', reduction, REDUCTIONS);
  const attrs = { ignoreIndex, labelSmoothing };
  return scope(() => {
    if (isFloat(target.dtype)) return ofProbabilities(logits, target, weight, attrs, reduction);
    const [losses] = applyOp(crossEntropyLossesOp, weight ? [logits, target, weight] : [logits, target], attrs);
    if (reduction === 'none') return losses;
    const total = losses.sum();
    return reduction === 'sum' ? total : total.div(targetWeights(logits, target, weight, attrs).sum());
  });
}

function ofProbabilities(
  logits: Tensor, target: Tensor, weight: Tensor | undefined, attrs: CrossEntropyAttrs, reduction: Reduction,
): Tensor {
  if (logits.rank < 2 || !sameShape(target.shape, logits.shape)) {
    throw new ShapeError(`crossEntropy: target probabilities [${target.shape}] must have the shape of logits [${logits.shape}], [batch, classes, ...]`);
  }
  checkSettings('crossEntropy', logits, weight, attrs);
  const { labelSmoothing } = attrs;
  const classes = logits.shape[1];
  const smoothed = target.mul(1 - labelSmoothing).add(labelSmoothing / classes);
  const shares = weight ? smoothed.mul(reshape(weight, [classes, ...logits.shape.slice(2).map(() => 1)])) : smoothed;
  const losses = shares.mul(logSoftmax(logits, { axis: 1 })).sum({ axis: 1 }).neg();
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? losses.sum() : losses.mean();
}
