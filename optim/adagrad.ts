import type { Tensor } from '../core/tensor.js';
import type { AdagradStepAttrs } from '../kernels/optimizerSteps/attrs.js';
import { adagradStep } from '../kernels/optimizerSteps/op.js';
import { Optimizer, type ParameterState } from './optimizer.js';

export interface AdagradOptions {
  /** Default 0.01. */
  lr?: number;
  /** The rate of a step is lr / (1 + (step - 1) lrDecay); default 0. */
  lrDecay?: number;
  /** What the sum of the squared gradients starts at; default 0. */
  initialAccumulatorValue?: number;
  /** Added to the root of that sum; default 1e-10. */
  eps?: number;
  /** L2 penalty, added to the gradient; default 0. */
  weightDecay?: number;
}

interface AdagradSettings extends Omit<AdagradStepAttrs, 'step'> {
  initialAccumulatorValue: number;
}

/** Adagrad (Duchi, Hazan and Singer 2011): rare features keep a large rate. PyTorch's name: `torch.optim.Adagrad`. */
export class Adagrad extends Optimizer<AdagradOptions, AdagradSettings> {
  protected get name(): string {
    return 'Adagrad';
  }

  protected settingsFor(options: AdagradOptions): AdagradSettings {
    return this.read(options, { lr: 0.01, lrDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, weightDecay: 0 });
  }

  protected stateNames(): readonly string[] {
    return ['sumSq'];
  }

  protected override initialState({ initialAccumulatorValue }: AdagradSettings): number {
    return initialAccumulatorValue;
  }

  protected update(parameter: Tensor, gradient: Tensor, { step, tensors }: ParameterState, settings: AdagradSettings): void {
    adagradStep(parameter, gradient, tensors.sumSq, { ...settings, step });
  }
}
