import { ShapeError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions } from '../../core/options.js';
import { type Tensor, tensor } from '../../core/tensor.js';
import { mul } from '../../kernels/binary/op.js';
import { embedding } from '../../kernels/embedding/op.js';
import { normal } from '../init.js';
import { Module, parameter } from '../module.js';
import { FACTORY, type FactoryOptions, requireCounts } from './options.js';

/**
 * Looks rows up: int32 indices [..] to [.., width]. Rows start standard normal; the one at `paddingIndex` starts at zero
 * and is never learned. PyTorch's name: `nn.Embedding`.
 */
export class Embedding extends Module {
  /** [rows, width] */
  weight: Tensor;
  readonly paddingIndex: number | undefined;

  constructor(readonly rows: number, readonly width: number, options: FactoryOptions & { paddingIndex?: number } = {}) {
    super();
    requireCounts('Embedding', { rows, width });
    const { paddingIndex, ...factory } = readOptions('Embedding', options, { paddingIndex: undefined, ...FACTORY });
    if (paddingIndex !== undefined && !(Number.isInteger(paddingIndex) && paddingIndex >= -rows && paddingIndex < rows)) {
      throw new ShapeError(`Embedding: paddingIndex ${paddingIndex} is no row of ${rows}`);
    }
    this.paddingIndex = paddingIndex;
    this.weight = parameter(scope(() => {
      const learned = Array.from({ length: rows }, (_, row) => (row === paddingIndex || row - rows === paddingIndex ? 0 : 1));
      return mul(normal([rows, width], 0, 1, factory), tensor(learned, [rows, 1], factory));
    }));
  }

  forward(index: Tensor): Tensor {
    return embedding(index, this.weight, { paddingIndex: this.paddingIndex });
  }
}
