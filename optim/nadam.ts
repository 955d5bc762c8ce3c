import type { Tensor } from '../core/tensor.js';
import type { NAdamStepAttrs } from '../kernels/optimizerSteps/attrs.js';
import { nadamStep } from '../kernels/optimizerSteps/op.js';
import { Optimizer, type ParameterState, readBetas } from './optimizer.js';

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
  protected get name(): string {
    return 'NAdam';
  }

  protected settingsFor(options: NAdamOptions): NAdamSettings {
    const { betas, ...settings } = this.read(options, { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, momentumDecay: 4e-3 });
    return { ...settings, ...readBetas(this.name, betas) };
  }

  protected stateNames(): readonly string[] {
    return ['expAvg', 'expAvgSq'];
  }

  protected update(parameter: Tensor, gradient: Tensor, { step, tensors }: ParameterState, settings: NAdamSettings): void {
    nadamStep(parameter, gradient, tensors.expAvg, tensors.expAvgSq, { ...settings, step });
  }
}
