import { applyOp } from '../../core/apply.js';
import type { Spec } from '../../core/backend.js';
import { requireFloat, requireSameDType } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { type Cost, type KernelOp, defineOp } from '../../core/op.js';
import { requireNumber, requireOptions } from '../../core/options.js';
import { sameShape, sizeOf } from '../../core/shape.js';
import { Tensor, requireTensors } from '../../core/tensor.js';
import type { KernelPlan, Launch } from '../../core/webgpu/kernel.js';
import { RUN_VARIANTS, flatRuns } from '../runs.js';
import adadeltaWgsl from './adadelta.wgsl';
import adagradWgsl from './adagrad.wgsl';
import adamWgsl from './adam.wgsl';
import { adadeltaStepCpu, adagradStepCpu, adamStepCpu, nadamStepCpu, rmsPropStepCpu, sgdStepCpu } from './cpu.js';
import nadamWgsl from './nadam.wgsl';
import { nadamRates } from './nadamMomentum.js';
import rmsPropWgsl from './rmsProp.wgsl';
import sgdWgsl from './sgd.wgsl';

/*
 * One optimiser step of one parameter, fused: reads the gradient, changes parameter and state in place.
 * A state that the settings do not use is passed as an empty tensor of shape [0].
 */

export interface SgdStepAttrs {
  lr: number;
  /** 0: no momentum, and `momentumBuffer` is empty. */
  momentum: number;
  dampening: number;
  nesterov: boolean;
  weightDecay: number;
}

export interface AdamStepAttrs {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** AdamW: the weights decay by themselves, not through the gradient. */
  decoupled: boolean;
  /** Counts from 1; corrects the averages for their start at zero. */
  step: number;
}

export interface RmsPropStepAttrs {
  lr: number;
  alpha: number;
  eps: number;
  /** 0: no momentum, and `momentumBuffer` is empty. */
  momentum: number;
  /** Divide by the standard deviation of the gradients; otherwise `gradAvg` is empty. */
  centered: boolean;
  weightDecay: number;
}

export interface AdagradStepAttrs {
  lr: number;
  /** The rate of a step is lr / (1 + (step - 1) lrDecay). */
  lrDecay: number;
  eps: number;
  weightDecay: number;
  /** Counts from 1. */
  step: number;
}

export interface AdadeltaStepAttrs {
  lr: number;
  rho: number;
  eps: number;
  weightDecay: number;
}

export interface NAdamStepAttrs {
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  weightDecay: number;
  /** How fast the momentum grows from half of beta1 to all of it. */
  momentumDecay: number;
  /** Counts from 1; drives the momentum and corrects the averages for their start at zero. */
  step: number;
}

const notDifferentiable = 'it changes its operands in place';

/** Throws unless every operand is a float tensor of the parameter's shape, those named in `unused` empty. */
function checkOperands(op: string, names: readonly string[], operands: readonly Spec[], unused: readonly (string | false)[] = []): void {
  const [parameter] = operands;
  requireFloat(op, 'parameter', parameter.dtype);
  requireSameDType(op, operands.map((operand) => operand.dtype));
  operands.forEach(({ shape }, i) => {
    const empty = unused.includes(names[i]);
    if (!sameShape(shape, empty ? [0] : parameter.shape)) {
      const wanted = empty ? 'these settings need none: pass an empty tensor of shape [0]' : `the parameter has [${parameter.shape}]`;
      throw new ShapeError(`${op}: ${names[i]} has shape [${shape}], ${wanted}`);
    }
  });
}

function checkStep(op: string, step: number): void {
  if (!Number.isInteger(step) || step < 1) throw new ShapeError(`${op}: step is ${step}; count steps from 1`);
}

/** Runs of the parameter's vec4s. */
function elementwise(
  launch: Pick<Launch, 'module' | 'overrides'>, parameter: Spec, params: Record<string, number>, variant: string | undefined,
): KernelPlan {
  const { workgroups, ...runs } = flatRuns(sizeOf(parameter.shape), variant);
  return { launches: [{ ...launch, params: { ...runs, ...params }, workgroups }] };
}

/** Every operand is read, and all but the gradient written. */
function stepCost(operands: readonly Spec[], flopsPerElement: number): Cost {
  const moved = operands.reduce((total, { shape }) => total + 2 * sizeOf(shape), 0);
  const elements = sizeOf(operands[0].shape);
  return { flops: flopsPerElement * elements, bytes: 4 * (moved - elements) };
}

const SGD_INPUTS = ['parameter', 'gradient', 'momentumBuffer'];

