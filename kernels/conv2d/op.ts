import { applyOp, callOp } from '../../core/apply.js';
import { requireFloat, requireSameDType } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { readOptions } from '../../core/options.js';
import { type Shape, sameShape } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { checkBias } from '../bias.js';
import { type FusedActivation, gradientBefore, requireKnownActivation } from '../fusedActivation.js';
import { type Pair, pairOf } from '../pair.js';
import { conv2dCpu, conv2dGradInputCpu, conv2dGradWeightCpu } from './cpu.js';
import { type Conv2dAttrs, conv2dGeometry } from './geometry.js';
import { conv2dVariants, costOf, planConv2d, planGradInput, planGradWeight } from './plan.js';

/** The gradient ops must be told the shape of what they give: strides leave it open. */
interface GradInputAttrs extends Conv2dAttrs {
  inputShape: Shape;
}
interface GradWeightAttrs extends Conv2dAttrs {
  weightShape: Shape;
}

/** The output's shape for x and weight. */
function outShape(op: string, x: Shape, weight: Shape, attrs: Conv2dAttrs): number[] {
  const { batch, outHeight, outWidth } = conv2dGeometry(op, x, weight, attrs);
  return [batch, weight[0], outHeight, outWidth];
}

function requireGradientShape(op: string, gradient: Shape, expected: Shape): void {
  if (!sameShape(gradient, expected)) {
    throw new ShapeError(`${op}: the gradient has shape [${gradient}], the convolution's output [${expected}]`);
  }
}

export const conv2dOp = defineOp<KernelOp<Conv2dAttrs>>({
  name: 'conv2d',
  inputs: ['x', 'weight', 'bias?'],
  infer([x, weight, bias], attrs) {
    requireFloat('conv2d', 'x', x.dtype);
    const dtype = requireSameDType('conv2d', [x, weight, ...(bias ? [bias] : [])].map((spec) => spec.dtype));
    requireKnownActivation('conv2d', attrs);
    const shape = outShape('conv2d', x.shape, weight.shape, attrs);
    if (bias) checkBias('conv2d', bias, weight.shape[0], `weight [${weight.shape}]`);
    return [{ shape, dtype }];
  },
  cpu: conv2dCpu,
  kernel: planConv2d,
  variants: conv2dVariants,
  cost: ([x, weight], [out]) => costOf(x.shape, weight.shape, out.shape),
  saves: ([needsX, needsWeight], { activation }) => [needsX && 'weight', needsWeight && 'x', activation !== undefined && 'out'],
  vjp([upstream], { attrs, inputs: [x, weight], needs, saved }) {
    const gradient = gradientBefore(upstream, attrs, () => saved('out'));
    return [
      needs[0] ? gradInput(gradient, saved('weight'), x.shape, attrs) : null,
      needs[1] ? gradWeight(saved('x'), gradient, weight.shape, attrs) : null,
      needs[2] ? gradient.sum({ axis: [0, 2, 3] }) : null,
    ];
  },
});

export const conv2dGradInputOp = defineOp<KernelOp<GradInputAttrs>>({
  name: 'conv2dGradInput',
  inputs: ['gradient', 'weight'],
  infer([gradient, weight], attrs) {
    const dtype = requireSameDType('conv2dGradInput', [gradient.dtype, weight.dtype]);
    requireFloat('conv2dGradInput', 'gradient', dtype);
    requireGradientShape('conv2dGradInput', gradient.shape, outShape('conv2dGradInput', attrs.inputShape, weight.shape, attrs));
    return [{ shape: attrs.inputShape, dtype }];
  },
  cpu: conv2dGradInputCpu,
  kernel: planGradInput,
  variants: conv2dVariants,
  cost: ([gradient, weight], [out]) => costOf(out.shape, weight.shape, gradient.shape),
  saves: ([needsGradient, needsWeight]) => [needsGradient && 'weight', needsWeight && 'gradient'],
  vjp: ([upstream], { attrs, inputs: [, weight], needs, saved }) => [
    needs[0] ? callOp('conv2d', [upstream, saved('weight')], attrs) : null,
    needs[1] ? gradWeight(upstream, saved('gradient'), weight.shape, attrs) : null,
  ],
});

