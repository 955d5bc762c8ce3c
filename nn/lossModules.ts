import type { Tensor } from '../core/tensor.js';
import type { CrossEntropyOptions } from '../kernels/crossEntropy/op.js';
import {
  type BceWithLogitsOptions, type KlDivOptions, type NllOptions, type ReductionOptions, bceLoss, bceWithLogitsLoss, crossEntropy,
  huberLoss, klDiv, l1Loss, mseLoss, nllLoss, smoothL1Loss,
} from './losses.js';
import { Module, buffer } from './module.js';

/* The losses as modules, under PyTorch's names. Weights are buffers: saved and moved with the module, never trained. */

type LossFunction<Options> = (input: Tensor, target: Tensor, options?: Options) => Tensor;

/** A loss without tensors of its own. */
abstract class PlainLoss<Options extends object> extends Module {
  protected abstract readonly compute: LossFunction<Options>;

  constructor(readonly options: Options = {} as Options) {
    super();
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return this.compute(input, target, this.options);
  }
}

export class MSELoss extends PlainLoss<ReductionOptions> {
  protected readonly compute = mseLoss;
}

export class L1Loss extends PlainLoss<ReductionOptions> {
  protected readonly compute = l1Loss;
}

export class HuberLoss extends PlainLoss<ReductionOptions & { delta?: number }> {
  protected readonly compute = huberLoss;
}

export class SmoothL1Loss extends PlainLoss<ReductionOptions & { beta?: number }> {
  protected readonly compute = smoothL1Loss;
}

export class KLDivLoss extends PlainLoss<KlDivOptions> {
  protected readonly compute = klDiv;
}

/** A loss with an optional tensor of weights. */
abstract class WeightedLoss<Options extends { weight?: Tensor }> extends Module {
  readonly weight: Tensor | null;
  protected readonly settings: Omit<Options, 'weight'>;
  protected abstract readonly compute: LossFunction<Options>;

  constructor({ weight, ...settings }: Options = {} as Options) {
    super();
    this.weight = weight ? buffer(weight) : null;
    this.settings = settings;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return this.compute(input, target, { ...this.settings, weight: this.weight ?? undefined } as unknown as Options);
  }
}

export class CrossEntropyLoss extends WeightedLoss<CrossEntropyOptions> {
  protected readonly compute = crossEntropy;
}

export class NLLLoss extends WeightedLoss<NllOptions> {
  protected readonly compute = nllLoss;
}

export class BCELoss extends WeightedLoss<ReductionOptions & { weight?: Tensor }> {
  protected readonly compute = bceLoss;
}

export class BCEWithLogitsLoss extends WeightedLoss<BceWithLogitsOptions> {
  readonly posWeight: Tensor | null;
  protected readonly compute: LossFunction<BceWithLogitsOptions> = (input, target, options) =>
    bceWithLogitsLoss(input, target, { ...options, posWeight: this.posWeight ?? undefined });

  constructor({ posWeight, ...options }: BceWithLogitsOptions = {}) {
    super(options);
    this.posWeight = posWeight ? buffer(posWeight) : null;
  }
}