export const sgdStepOp = defineOp<KernelOp<SgdStepAttrs>>({
  name: 'sgdStep',
  inputs: SGD_INPUTS,
  outputs: [],
  mutates: ['parameter', 'momentumBuffer'],
  infer(operands, { momentum }) {
    checkOperands('sgdStep', SGD_INPUTS, operands, [momentum === 0 && 'momentumBuffer']);
    return [];
  },
  cpu: sgdStepCpu,
  kernel({ inputs: [parameter], attrs: { lr, momentum, dampening, nesterov, weightDecay }, variant }) {
    const overrides = { MOMENTUM: momentum !== 0, NESTEROV: nesterov };
    const params = { lr, momentum, gradient_share: 1 - dampening, weight_decay: weightDecay };
    return elementwise({ module: sgdWgsl, overrides }, parameter, params, variant);
  },
  variants: RUN_VARIANTS,
  cost: (operands, _outputs, { momentum }) => stepCost(operands, momentum === 0 ? 4 : 7),
  vjp: { notDifferentiable },
});

const ADAM_INPUTS = ['parameter', 'gradient', 'expAvg', 'expAvgSq'];

export const adamStepOp = defineOp<KernelOp<AdamStepAttrs>>({
  name: 'adamStep',
  inputs: ADAM_INPUTS,
  outputs: [],
  mutates: ['parameter', 'expAvg', 'expAvgSq'],
  infer(operands, { step }) {
    checkOperands('adamStep', ADAM_INPUTS, operands);
    checkStep('adamStep', step);
    return [];
  },
  cpu: adamStepCpu,
  kernel({ inputs: [parameter], attrs: { lr, beta1, beta2, eps, weightDecay, decoupled, step }, variant }) {
    const params = {
      shrink: decoupled ? 1 - lr * weightDecay : 1,
      l2: decoupled ? 0 : weightDecay,
      share1: 1 - beta1,
      share2: 1 - beta2,
      step_size: lr / (1 - beta1 ** step),
      root_correction: Math.sqrt(1 - beta2 ** step),
      eps,
    };
    return elementwise({ module: adamWgsl }, parameter, params, variant);
  },
  variants: RUN_VARIANTS,
  cost: (operands) => stepCost(operands, 16),
  vjp: { notDifferentiable },
});

const RMSPROP_INPUTS = ['parameter', 'gradient', 'squareAvg', 'gradAvg', 'momentumBuffer'];

export const rmsPropStepOp = defineOp<KernelOp<RmsPropStepAttrs>>({
  name: 'rmsPropStep',
  inputs: RMSPROP_INPUTS,
  outputs: [],
  mutates: ['parameter', 'squareAvg', 'gradAvg', 'momentumBuffer'],
  infer(operands, { momentum, centered }) {
    checkOperands('rmsPropStep', RMSPROP_INPUTS, operands, [!centered && 'gradAvg', momentum === 0 && 'momentumBuffer']);
    return [];
  },
  cpu: rmsPropStepCpu,
  kernel({ inputs: [parameter], attrs: { lr, alpha, eps, momentum, centered, weightDecay }, variant }) {
    const overrides = { CENTERED: centered, MOMENTUM: momentum !== 0 };
    const params = { lr, share: 1 - alpha, eps, momentum, weight_decay: weightDecay };
    return elementwise({ module: rmsPropWgsl, overrides }, parameter, params, variant);
  },
  variants: RUN_VARIANTS,
  cost: (operands, _outputs, { momentum, centered }) => stepCost(operands, 11 + (centered ? 5 : 0) + (momentum === 0 ? 0 : 2)),
  vjp: { notDifferentiable },
});

const ADAGRAD_INPUTS = ['parameter', 'gradient', 'sumSq'];

export const adagradStepOp = defineOp<KernelOp<AdagradStepAttrs>>({
  name: 'adagradStep',
  inputs: ADAGRAD_INPUTS,
  outputs: [],
  mutates: ['parameter', 'sumSq'],
  infer(operands, { step }) {
    checkOperands('adagradStep', ADAGRAD_INPUTS, operands);
    checkStep('adagradStep', step);
    return [];
  },
  cpu: adagradStepCpu,
  kernel({ inputs: [parameter], attrs: { lr, lrDecay, eps, weightDecay, step }, variant }) {
    const params = { rate: lr / (1 + (step - 1) * lrDecay), eps, weight_decay: weightDecay };
    return elementwise({ module: adagradWgsl }, parameter, params, variant);
  },
  variants: RUN_VARIANTS,
  cost: (operands) => stepCost(operands, 9),
  vjp: { notDifferentiable },
});

const ADADELTA_INPUTS = ['parameter', 'gradient', 'squareAvg', 'accDelta'];

export const adadeltaStepOp = defineOp<KernelOp<AdadeltaStepAttrs>>({
  name: 'adadeltaStep',
  inputs: ADADELTA_INPUTS,
  outputs: [],
  mutates: ['parameter', 'squareAvg', 'accDelta'],
  infer(operands) {
    checkOperands('adadeltaStep', ADADELTA_INPUTS, operands);
    return [];
  },
  cpu: adadeltaStepCpu,
  kernel({ inputs: [parameter], attrs: { lr, rho, eps, weightDecay }, variant }) {
    return elementwise({ module: adadeltaWgsl }, parameter, { lr, share: 1 - rho, eps, weight_decay: weightDecay }, variant);
  },
  variants: RUN_VARIANTS,
  cost: (operands) => stepCost(operands, 16),
  vjp: { notDifferentiable },
});

