import { isFloat } from '../../core/dtype.js';
import { ShapeError, TapegradError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions } from '../../core/options.js';
import { sameShape } from '../../core/shape.js';
import { type Tensor, requireTensor, requireTensors } from '../../core/tensor.js';
import { attend } from '../../kernels/attention/op.js';
import { eq } from '../../kernels/binary/op.js';
import { linear } from '../../kernels/matmul/op.js';
import { permute } from '../../kernels/permute/op.js';
import { reshape } from '../../kernels/reshape/op.js';
import { narrow } from '../../kernels/slice/op.js';
import { unbind } from '../../kernels/stack/op.js';
import { xavierUniform, zeros } from '../init.js';
import { Module, parameter } from '../module.js';
import { Linear } from './linear.js';
import { FACTORY, type FactoryOptions, requireCounts } from './options.js';

export interface MultiheadAttentionOptions extends FactoryOptions {
  /** In training, the chance of each attention weight to become 0; default 0. */
  dropout?: number;
  /** Learn biases; default true. */
  bias?: boolean;
  /** Sequences are [batch, length, features] instead of [length, batch, features]; default false. */
  batchFirst?: boolean;
}

export interface MultiheadAttentionCall {
  /** int32 [batch, keys]: keys to leave out (padding) are not 0. */
  keyPaddingMask?: Tensor | null;
  /**
   * [queries, keys], or [batch * heads, queries, keys]. int32: pairs to leave out are not 0, as in PyTorch and the other way round
   * than for `scaledDotProductAttention`. Float: is added to the scores.
   */
  attnMask?: Tensor | null;
  /** A query looks only at keys up to its own position; default false. */
  isCausal?: boolean;
  /** Also give the attention weights; default true. */
  needWeights?: boolean;
  /** Give the mean of the weights over the heads, instead of each head's; default true. */
  averageAttnWeights?: boolean;
}

/**
 * Attention in `numHeads` subspaces of embedDim / numHeads features each. Gives [output, weights]: output of the query's shape;
 * weights [batch, queries, keys], with an axis for the heads after the batch where they are not averaged, or null where they are
 * not needed. As in PyTorch, `inProjWeight` starts Xavier-uniform, `outProj.weight` as in a Linear, the biases at 0. A query that may
 * look at no key gets the output projection's bias. Vaswani et al. 2017. PyTorch's name: `nn.MultiheadAttention`, without its bias_k,
 * zero_attn, kdim and vdim.
 *
 *     const attention = new MultiheadAttention(64, 8, { batchFirst: true });
 *     const [output] = attention.call(x, x, x, { isCausal: true, needWeights: false }); // x and output [batch, length, 64]
 */
