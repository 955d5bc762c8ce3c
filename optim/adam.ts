import type { Tensor } from '../core/tensor.js';
import type { AdamStepAttrs } from '../kernels/optimizerSteps/attrs.js';
import { adamStep } from '../kernels/optimizerSteps/op.js';
import { Optimizer, type ParameterState, readBetas } from './optimizer.js';

export interface AdamOptions {
  /** Default 1e-3. */
  lr?: number;
  /** How slowly the averages of the gradient and of its square move; default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root of the averaged square; default 1e-8. */
  eps?: number;
  /** Adam: L2 penalty, added to the gradient, default 0. AdamW: decay of the weights themselves, default 0.01. */
  weightDecay?: number;
}

type AdamSettings = Omit<AdamStepAttrs, 'step'>;

/** Adam (Kingma and Ba 2015). PyTorch's name: `torch.optim.Adam`. */
export class Adam extends Optimizer<AdamOptions, AdamSettings> {
  protected get name(): string {
    return 'Adam';
  }

  protected settingsFor(options: AdamOptions): AdamSettings {
    const { betas, ...settings } = this.read(options, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 });
    return { ...settings, ...readBetas(this.name, betas), decoupled: false };
  }

  protected stateNames(): readonly string[] {
    return ['expAvg', 'expAvgSq'];
  }

  protected update(parameter: Tensor, gradient: Tensor, { step, tensors }: ParameterState, settings: AdamSettings): void {
    adamStep(parameter, gradient, tensors.expAvg, tensors.expAvgSq, { ...settings, step });
  }
}

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019). PyTorch's name: `torch.optim.AdamW`. */
export class AdamW extends Adam {
  protected override get name(): string {
    return 'AdamW';
  }

  protected override settingsFor({ weightDecay = 0.01, ...options }: AdamOptions): AdamSettings {
    return { ...super.settingsFor({ ...options, weightDecay }), decoupled: true };
  }
}
