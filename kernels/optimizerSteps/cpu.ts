import type { CpuOperand } from '../../core/op.js';
import { nadamRates } from './nadamMomentum.js';
import type { AdadeltaStepAttrs, AdagradStepAttrs, AdamStepAttrs, NAdamStepAttrs, RmsPropStepAttrs, SgdStepAttrs } from './attrs.js';

/* torch.optim's single-tensor formulas, one element after the other. State is updated before it is used. */

export function sgdStepCpu(operands: readonly CpuOperand[], _outputs: readonly CpuOperand[], attrs: SgdStepAttrs): void {
  const [parameter, gradient, momentumBuffer] = operands.map((operand) => operand.data);
  const { lr, momentum, dampening, nesterov, weightDecay } = attrs;
  for (let i = 0; i < parameter.length; i++) {
    let direction = gradient[i] + weightDecay * parameter[i];
    if (momentum !== 0) {
      momentumBuffer[i] = momentum * momentumBuffer[i] + (1 - dampening) * direction;
      direction = nesterov ? direction + momentum * momentumBuffer[i] : momentumBuffer[i];
    }
    parameter[i] -= lr * direction;
  }
}

export function adamStepCpu(operands: readonly CpuOperand[], _outputs: readonly CpuOperand[], attrs: AdamStepAttrs): void {
  const [parameter, gradient, expAvg, expAvgSq] = operands.map((operand) => operand.data);
  const { lr, beta1, beta2, eps, weightDecay, decoupled, step } = attrs;
  const correction1 = 1 - beta1 ** step;
  const correction2 = 1 - beta2 ** step;
  for (let i = 0; i < parameter.length; i++) {
    let g = gradient[i];
    if (decoupled) parameter[i] *= 1 - lr * weightDecay;
    else g += weightDecay * parameter[i];
    expAvg[i] = beta1 * expAvg[i] + (1 - beta1) * g;
    expAvgSq[i] = beta2 * expAvgSq[i] + (1 - beta2) * g * g;
    const mean = expAvg[i] / correction1;
    const meanSquare = expAvgSq[i] / correction2;
    parameter[i] -= (lr * mean) / (Math.sqrt(meanSquare) + eps);
  }
}

export function rmsPropStepCpu(operands: readonly CpuOperand[], _outputs: readonly CpuOperand[], attrs: RmsPropStepAttrs): void {
  const [parameter, gradient, squareAvg, gradAvg, momentumBuffer] = operands.map((operand) => operand.data);
  const { lr, alpha, eps, momentum, centered, weightDecay } = attrs;
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i] + weightDecay * parameter[i];
    squareAvg[i] = alpha * squareAvg[i] + (1 - alpha) * g * g;
    let variance = squareAvg[i];
    if (centered) {
      gradAvg[i] = alpha * gradAvg[i] + (1 - alpha) * g;
      variance = Math.max(0, variance - gradAvg[i] ** 2);
    }
    let update = g / (Math.sqrt(variance) + eps);
    if (momentum !== 0) {
      momentumBuffer[i] = momentum * momentumBuffer[i] + update;
      update = momentumBuffer[i];
    }
    parameter[i] -= lr * update;
  }
}

export function adagradStepCpu(operands: readonly CpuOperand[], _outputs: readonly CpuOperand[], attrs: AdagradStepAttrs): void {
  const [parameter, gradient, sumSq] = operands.map((operand) => operand.data);
  const { lr, lrDecay, eps, weightDecay, step } = attrs;
  const rate = lr / (1 + (step - 1) * lrDecay);
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i] + weightDecay * parameter[i];
    sumSq[i] += g * g;
    parameter[i] -= (rate * g) / (Math.sqrt(sumSq[i]) + eps);
  }
}

export function adadeltaStepCpu(operands: readonly CpuOperand[], _outputs: readonly CpuOperand[], attrs: AdadeltaStepAttrs): void {
  const [parameter, gradient, squareAvg, accDelta] = operands.map((operand) => operand.data);
  const { lr, rho, eps, weightDecay } = attrs;
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i] + weightDecay * parameter[i];
    squareAvg[i] = rho * squareAvg[i] + (1 - rho) * g * g;
    const delta = (Math.sqrt(accDelta[i] + eps) / Math.sqrt(squareAvg[i] + eps)) * g;
    accDelta[i] = rho * accDelta[i] + (1 - rho) * delta * delta;
    parameter[i] -= lr * delta;
  }
}

export function nadamStepCpu(operands: readonly CpuOperand[], _outputs: readonly CpuOperand[], attrs: NAdamStepAttrs): void {
  const [parameter, gradient, expAvg, expAvgSq] = operands.map((operand) => operand.data);
  const { beta1, beta2, eps, weightDecay, step } = attrs;
  const { gradientRate, momentumRate } = nadamRates(attrs);
  const correction2 = 1 - beta2 ** step;
  for (let i = 0; i < parameter.length; i++) {
    const g = gradient[i] + weightDecay * parameter[i];
    expAvg[i] = beta1 * expAvg[i] + (1 - beta1) * g;
    expAvgSq[i] = beta2 * expAvgSq[i] + (1 - beta2) * g * g;
    const denominator = Math.sqrt(expAvgSq[i] / correction2) + eps;
    parameter[i] -= (gradientRate * g) / denominator;
    parameter[i] -= (momentumRate * expAvg[i]) / denominator;
  }
}