export class MultiheadAttention
  extends Module<[query: Tensor, key: Tensor, value: Tensor, options?: MultiheadAttentionCall], [output: Tensor, weights: Tensor | null]> {
  /** [3 * embedDim, embedDim]: the projections of query, key and value. */
  inProjWeight: Tensor;
  /** [3 * embedDim] */
  inProjBias: Tensor | null;
  readonly outProj: Linear;
  readonly dropout: number;
  readonly batchFirst: boolean;

  constructor(readonly embedDim: number, readonly numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    const defaults = { dropout: 0, bias: true, batchFirst: false, ...FACTORY };
    const { dropout, bias, batchFirst, ...factory } = readOptions('MultiheadAttention', options, defaults);
    requireCounts('MultiheadAttention', { embedDim, numHeads });
    if (embedDim % numHeads !== 0) throw new ShapeError(`MultiheadAttention: embedDim ${embedDim} does not divide into ${numHeads} heads`);
    if (!(dropout >= 0 && dropout < 1)) {
      throw new TapegradError(`MultiheadAttention: dropout must be at least 0 and below 1, got ${dropout}`);
    }
    this.dropout = dropout;
    this.batchFirst = batchFirst;
    this.inProjWeight = parameter(xavierUniform([3 * embedDim, embedDim], factory));
    this.inProjBias = bias ? parameter(zeros([3 * embedDim], factory)) : null;
    this.outProj = new Linear(embedDim, embedDim, { bias, ...factory });
    if (this.outProj.bias) {
      this.outProj.bias.dispose();
      this.outProj.bias = parameter(zeros([embedDim], factory));
    }
  }

  forward(query: Tensor, key: Tensor, value: Tensor, options: MultiheadAttentionCall = {}): [output: Tensor, weights: Tensor | null] {
    const { isCausal, needWeights, averageAttnWeights, ...masks } = readOptions('MultiheadAttention', options, {
      attnMask: undefined, keyPaddingMask: undefined, isCausal: false, needWeights: true, averageAttnWeights: true,
    });
    requireTensors('MultiheadAttention', { query, key, value });
    this.checkSequences(query, key, value);
    return scope(() => {
      const [q, k, v] = this.heads(query, key, value);
      const dropoutP = this.training ? this.dropout : 0;
      const [attended, weights] = attend(q, k, v, { ...this.masks(q, k, masks), isCausal, dropoutP });
      const [batch, , queries] = attended.shape;
      const joined = this.batchFirst
        ? reshape(permute(attended, [0, 2, 1, 3]), [batch, queries, this.embedDim])
        : reshape(permute(attended, [2, 0, 1, 3]), [queries, batch, this.embedDim]);
      const output = this.outProj.call(joined);
      if (!needWeights) return [output, null];
      return [output, averageAttnWeights ? weights.mean({ axis: 1 }) : weights];
    });
  }

  private checkSequences(query: Tensor, key: Tensor, value: Tensor): void {
    const batchAxis = this.batchFirst ? 0 : 1;
    const fits = (t: Tensor) => t.rank === 3 && t.shape[2] === this.embedDim && t.shape[batchAxis] === query.shape[batchAxis];
    if (![query, key, value].every(fits) || !sameShape(key.shape, value.shape)) {
      const axes = this.batchFirst ? 'batch, length' : 'length, batch';
      const shapes = [query, key, value].map(({ shape }) => `[${shape}]`).join(', ');
      throw new ShapeError(`MultiheadAttention: query, key, value ${shapes} must be [${axes}, ${this.embedDim}], of one batch, key and value alike`);
    }
  }

  /** The three projections, each [batch, heads, length, embedDim / heads]. */
  private heads(query: Tensor, key: Tensor, value: Tensor): Tensor[] {
    const { embedDim, numHeads, inProjWeight, inProjBias } = this;
    const width = embedDim / numHeads;
    const [batch, length] = this.batchFirst ? [0, 1] : [1, 0];
    if (query === key && key === value) {
      const [first, second] = query.shape;
      const projected = reshape(linear(query, inProjWeight, inProjBias), [first, second, 3, numHeads, width]);
      return unbind(permute(projected, [2, batch, 3, length, 4]));
    }
    return [query, key, value].map((x, part) => {
      const rows = (t: Tensor) => narrow(t, 0, part * embedDim, embedDim);
      const projected = linear(x, rows(inProjWeight), inProjBias && rows(inProjBias));
      return permute(reshape(projected, [x.shape[0], x.shape[1], numHeads, width]), [batch, 2, length, 3]);
    });
  }

  /** The masks in shapes that broadcast with [batch, heads, queries, keys], and saying what stays. */
  private masks(q: Tensor, k: Tensor, { keyPaddingMask, attnMask }: MultiheadAttentionCall): { keep?: Tensor; bias?: Tensor } {
    const [batch, heads, queries] = q.shape;
    const keys = k.shape[2];
    if (keyPaddingMask) requireTensor('MultiheadAttention', 'keyPaddingMask', keyPaddingMask);
    if (attnMask) requireTensor('MultiheadAttention', 'attnMask', attnMask);
    if (keyPaddingMask && (isFloat(keyPaddingMask.dtype) || !sameShape(keyPaddingMask.shape, [batch, keys]))) {
      const { dtype, shape } = keyPaddingMask;
      throw new ShapeError(`MultiheadAttention: keyPaddingMask ${dtype} [${shape}] must be int32 [${batch},${keys}], one for each key`);
    }
    if (attnMask && !sameShape(attnMask.shape, [queries, keys]) && !sameShape(attnMask.shape, [batch * heads, queries, keys])) {
      throw new ShapeError(`MultiheadAttention: attnMask [${attnMask.shape}] must be [${queries},${keys}] or [${batch * heads},${queries},${keys}]`);
    }
    const padding = keyPaddingMask ? eq(reshape(keyPaddingMask, [batch, 1, 1, keys]), 0) : undefined;
    if (!attnMask) return { keep: padding };
    const pairs = attnMask.rank === 3 ? reshape(attnMask, [batch, heads, queries, keys]) : attnMask;
    if (isFloat(pairs.dtype)) return { keep: padding, bias: pairs };
    const allowed = eq(pairs, 0);
    return { keep: padding ? allowed.mul(padding) : allowed };
  }
}
