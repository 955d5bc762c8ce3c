import { applyOp, callOp } from '../../core/apply.js';
import type { Spec } from '../../core/backend.js';
import { requireFloat, requireSameDType } from '../../core/dtype.js';
import { ShapeError, TapegradError } from '../../core/errors.js';
import { type KernelOp, type VjpContext, defineOp } from '../../core/op.js';
import { requireNumber } from '../../core/options.js';
import { type Shape, sameShape, sizeOf } from '../../core/shape.js';
import { type Tensor, requireTensors } from '../../core/tensor.js';
import { ones } from '../fill/op.js';
import { reshape } from '../reshape/op.js';
import { RUN_VARIANTS } from '../runs.js';
import { normalizeCpu, normalizeGradCpu } from './cpu.js';
import type { NormalizeLayout } from './layout.js';
import { planNormalize, planNormalizeGrad } from './plan.js';

export interface NormalizeAttrs {
  /** Added to the variance, so that the root of it is never 0. */
  eps: number;
}

/** One kind of normalisation: which values share their statistics, and which share a weight. */
export interface Normalization<Attrs extends NormalizeAttrs> {
  readonly name: string;
  /** Throws ShapeError where x does not fit the attributes; `op` is the name to blame. */
  layout(op: string, x: Shape, attrs: Attrs): NormalizeLayout;
  /** The shape of weight and bias. */
  parameters(x: Shape, attrs: Attrs): Shape;
  /** Mean and variance of each group, [groups], are outputs, constant to the tape. */
  readonly givesStatistics?: boolean;
}

/** Throws unless all operands have one float dtype, and weight and bias the shape that x wants. */
export function checkOperands(op: string, names: readonly string[], operands: readonly Spec[], x: Spec, parameters: Shape): void {
  requireFloat(op, 'x', x.dtype);
  requireSameDType(op, operands.map(({ dtype }) => dtype));
  const expected = (i: number) => (['gradient', 'x'].includes(names[i]) ? x.shape : parameters);
  // The last one first: a weight that is wrong may have been made to fit a bias.
  const wrong = operands.findLastIndex(({ shape }, i) => !sameShape(shape, expected(i)));
  if (wrong >= 0) {
    const { shape } = operands[wrong];
    throw new ShapeError(`${op}: ${names[wrong]} [${shape}] does not fit x [${x.shape}]: it must have the shape [${expected(wrong)}]`);
  }
}

export function checkEps(op: string, eps: number): void {
  requireNumber(op, 'eps', eps);
  if (!(eps >= 0)) throw new TapegradError(`${op}: eps must not be negative, got ${eps}`);
}

/** x, and whichever of weight and bias there is: a bias alone gets a weight of ones. Throws where one is no tensor. */
export function withParameters(op: string, x: Tensor, weight?: Tensor | null, bias?: Tensor | null): Tensor[] {
  requireTensors(op, { x, ...(weight && { weight }), ...(bias && { bias }) });
  if (!bias) return weight ? [x, weight] : [x];
  return [x, weight ?? ones(bias.shape, { dtype: bias.dtype, device: bias.device }), bias];
}

/**
 * Declares the op `name`, out = (x - mean) / sqrt(variance + eps) * weight + bias, and its gradient `nameGrad`. That one
 * takes the statistics from x once more, in the pass that it needs for its own sums: no memory traffic beyond what the
 * sums cost, nothing to save but the inputs, and a function of x that can be differentiated again.
 */
export function defineNormalization<Attrs extends NormalizeAttrs>(kind: Normalization<Attrs>): KernelOp<Attrs> {
  const { name, givesStatistics = false } = kind;
  const gradOp = defineGradient(kind);
  const inputNames = ['x', 'weight', 'bias'];
  return defineOp<KernelOp<Attrs>>({
    name,
    inputs: ['x', 'weight?', 'bias?'],
    outputs: givesStatistics ? ['out', 'mean', 'variance'] : ['out'],
    constantOutputs: givesStatistics ? ['mean', 'variance'] : [],
    infer(inputs, attrs) {
      const [x] = inputs;
      const { groups } = kind.layout(name, x.shape, attrs);
      checkOperands(name, inputNames, inputs, x, kind.parameters(x.shape, attrs));
      checkEps(name, attrs.eps);
      const statistics = { shape: [groups], dtype: x.dtype };
      return givesStatistics ? [x, statistics, statistics].map(specOf) : [specOf(x)];
    },
    cpu: (inputs, outputs, attrs) => normalizeCpu(inputs, outputs, kind.layout(name, inputs[0].shape, attrs), attrs.eps),
    kernel({ inputs, attrs, variant }) {
      const operands = { weight: inputs.length > 1, bias: inputs.length > 2 };
      return planNormalize(kind.layout(name, inputs[0].shape, attrs), attrs.eps, operands, givesStatistics, variant);
    },
    variants: RUN_VARIANTS,
    cost: ([x]) => ({ flops: 9 * sizeOf(x.shape), bytes: 8 * sizeOf(x.shape) }),
    saves: (needs) => ['x', needs.length > 1 && 'weight'],
    vjp([gradient], { attrs, inputs, saved }) {
      const parameters = inputs.length > 1 ? [saved('weight')] : [];
      return applyOp(gradOp, [gradient, saved('x'), ...parameters], attrs);
    },
  });
}

