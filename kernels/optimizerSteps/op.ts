import { applyOp } from '../../core/apply.js';
import { scope } from '../../core/memory.js';
import type { KernelOp } from '../../core/op.js';
import { requireNumber, requireOptions } from '../../core/options.js';
import { Tensor, requireTensors } from '../../core/tensor.js';
import adadeltaWgsl from './adadelta.wgsl';
import adagradWgsl from './adagrad.wgsl';
import adamWgsl from './adam.wgsl';
import type { AdadeltaStepAttrs, AdagradStepAttrs, AdamStepAttrs, NAdamStepAttrs, RmsPropStepAttrs, SgdStepAttrs } from './attrs.js';
import { adadeltaStepCpu, adagradStepCpu, adamStepCpu, nadamStepCpu, rmsPropStepCpu, sgdStepCpu } from './cpu.js';
import { defineStep } from './define.js';
import nadamWgsl from './nadam.wgsl';
import { nadamRates } from './nadamMomentum.js';
import rmsPropWgsl from './rmsProp.wgsl';
import sgdWgsl from './sgd.wgsl';

/*
 * One optimiser step of one parameter, fused: reads the gradient, changes parameter and state in place.
 * A state that the settings do not use is passed as an empty tensor of shape [0].
 */

export const sgdStepOp = defineStep<SgdStepAttrs>({
  name: 'sgdStep',
  state: ['momentumBuffer'],
  unused: ({ momentum }) => [momentum === 0 && 'momentumBuffer'],
  cpu: sgdStepCpu,
  launch: ({ lr, momentum, dampening, nesterov, weightDecay }) => ({
    module: sgdWgsl,
    overrides: { MOMENTUM: momentum !== 0, NESTEROV: nesterov },
    params: { lr, momentum, gradient_share: 1 - dampening, weight_decay: weightDecay },
  }),
  flops: ({ momentum }) => (momentum === 0 ? 4 : 7),
});

export const adamStepOp = defineStep<AdamStepAttrs>({
  name: 'adamStep',
  state: ['expAvg', 'expAvgSq'],
  cpu: adamStepCpu,
  launch: ({ lr, beta1, beta2, eps, weightDecay, decoupled, step }) => ({
    module: adamWgsl,
    params: {
      shrink: decoupled ? 1 - lr * weightDecay : 1,
      l2: decoupled ? 0 : weightDecay,
      share1: 1 - beta1,
      share2: 1 - beta2,
      step_size: lr / (1 - beta1 ** step),
      root_correction: Math.sqrt(1 - beta2 ** step),
      eps,
    },
  }),
  flops: () => 16,
});

export const rmsPropStepOp = defineStep<RmsPropStepAttrs>({
  name: 'rmsPropStep',
  state: ['squareAvg', 'gradAvg', 'momentumBuffer'],
  unused: ({ momentum, centered }) => [!centered && 'gradAvg', momentum === 0 && 'momentumBuffer'],
  cpu: rmsPropStepCpu,
  launch: ({ lr, alpha, eps, momentum, centered, weightDecay }) => ({
    module: rmsPropWgsl,
    overrides: { CENTERED: centered, MOMENTUM: momentum !== 0 },
    params: { lr, share: 1 - alpha, eps, momentum, weight_decay: weightDecay },
  }),
  flops: ({ momentum, centered }) => 11 + (centered ? 5 : 0) + (momentum === 0 ? 0 : 2),
});

export const adagradStepOp = defineStep<AdagradStepAttrs>({
  name: 'adagradStep',
  state: ['sumSq'],
  cpu: adagradStepCpu,
  launch: ({ lr, lrDecay, eps, weightDecay, step }) => ({
    module: adagradWgsl,
    params: { rate: lr / (1 + (step - 1) * lrDecay), eps, weight_decay: weightDecay },
  }),
  flops: () => 9,
});

export const adadeltaStepOp = defineStep<AdadeltaStepAttrs>({
  name: 'adadeltaStep',
  state: ['squareAvg', 'accDelta'],
  cpu: adadeltaStepCpu,
  launch: ({ lr, rho, eps, weightDecay }) => ({ module: adadeltaWgsl, params: { lr, share: 1 - rho, eps, weight_decay: weightDecay } }),
  flops: () => 16,
});

export const nadamStepOp = defineStep<NAdamStepAttrs>({
  name: 'nadamStep',
  state: ['expAvg', 'expAvgSq'],
  cpu: nadamStepCpu,
  launch(attrs) {
    const { beta1, beta2, eps, weightDecay, step } = attrs;
    const { gradientRate, momentumRate } = nadamRates(attrs);
    return {
      module: nadamWgsl,
      params: {
        share1: 1 - beta1,
        share2: 1 - beta2,
        gradient_rate: gradientRate,
        momentum_rate: momentumRate,
        root_correction: Math.sqrt(1 - beta2 ** step),
        eps,
        weight_decay: weightDecay,
      },
    };
  },
  flops: () => 17,
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
