import { requireOptions } from '../core/options.js';
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
    requireOptions(this.constructor.name, options);
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
abstract class WeightedLoss<Options extends { weight?: Tensor | null }> extends PlainLoss<Options> {
  readonly weight: Tensor | null;

  constructor(options?: Options) {
    super(options);
    this.weight = this.options.weight ? buffer(this.options.weight) : null;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return this.compute(input, target, { ...this.options, weight: this.weight });
  }
}

export class CrossEntropyLoss extends WeightedLoss<CrossEntropyOptions> {
  protected readonly compute = crossEntropy;
}

export class NLLLoss extends WeightedLoss<NllOptions> {
  protected readonly compute = nllLoss;
}

export class BCELoss extends WeightedLoss<ReductionOptions & { weight?: Tensor | null }> {
  protected readonly compute = bceLoss;
}

export class BCEWithLogitsLoss extends WeightedLoss<BceWithLogitsOptions> {
  readonly posWeight: Tensor | null;
  protected readonly compute = bceWithLogitsLoss;

  constructor(options?: BceWithLogitsOptions) {
    super(options);
    this.posWeight = this.options.posWeight ? buffer(this.options.posWeight) : null;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    const { options, weight, posWeight } = this;
    return bceWithLogitsLoss(input, target, { ...options, weight, posWeight });
  }
}
