import { ShapeError } from '../core/errors.js';
import { scope } from '../core/memory.js';
import { sameShape } from '../core/shape.js';
import type { Tensor } from '../core/tensor.js';
import { sub } from '../kernels/binary/op.js';
import { type CrossEntropyOptions, crossEntropy } from '../kernels/crossEntropy/op.js';
import { mean, sum } from '../kernels/reduce/op.js';
import { square } from '../kernels/unary/op.js';
import { Module, buffer } from './module.js';

export { crossEntropy };

/** How the losses of single elements become one: their mean, their sum, or not at all. */
export type Reduction = 'mean' | 'sum' | 'none';

/** (input - target)^2, reduced (default: the mean over all elements). PyTorch's name: `torch.nn.functional.mse_loss`. */
export function mseLoss(input: Tensor, target: Tensor, { reduction = 'mean' }: { reduction?: Reduction } = {}): Tensor {
  if (!sameShape(input.shape, target.shape)) {
    throw new ShapeError(`mseLoss: input [${input.shape}] and target [${target.shape}] must have one shape; reshape() or expand() one`);
  }
  return scope(() => {
    const squares = square(sub(input, target));
    if (reduction === 'none') return squares;
    return reduction === 'sum' ? sum(squares) : mean(squares);
  });
}

/** `crossEntropy` as a module; the weights of the classes are a buffer. PyTorch's name: `nn.CrossEntropyLoss`. */
export class CrossEntropyLoss extends Module {
  readonly weight: Tensor | null;
  private readonly options: Omit<CrossEntropyOptions, 'weight'>;

  constructor({ weight, ...options }: CrossEntropyOptions = {}) {
    super();
    this.weight = weight ? buffer(weight) : null;
    this.options = options;
  }

  forward(logits: Tensor, target: Tensor): Tensor {
    return crossEntropy(logits, target, { ...this.options, weight: this.weight ?? undefined });
  }
}

/** `mseLoss` as a module. PyTorch's name: `nn.MSELoss`. */
export class MSELoss extends Module {
  constructor(readonly options: { reduction?: Reduction } = {}) {
    super();
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.options);
  }
}
