import { TapegradError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import type { SgdStepAttrs } from '../kernels/optimizerSteps/attrs.js';
import { sgdStep } from '../kernels/optimizerSteps/op.js';
import { Optimizer, type ParameterState } from './optimizer.js';

export interface SGDOptions {
  /** Default 1e-3. */
  lr?: number;
  /** Default 0. */
  momentum?: number;
  /** Share of a new gradient that does not enter the momentum; default 0. */
  dampening?: number;
  /** Default false; takes momentum, and no dampening. */
  nesterov?: boolean;
  /** L2 penalty, added to the gradient; default 0. */
  weightDecay?: number;
}

/** Stochastic gradient descent, with momentum if asked for. PyTorch's name: `torch.optim.SGD`. */
export class SGD extends Optimizer<SGDOptions, SgdStepAttrs> {
  protected get name(): string {
    return 'SGD';
  }

  protected settingsFor(options: SGDOptions): SgdStepAttrs {
    const settings = this.read(options, { lr: 1e-3, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 });
    const { momentum, dampening, nesterov } = settings;
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new TapegradError(`SGD: nesterov takes momentum and no dampening, got momentum ${momentum}, dampening ${dampening}`);
    }
    return settings;
  }

  protected stateNames({ momentum }: SgdStepAttrs): readonly string[] {
    return momentum === 0 ? [] : ['momentumBuffer'];
  }

  protected update(parameter: Tensor, gradient: Tensor, { step, tensors }: ParameterState, settings: SgdStepAttrs): void {
    // The first gradient starts the momentum undamped.
    const dampening = step === 1 ? 0 : settings.dampening;
    sgdStep(parameter, gradient, tensors.momentumBuffer ?? null, { ...settings, dampening });
  }
}
