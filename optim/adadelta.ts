import type { Tensor } from '../core/tensor.js';
import type { AdadeltaStepAttrs } from '../kernels/optimizerSteps/attrs.js';
import { adadeltaStep } from '../kernels/optimizerSteps/op.js';
import { Optimizer, type ParameterState } from './optimizer.js';

export interface AdadeltaOptions {
  /** A factor for the step, whose size Adadelta finds by itself; default 1. */
  lr?: number;
  /** How slowly the averages of the squared gradient and of the squared step move; default 0.9. */
  rho?: number;
  /** Added to both averages before the root; default 1e-6. */
  eps?: number;
  /** L2 penalty, added to the gradient; default 0. */
  weightDecay?: number;
}

/** Adadelta (Zeiler 2012). PyTorch's name: `torch.optim.Adadelta`. */
export class Adadelta extends Optimizer<AdadeltaOptions, AdadeltaStepAttrs> {
  protected get name(): string {
    return 'Adadelta';
  }

  protected settingsFor(options: AdadeltaOptions): AdadeltaStepAttrs {
    return this.read(options, { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 }, ['rho']);
  }

  protected stateNames(): readonly string[] {
    return ['squareAvg', 'accDelta'];
  }

  protected update(parameter: Tensor, gradient: Tensor, { tensors }: ParameterState, settings: AdadeltaStepAttrs): void {
    adadeltaStep(parameter, gradient, tensors.squareAvg, tensors.accDelta, settings);
  }
}
