import { ShapeError, TapegradError } from '../core/errors.js';
import { scope } from '../core/memory.js';
import { readOptions, requireChoice } from '../core/options.js';
import { sameShape } from '../core/shape.js';
import { type Tensor, requireTensors } from '../core/tensor.js';
import { logOf, maskLike } from '../kernels/binary/helpers.js';
import { REDUCTIONS, type Reduction, crossEntropy, targetWeights } from '../kernels/crossEntropy/op.js';
import { gather } from '../kernels/gather/op.js';
import { mean, sum } from '../kernels/reduce/op.js';
import { reshape } from '../kernels/reshape/op.js';
import { where } from '../kernels/where/op.js';

/*
 * Losses, composed of ops, so that every order of derivative works. Names and defaults are those of PyTorch's
 * `torch.nn.functional`; `crossEntropy`, the fused one, lives with its kernel.
 */

export { crossEntropy, type Reduction };

export interface ReductionOptions {
  /** Default `mean`. */
  reduction?: Reduction;
}

function reduce(loss: string, losses: Tensor, reduction: Reduction): Tensor {
  requireChoice(loss, 'reduction', reduction, REDUCTIONS);
  if (reduction === 'none') return losses;
  return reduction === 'sum' ? sum(losses) : mean(losses);
}

function requireSameShape(loss: string, input: Tensor, target: Tensor): void {
  requireTensors(loss, { input, target });
  if (!sameShape(input.shape, target.shape)) {
    throw new ShapeError(`${loss}: input [${input.shape}] and target [${target.shape}] must have one shape; reshape() or expand() one`);
  }
}

function requirePositive(loss: string, name: string, value: number): void {
  if (!(value > 0)) throw new TapegradError(`${loss}: ${name} must be above 0, got ${value}`);
}

/** (input - target)^2. PyTorch's name: `mse_loss`. */
export function mseLoss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  const { reduction } = readOptions('mseLoss', options, { reduction: 'mean' });
  requireSameShape('mseLoss', input, target);
  return scope(() => reduce('mseLoss', input.sub(target).square(), reduction));
}

/** |input - target|. PyTorch's name: `l1_loss`. */
export function l1Loss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  const { reduction } = readOptions('l1Loss', options, { reduction: 'mean' });
  requireSameShape('l1Loss', input, target);
  return scope(() => reduce('l1Loss', input.sub(target).abs(), reduction));
}

/** m (d - m / 2) with d = |input - target| and m = min(d, delta): quadratic up to `delta`, linear beyond. */
function huber(input: Tensor, target: Tensor, delta: number): Tensor {
  const distance = input.sub(target).abs();
  const near = distance.minimum(delta);
  return near.mul(distance.sub(near.mul(0.5)));
}

/** d^2 / 2 for d = |input - target| up to `delta` (default 1), delta (d - delta / 2) beyond. PyTorch's name: `huber_loss`. */
export function huberLoss(input: Tensor, target: Tensor, options: ReductionOptions & { delta?: number } = {}): Tensor {
  const { delta, reduction } = readOptions('huberLoss', options, { delta: 1, reduction: 'mean' });
  requireSameShape('huberLoss', input, target);
  requirePositive('huberLoss', 'delta', delta);
  return scope(() => reduce('huberLoss', huber(input, target, delta), reduction));
}

/** The Huber loss over `beta` (default 1): slope 1 far out. PyTorch's name: `smooth_l1_loss`. */
export function smoothL1Loss(input: Tensor, target: Tensor, options: ReductionOptions & { beta?: number } = {}): Tensor {
  const { beta, reduction } = readOptions('smoothL1Loss', options, { beta: 1, reduction: 'mean' });
  requireSameShape('smoothL1Loss', input, target);
  requirePositive('smoothL1Loss', 'beta', beta);
  return scope(() => reduce('smoothL1Loss', huber(input, target, beta).div(beta), reduction));
}

/** Logarithms of probabilities are not let below this, so that a certain mistake costs much, but not infinity. */
const LEAST_LOG = -100;

/** log(p), at least LEAST_LOG, with slope 0 where p is 0: the slope of the logarithm there would make NaN of every gradient. */
function boundedLog(p: Tensor): Tensor {
  return where(p.eq(0), LEAST_LOG, logOf(p).clamp(LEAST_LOG, Infinity));
}

/**
 * -(target log(input) + (1 - target) log(1 - input)) for probabilities `input`; `weight` broadcasts over the elements.
 * From scores, `bceWithLogitsLoss` is safer. PyTorch's name: `binary_cross_entropy`.
 */
