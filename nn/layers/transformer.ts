import { ShapeError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions, requireChoice } from '../../core/options.js';
import { type Tensor, requireTensor, tensor } from '../../core/tensor.js';
import { reshape } from '../../kernels/reshape/op.js';
import { narrow } from '../../kernels/slice/op.js';
import { gelu, relu } from '../../kernels/unary/op.js';
import { Module, buffer } from '../module.js';
import { MultiheadAttention, type MultiheadAttentionCall } from './attention.js';
import { Dropout } from './dropout.js';
import { Linear } from './linear.js';
import { LayerNorm } from './normalization.js';
import { FACTORY, type FactoryOptions, requireCounts } from './options.js';

export interface TransformerEncoderLayerOptions extends FactoryOptions {
  /** Features between the two linear layers; default 2048. */
  dimFeedforward?: number;
  /** In training, the chance of values and attention weights to become 0; default 0.1. */
  dropout?: number;
  /** Between the two linear layers; default relu. */
  activation?: 'relu' | 'gelu';
  /** Added to the variance in both normalisations; default 1e-5. */
  layerNormEps?: number;
  /** Sequences are [batch, length, features] instead of [length, batch, features]; default false. */
  batchFirst?: boolean;
  /** Normalise what goes into attention and feed-forward part, not what comes out of the sum with it; default false. */
  normFirst?: boolean;
  /** Learn biases; default true. */
  bias?: boolean;
}

export interface TransformerEncoderLayerCall {
  /** See `attnMask` of `MultiheadAttention`. */
  srcMask?: MultiheadAttentionCall['attnMask'];
  /** See `keyPaddingMask` of `MultiheadAttention`. */
  srcKeyPaddingMask?: MultiheadAttentionCall['keyPaddingMask'];
  /** Each place looks only at places up to its own; default false. */
  isCausal?: boolean;
}

/**
 * Self-attention and a feed-forward part, each added to what went into it: [length, batch, dModel] to the same shape.
 * Vaswani et al. 2017; `normFirst` is Xiong et al. 2020, which trains without warm-up. PyTorch's name: `nn.TransformerEncoderLayer`.
 */
export class TransformerEncoderLayer extends Module<[src: Tensor, options?: TransformerEncoderLayerCall]> {
  readonly selfAttn: MultiheadAttention;
  readonly linear1: Linear;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout: Dropout;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly normFirst: boolean;
  private readonly activation: (x: Tensor) => Tensor;

  constructor(readonly dModel: number, readonly nhead: number, options: TransformerEncoderLayerOptions = {}) {
    super();
    const { dimFeedforward, dropout, activation, layerNormEps: eps, batchFirst, normFirst, bias, ...factory } = readOptions(
      'TransformerEncoderLayer', options,
      { dimFeedforward: 2048, dropout: 0.1, activation: 'relu', layerNormEps: 1e-5, batchFirst: false, normFirst: false, bias: true, ...FACTORY },
    );
    requireChoice('TransformerEncoderLayer', 'activation', activation, ['relu', 'gelu']);
    this.selfAttn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst, ...factory });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, ...factory });
    this.dropout = new Dropout(dropout);
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, ...factory });
    this.norm1 = new LayerNorm(dModel, { eps, bias, ...factory });
    this.norm2 = new LayerNorm(dModel, { eps, bias, ...factory });
    this.dropout1 = new Dropout(dropout);
    this.dropout2 = new Dropout(dropout);
    this.normFirst = normFirst;
    this.activation = activation === 'relu' ? relu : (x) => gelu(x);
  }

  forward(src: Tensor, options: TransformerEncoderLayerCall = {}): Tensor {
    requireTensor('TransformerEncoderLayer', 'src', src);
    const masks = readOptions('TransformerEncoderLayer', options, { srcMask: undefined, srcKeyPaddingMask: undefined, isCausal: undefined });
    return scope(() => {
      if (this.normFirst) {
        const x = src.add(this.attention(this.norm1.call(src), masks));
        return x.add(this.feedForward(this.norm2.call(x)));
      }
      const x = this.norm1.call(src.add(this.attention(src, masks)));
      return this.norm2.call(x.add(this.feedForward(x)));
    });
  }

  private attention(x: Tensor, { srcMask, srcKeyPaddingMask, isCausal }: TransformerEncoderLayerCall): Tensor {
    const masks = { attnMask: srcMask, keyPaddingMask: srcKeyPaddingMask, isCausal };
    const [output] = this.selfAttn.call(x, x, x, { ...masks, needWeights: false });
    return this.dropout1.call(output);
  }

  private feedForward(x: Tensor): Tensor {
    const hidden = this.dropout.call(this.activation(this.linear1.call(x)));
    return this.dropout2.call(this.linear2.call(hidden));
  }
}

export interface PositionalEncodingOptions extends FactoryOptions {
  /** The longest sequence; default 5000. */
  maxLength?: number;
  /** In training, the chance of each value to become 0; default 0.1. */
  dropout?: number;
  /** Sequences are [batch, length, features] instead of [length, batch, features]; default false. */
  batchFirst?: boolean;
}

/**
 * Adds to each place of a sequence a code of its position p: sin(p / 10000^(2 i / dModel)) to feature 2 i, the cosine to feature
 * 2 i + 1. x [length, batch, dModel] to the same shape, then dropout. Vaswani et al. 2017, 3.5.
 */
export class PositionalEncoding extends Module {
  /** [maxLength, dModel] */
  encoding: Tensor;
  readonly dropout: Dropout;
  readonly batchFirst: boolean;

  constructor(readonly dModel: number, options: PositionalEncodingOptions = {}) {
    super();
    const defaults = { maxLength: 5000, dropout: 0.1, batchFirst: false, ...FACTORY, dtype: 'float32' as const };
    const { maxLength, dropout, batchFirst, ...factory } = readOptions('PositionalEncoding', options, defaults);
    requireCounts('PositionalEncoding', { dModel, maxLength });
    const codes = Float64Array.from({ length: maxLength * dModel }, (_, at) => {
      const [position, feature] = [Math.floor(at / dModel), at % dModel];
      const angle = position / 10_000 ** ((feature - (feature % 2)) / dModel);
      return feature % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    });
    this.encoding = buffer(tensor(codes, [maxLength, dModel], factory));
    this.dropout = new Dropout(dropout);
    this.batchFirst = batchFirst;
  }

  forward(x: Tensor): Tensor {
    requireTensor('PositionalEncoding', 'x', x);
    const { encoding, dModel, batchFirst } = this;
    const length = x.shape[batchFirst ? 1 : 0];
    if (x.rank !== 3 || x.shape[2] !== dModel || length > encoding.shape[0]) {
      const axes = batchFirst ? 'batch, length' : 'length, batch';
      throw new ShapeError(`PositionalEncoding: x [${x.shape}] must be [${axes}, ${dModel}] with a length up to ${encoding.shape[0]}`);
    }
    return scope(() => {
      const codes = narrow(encoding, 0, 0, length);
      return this.dropout.call(x.add(batchFirst ? codes : reshape(codes, [length, 1, dModel])));
    });
  }
}
