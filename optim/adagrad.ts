import { readOptions } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { type AdagradStepAttrs, adagradStep } from '../kernels/optimizerSteps/op.js';
import { Optimizer, type ParameterState, type Params, requireSetting } from './optimizer.js';

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
  constructor(params: Params<AdagradOptions>, options: AdagradOptions = {}) {
    super(params, options);
  }

  protected get name(): string {
    return 'Adagrad';
  }

  protected settingsFor(options: AdagradOptions): AdagradSettings {
    const defaults = { lr: 0.01, lrDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, weightDecay: 0 };
    const { lr, lrDecay, initialAccumulatorValue, eps, weightDecay } = readOptions(this.name, options, defaults);
    requireSetting(this.name, 'lr', lr, 0);
    requireSetting(this.name, 'lrDecay', lrDecay, 0);
    requireSetting(this.name, 'initialAccumulatorValue', initialAccumulatorValue, 0);
    requireSetting(this.name, 'eps', eps, 0);
    requireSetting(this.name, 'weightDecay', weightDecay, 0);
    return { lr, lrDecay, initialAccumulatorValue, eps, weightDecay };
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