export function bceLoss(input: Tensor, target: Tensor, options: ReductionOptions & { weight?: Tensor | null } = {}): Tensor {
  const { weight, reduction } = readOptions('bceLoss', options, { weight: undefined, reduction: 'mean' });
  requireSameShape('bceLoss', input, target);
  return scope(() => {
    const one = boundedLog(input);
    const zero = boundedLog(input.neg().add(1));
    const losses = target.mul(one).add(target.neg().add(1).mul(zero)).neg();
    return reduce('bceLoss', weight ? losses.mul(weight) : losses, reduction);
  });
}

export interface BceWithLogitsOptions extends ReductionOptions {
  /** A factor for each loss; broadcasts. */
  weight?: Tensor | null;
  /** A factor for the positive part of each class; broadcasts. */
  posWeight?: Tensor | null;
}

/**
 * The binary cross-entropy of scores: (1 - target) x + (1 + (posWeight - 1) target) log(1 + e^-x), without overflow.
 * PyTorch's name: `binary_cross_entropy_with_logits`.
 */
export function bceWithLogitsLoss(input: Tensor, target: Tensor, options: BceWithLogitsOptions = {}): Tensor {
  const { weight, posWeight, reduction } = readOptions('bceWithLogitsLoss', options, { weight: undefined, posWeight: undefined, reduction: 'mean' });
  requireSameShape('bceWithLogitsLoss', input, target);
  return scope(() => {
    const softplus = input.neg().softplus();
    const weighted = posWeight ? softplus.mul(posWeight.sub(1).mul(target).add(1)) : softplus;
    const losses = target.neg().add(1).mul(input).add(weighted);
    return reduce('bceWithLogitsLoss', weight ? losses.mul(weight) : losses, reduction);
  });
}

export interface NllOptions extends ReductionOptions {
  /** A factor for each class, [classes]. */
  weight?: Tensor | null;
  /** Targets of this value count for nothing. Default -100. */
  ignoreIndex?: number;
}

/**
 * -w[target] logProbabilities[target] for logProbabilities [batch, classes, ...] and int32 class numbers [batch, ...]; the mean
 * divides by the sum of the targets' weights. PyTorch's name: `nll_loss`.
 */
export function nllLoss(logProbabilities: Tensor, target: Tensor, options: NllOptions = {}): Tensor {
  requireTensors('nllLoss', { logProbabilities, target });
  const { weight, ignoreIndex, reduction } = readOptions('nllLoss', options, { weight: undefined, ignoreIndex: -100, reduction: 'mean' });
  const { shape } = logProbabilities;
  if (logProbabilities.rank < 2 || !sameShape(target.shape, [shape[0], ...shape.slice(2)])) {
    throw new ShapeError(`nllLoss: target [${target.shape}] does not fit [${shape}]: it must have that shape without axis 1`);
  }
  return scope(() => {
    const weights = targetWeights(logProbabilities, target, weight ?? undefined, { ignoreIndex });
    const known = where(target.ne(ignoreIndex), target, 0);
    const picked = gather(logProbabilities, known.unsqueeze(1), { axis: 1 });
    const losses = reshape(picked, target.shape).mul(weights).neg();
    if (reduction !== 'mean') return reduce('nllLoss', losses, reduction);
    return sum(losses).div(sum(weights));
  });
}

export interface KlDivOptions {
  /** Default `mean` (over all elements), as in PyTorch; `batchMean` divides by the batch, which is the divergence proper. */
  reduction?: Reduction | 'batchMean';
  /** `target` holds logarithms of probabilities too. Default false. */
  logTarget?: boolean;
}

/** target (log(target) - input) for log-probabilities `input`; 0 where the target is 0. PyTorch's name: `kl_div`. */
export function klDiv(input: Tensor, target: Tensor, options: KlDivOptions = {}): Tensor {
  const { reduction, logTarget } = readOptions('klDiv', options, { reduction: 'mean', logTarget: false });
  requireSameShape('klDiv', input, target);
  return scope(() => {
    const probability = logTarget ? target.exp() : target;
    const logarithm = logTarget ? target : target.add(maskLike(target.eq(0), target)).log();
    const losses = probability.mul(logarithm.sub(input));
    return reduction === 'batchMean' ? sum(losses).div(input.shape[0]) : reduce('klDiv', losses, reduction);
  });
}
