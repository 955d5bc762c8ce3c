import { readOptions } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { type NAdamStepAttrs, nadamStep } from '../kernels/optimizerSteps/op.js';
import { Optimizer, type ParameterState, type Params, requireSetting } from './optimizer.js';

export interface NAdamOptions {
  /** Default 2e-3. */
  lr?: number;
  /** How slowly the averages of the gradient and of its square move; default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root of the averaged square; default 1e-8. */
  eps?: number;
  /** L2 penalty, added to the gradient; default 0. */
  weightDecay?: number;
  /** How fast the momentum grows from half of betas[0] to all of it; default 4e-3. */
  momentumDecay?: number;
}

type NAdamSettings = Omit<NAdamStepAttrs, 'step'>;

/** Adam with the momentum of Nesterov (Dozat 2016). PyTorch's name: `torch.optim.NAdam`. */
export class NAdam extends Optimizer<NAdamOptions, NAdamSettings> {
  constructor(params: Params<NAdamOptions>, options: NAdamOptions = {}) {
    super(params, options);
  }

  protected get name(): string {
    return 'NAdam';
  }

  protected settingsFor(options: NAdamOptions): NAdamSettings {
    const { lr, betas, eps, weightDecay, momentumDecay } = readOptions(this.name, options, {
      lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, momentumDecay: 4e-3,
    });
    const [beta1, beta2] = betas;
    requireSetting(this.name, 'lr', lr, 0);
    requireSetting(this.name, 'betas[0]', beta1, 0, 1);
    requireSetting(this.name, 'betas[1]', beta2, 0, 1);
    requireSetting(this.name, 'eps', eps, 0);
    requireSetting(this.name, 'weightDecay', weightDecay, 0);
    requireSetting(this.name, 'momentumDecay', momentumDecay, 0);
    return { lr, beta1, beta2, eps, weightDecay, momentumDecay };
  }

  protected stateNames(): readonly string[] {
    return ['expAvg', 'expAvgSq'];
  }

  protected update(parameter: Tensor, gradient: Tensor, { step, tensors }: ParameterState, settings: NAdamSettings): void {
    nadamStep(parameter, gradient, tensors.expAvg, tensors.expAvgSq, { ...settings, step });
  }
}