function specOf({ shape, dtype }: Spec): Spec {
  return { shape, dtype };
}

/** gradInput, gradWeight and gradBias; without a weight, the latter two have no elements. */
function defineGradient<Attrs extends NormalizeAttrs>(kind: Normalization<Attrs>): KernelOp<Attrs> {
  const name = `${kind.name}Grad`;
  const inputNames = ['gradient', 'x', 'weight'];
  return defineOp<KernelOp<Attrs>>({
    name,
    inputs: ['gradient', 'x', 'weight?'],
    outputs: ['gradInput', 'gradWeight', 'gradBias'],
    infer(inputs, attrs) {
      const [, x, weight] = inputs;
      kind.layout(name, x.shape, attrs);
      checkOperands(name, inputNames, inputs, x, kind.parameters(x.shape, attrs));
      checkEps(name, attrs.eps);
      const parameters = { shape: weight ? weight.shape : [0], dtype: x.dtype };
      return [specOf(x), parameters, parameters];
    },
    cpu: (inputs, outputs, attrs) => normalizeGradCpu(inputs, outputs, kind.layout(name, inputs[1].shape, attrs), attrs.eps),
    kernel: ({ inputs: [, x, weight], attrs, variant }) => planNormalizeGrad(kind.layout(name, x.shape, attrs), attrs.eps, weight !== undefined, variant),
    variants: RUN_VARIANTS,
    cost: ([, x]) => ({ flops: 20 * sizeOf(x.shape), bytes: 12 * sizeOf(x.shape) }),
    saves: (needs) => ['gradient', 'x', needs.length > 2 && 'weight'],
    vjp: (upstream, context) => secondOrder(kind, upstream, context),
  });
}

/**
 * The gradients of <gradInput, u> + <gradWeight, v> + <gradBias, w>. With h = normalised x, s = 1 / std, averages taken over
 * a group, and P(t) = s (t - average(t) - h average(t h)), which is the gradient op without a weight:
 *   gradInput = P(gradient weight), and P is its own transpose;
 *   d/dx <P(t), u> = -s (h average(u P(t)) + P(u) average(t h) + P(t) average(u h)).
 */
function secondOrder<Attrs extends NormalizeAttrs>(
  kind: Normalization<Attrs>, [u, v, w]: readonly Tensor[], { attrs, inputs, needs, saved }: VjpContext<Attrs>,
): (Tensor | null)[] {
  const { shape } = inputs[1];
  const { blocks, groups, inner, channels, step } = kind.layout(kind.name, shape, attrs);
  const [gradient, x] = [saved('gradient'), saved('x')];
  const weight = inputs.length > 2 ? saved('weight') : null;
  const rows = sizeOf(shape) / Math.max(channels * step, 1);
  const inGroups = (t: Tensor) => reshape(t, [blocks, groups, inner]);
  const inChannels = (t: Tensor) => reshape(t, [rows, channels, step]);
  const perChannel = (t: Tensor) => reshape(t, [channels, 1]);
  const average = (t: Tensor) => inGroups(t).mean({ axis: [0, 2], keepDim: true });
  const times = (t: Tensor, parameter: Tensor) => reshape(inChannels(t).mul(perChannel(parameter)), shape);
  const project = (t: Tensor) => callOp(`${kind.name}Grad`, [t, x], attrs);

  const h = callOp(kind.name, [x], attrs);
  const projectedU = project(u);
  const slopeInGradient = () => {
    if (!weight) return projectedU;
    const weighted = inChannels(projectedU).mul(perChannel(weight)).add(inChannels(h).mul(perChannel(v)));
    return reshape(weighted.add(perChannel(w)), shape);
  };
  const slopeInX = () => {
    const t = weight ? times(gradient, weight) : gradient;
    const projectedT = project(t);
    const std = inGroups(x).var({ axis: [0, 2], keepDim: true, correction: 0 }).add(attrs.eps).sqrt();
    const bent = inGroups(h).mul(average(u.mul(projectedT)))
      .add(inGroups(projectedU).mul(average(t.mul(h))))
      .add(inGroups(projectedT).mul(average(u.mul(h))));
    const slope = reshape(bent.div(std).neg(), shape);
    return weight ? slope.add(project(times(gradient, v))) : slope;
  };
  const slopeInWeight = () => reshape(inChannels(gradient.mul(projectedU)).sum({ axis: [0, 2] }), weight!.shape);
  return [needs[0] ? slopeInGradient() : null, needs[1] ? slopeInX() : null, needs[2] ? slopeInWeight() : null];
}
