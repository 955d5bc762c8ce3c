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
 * Looks rows up: int32 indices [..] to [.., embeddingDim]. Rows start standard normal; the one at `paddingIdx` starts at zero
 * and is never learned. PyTorch's name: `nn.Embedding`.
 */
export class Embedding extends Module {
  /** [numEmbeddings, embeddingDim] */
  weight: Tensor;
  readonly paddingIdx: number | undefined;

  constructor(readonly numEmbeddings: number, readonly embeddingDim: number, options: FactoryOptions & { paddingIdx?: number } = {}) {
    super();
    requireCounts('Embedding', { numEmbeddings, embeddingDim });
    const { paddingIdx, ...factory } = readOptions('Embedding', options, { paddingIdx: undefined, ...FACTORY });
    if (paddingIdx !== undefined && !(Number.isInteger(paddingIdx) && paddingIdx >= -numEmbeddings && paddingIdx < numEmbeddings)) {
      throw new ShapeError(`Embedding: paddingIdx ${paddingIdx} is no row of ${numEmbeddings}`);
    }
    this.paddingIdx = paddingIdx;
    this.weight = parameter(scope(() => {
      const learned = Array.from({ length: numEmbeddings }, (_, row) => (row === paddingIdx || row - numEmbeddings === paddingIdx ? 0 : 1));
      return mul(normal([numEmbeddings, embeddingDim], 0, 1, factory), tensor(learned, [numEmbeddings, 1], factory));
    }));
  }

  forward(index: Tensor): Tensor {
    return embedding(index, this.weight, { paddingIdx: this.paddingIdx });
  }
}
