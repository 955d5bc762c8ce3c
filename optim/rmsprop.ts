import type { Tensor } from '../core/tensor.js';
import type { RmsPropStepAttrs } from '../kernels/optimizerSteps/attrs.js';
import { rmsPropStep } from '../kernels/optimizerSteps/op.js';
import { Optimizer, type ParameterState } from './optimizer.js';

export interface RMSpropOptions {
  /** Default 0.01. */
  lr?: number;
  /** How slowly the average of the squared gradient moves; default 0.99. */
  alpha?: number;
  /** Added to the root of that average; default 1e-8. */
  eps?: number;
  /** Default 0. */
  momentum?: number;
  /** Divide by the standard deviation of the gradient rather than by its root mean square; default false. */
  centered?: boolean;
  /** L2 penalty, added to the gradient; default 0. */
  weightDecay?: number;
}

/** RMSprop (Tieleman and Hinton 2012). PyTorch's name: `torch.optim.RMSprop`. */
export class RMSprop extends Optimizer<RMSpropOptions, RmsPropStepAttrs> {
  protected get name(): string {
    return 'RMSprop';
  }

  protected settingsFor(options: RMSpropOptions): RmsPropStepAttrs {
    return this.read(options, { lr: 0.01, alpha: 0.99, eps: 1e-8, momentum: 0, centered: false, weightDecay: 0 }, ['alpha']);
  }

  protected stateNames({ momentum, centered }: RmsPropStepAttrs): readonly string[] {
    return ['squareAvg', ...(centered ? ['gradAvg'] : []), ...(momentum === 0 ? [] : ['momentumBuffer'])];
  }

  protected update(parameter: Tensor, gradient: Tensor, { tensors }: ParameterState, settings: RmsPropStepAttrs): void {
    rmsPropStep(parameter, gradient, tensors.squareAvg, tensors.gradAvg ?? null, tensors.momentumBuffer ?? null, settings);
  }
}