const NADAM_INPUTS = ['parameter', 'gradient', 'expAvg', 'expAvgSq'];

export const nadamStepOp = defineOp<KernelOp<NAdamStepAttrs>>({
  name: 'nadamStep',
  inputs: NADAM_INPUTS,
  outputs: [],
  mutates: ['parameter', 'expAvg', 'expAvgSq'],
  infer(operands, { step }) {
    checkOperands('nadamStep', NADAM_INPUTS, operands);
    checkStep('nadamStep', step);
    return [];
  },
  cpu: nadamStepCpu,
  kernel({ inputs: [parameter], attrs, variant }) {
    const { beta1, beta2, eps, weightDecay, step } = attrs;
    const { gradientRate, momentumRate } = nadamRates(attrs);
    const params = {
      share1: 1 - beta1,
      share2: 1 - beta2,
      gradient_rate: gradientRate,
      momentum_rate: momentumRate,
      root_correction: Math.sqrt(1 - beta2 ** step),
      eps,
      weight_decay: weightDecay,
    };
    return elementwise({ module: nadamWgsl }, parameter, params, variant);
  },
  variants: RUN_VARIANTS,
  cost: (operands) => stepCost(operands, 17),
  vjp: { notDifferentiable },
});

/** Runs a step op; null stands for a state that is not used. */
function runStep(op: KernelOp<any>, parameter: Tensor, others: readonly (Tensor | null)[], attrs: object): void {
  requireTensors(op.name, { parameter });
  requireOptions(op.name, attrs);
  for (const [name, value] of Object.entries(attrs)) if (typeof value !== 'boolean') requireNumber(op.name, name, value);
  const { dtype, backend } = parameter;
  const none = { shape: [0], dtype };
  scope(() => {
    const operands = others.map((tensor) => tensor ?? new Tensor({ ...none, storage: backend.allocate(op.name, none) }));
    applyOp(op, [parameter, ...operands], attrs);
  });
}

/**
 * Changes `parameter` by one step of stochastic gradient descent, as `torch.optim.SGD` does: all tensors of one shape
 * and float dtype, `momentumBuffer` starting at zero, null without momentum. PyTorch's first step takes no dampening.
 */
export function sgdStep(parameter: Tensor, gradient: Tensor, momentumBuffer: Tensor | null, attrs: SgdStepAttrs): void {
  runStep(sgdStepOp, parameter, [gradient, momentumBuffer], attrs);
}

/**
 * Changes `parameter` by one step of Adam, or of AdamW if `decoupled`, as `torch.optim.Adam` does: all tensors of one
 * shape and float dtype, the running averages of the gradient and of its square starting at zero.
 */
export function adamStep(parameter: Tensor, gradient: Tensor, expAvg: Tensor, expAvgSq: Tensor, attrs: AdamStepAttrs): void {
  runStep(adamStepOp, parameter, [gradient, expAvg, expAvgSq], attrs);
}

/**
 * Changes `parameter` by one step of RMSprop, as `torch.optim.RMSprop` does: all tensors of one shape and float dtype,
 * state starting at zero, `gradAvg` null unless `centered`, `momentumBuffer` null without momentum.
 */
export function rmsPropStep(
  parameter: Tensor, gradient: Tensor, squareAvg: Tensor, gradAvg: Tensor | null, momentumBuffer: Tensor | null, attrs: RmsPropStepAttrs,
): void {
  runStep(rmsPropStepOp, parameter, [gradient, squareAvg, gradAvg, momentumBuffer], attrs);
}

/**
 * Changes `parameter` by one step of Adagrad, as `torch.optim.Adagrad` does: all tensors of one shape and float dtype,
 * `sumSq` starting at the initial value of the accumulator.
 */
export function adagradStep(parameter: Tensor, gradient: Tensor, sumSq: Tensor, attrs: AdagradStepAttrs): void {
  runStep(adagradStepOp, parameter, [gradient, sumSq], attrs);
}

/**
 * Changes `parameter` by one step of Adadelta, as `torch.optim.Adadelta` does: all tensors of one shape and float dtype,
 * the running averages of the squared gradient and of the squared step starting at zero.
 */
export function adadeltaStep(parameter: Tensor, gradient: Tensor, squareAvg: Tensor, accDelta: Tensor, attrs: AdadeltaStepAttrs): void {
  runStep(adadeltaStepOp, parameter, [gradient, squareAvg, accDelta], attrs);
}

/**
 * Changes `parameter` by one step of NAdam, as `torch.optim.NAdam` does: all tensors of one shape and float dtype, the
 * running averages of the gradient and of its square starting at zero.
 */
export function nadamStep(parameter: Tensor, gradient: Tensor, expAvg: Tensor, expAvgSq: Tensor, attrs: NAdamStepAttrs): void {
  runStep(nadamStepOp, parameter, [gradient, expAvg, expAvgSq], attrs);
}