export const conv2dGradWeightOp = defineOp<KernelOp<GradWeightAttrs>>({
  name: 'conv2dGradWeight',
  inputs: ['x', 'gradient'],
  infer([x, gradient], attrs) {
    const dtype = requireSameDType('conv2dGradWeight', [x.dtype, gradient.dtype]);
    requireFloat('conv2dGradWeight', 'x', dtype);
    requireGradientShape('conv2dGradWeight', gradient.shape, outShape('conv2dGradWeight', x.shape, attrs.weightShape, attrs));
    return [{ shape: attrs.weightShape, dtype }];
  },
  cpu: conv2dGradWeightCpu,
  kernel: planGradWeight,
  variants: conv2dVariants,
  cost: ([x, gradient], [out]) => costOf(x.shape, out.shape, gradient.shape),
  saves: ([needsX, needsGradient]) => [needsX && 'gradient', needsGradient && 'x'],
  vjp: ([upstream], { attrs, inputs: [x], needs, saved }) => [
    needs[0] ? gradInput(saved('gradient'), upstream, x.shape, attrs) : null,
    needs[1] ? callOp('conv2d', [saved('x'), upstream], attrs) : null,
  ],
});

function settingsOf({ stride, padding, dilation, groups }: Conv2dAttrs): Conv2dAttrs {
  return { stride, padding, dilation, groups };
}

function gradInput(gradient: Tensor, weight: Tensor, inputShape: Shape, attrs: Conv2dAttrs): Tensor {
  return callOp('conv2dGradInput', [gradient, weight], { ...settingsOf(attrs), inputShape });
}

function gradWeight(x: Tensor, gradient: Tensor, weightShape: Shape, attrs: Conv2dAttrs): Tensor {
  return callOp('conv2dGradWeight', [x, gradient], { ...settingsOf(attrs), weightShape });
}

export interface Conv2dOptions extends FusedActivation {
  /** Default 1. One number, or [height, width]. */
  stride?: Pair;
  /** Zeros around x, default 0. One number, [height, width], or [[top, bottom], [left, right]]. */
  padding?: Pair | Conv2dAttrs['padding'];
  /** Distance between the kernel's taps, default 1. */
  dilation?: Pair;
  /** Channels and filters fall into groups that do not see each other. Default 1. */
  groups?: number;
}

function sidesOf(padding: NonNullable<Conv2dOptions['padding']>): Conv2dAttrs['padding'] {
  const [vertical, horizontal] = pairOf<Pair>('conv2d', 'padding', padding);
  return [pairOf('conv2d', 'padding', vertical), pairOf('conv2d', 'padding', horizontal)];
}

/**
 * Convolution (cross-correlation) of x [batch, channels, height, width] with weight [filters, channels / groups, kernel height,
 * kernel width], plus bias [filters]. The result is [batch, filters, height', width'] with
 * height' = floor((height + padding - dilation (kernel - 1) - 1) / stride) + 1; with `activation`, relu of that, by the same kernel.
 * PyTorch's name: `torch.nn.functional.conv2d`.
 */
export function conv2d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: Conv2dOptions = {}): Tensor {
  const defaults = { stride: 1, padding: 0, dilation: 1, groups: 1, activation: undefined };
  const { stride, padding, dilation, groups, activation } = readOptions('conv2d', options, defaults);
  const attrs: Conv2dAttrs = {
    stride: pairOf('conv2d', 'stride', stride), padding: sidesOf(padding), dilation: pairOf('conv2d', 'dilation', dilation), groups, activation,
  };
  return applyOp(conv2dOp, bias ? [x, weight, bias] : [x, weight], attrs)[0];
}
