import { readOptions } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { type AdadeltaStepAttrs, adadeltaStep } from '../kernels/optimizerSteps/op.js';
import { Optimizer, type ParameterState, type Params, requireSetting } from './optimizer.js';

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
  constructor(params: Params<AdadeltaOptions>, options: AdadeltaOptions = {}) {
    super(params, options);
  }

  protected get name(): string {
    return 'Adadelta';
  }

  protected settingsFor(options: AdadeltaOptions): AdadeltaStepAttrs {
    const { lr, rho, eps, weightDecay } = readOptions(this.name, options, { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 });
    requireSetting(this.name, 'lr', lr, 0);
    requireSetting(this.name, 'rho', rho, 0, 1);
    requireSetting(this.name, 'eps', eps, 0);
    requireSetting(this.name, 'weightDecay', weightDecay, 0);
    return { lr, rho, eps, weightDecay };
  }

  protected stateNames(): readonly string[] {
    return ['squareAvg', 'accDelta'];
  }

  protected update(parameter: Tensor, gradient: Tensor, { tensors }: ParameterState, settings: AdadeltaStepAttrs): void {
    adadeltaStep(parameter, gradient, tensors.squareAvg, tensors.accDelta, settings);
  }
}
