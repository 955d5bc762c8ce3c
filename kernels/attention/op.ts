import { isFloat, requireFloat, requireSameDType } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions } from '../../core/options.js';
import { type Tensor, requireTensors } from '../../core/tensor.js';
import { arange } from '../arange/op.js';
import { ge } from '../binary/op.js';
import { dropout } from '../dropout/op.js';
import { matmul } from '../matmul/op.js';
import { softmax } from '../softmax/op.js';
import { where } from '../where/op.js';

export interface AttentionOptions {
  /**
   * Broadcasts with the scores [.., queries, keys]. int32: a query looks at a key where the mask is not 0. Float: is added to
   * the scores (by finite numbers: WGSL knows no infinity).
   */
  attnMask?: Tensor | null;
  /** The chance of each weight to become 0; default 0. Leave it at 0 in evaluation. */
  dropoutP?: number;
  /** A query looks only at keys up to its own position. With `attnMask` both apply. Default false. */
  isCausal?: boolean;
  /** Factor of the scores. Default 1 / sqrt(width). */
  scale?: number;
}

/** Stands for minus infinity, which WGSL may assume away. Beside any other score, its exponential is 0. */
const LOWEST = -3e38;

/** Throws unless q [.., queries, width], k [.., keys, width] and v [.., keys, any width] fit. */
function checkOperands(op: string, q: Tensor, k: Tensor, v: Tensor): void {
  requireFloat(op, 'q', q.dtype);
  requireSameDType(op, [q.dtype, k.dtype, v.dtype]);
  const all = [q, k, v];
  if (all.some((t) => t.rank < 2) || q.shape.at(-1) === 0 || q.shape.at(-1) !== k.shape.at(-1) || k.shape.at(-2) !== v.shape.at(-2)) {
    const shapes = all.map(({ shape }) => `[${shape}]`).join(', ');
    throw new ShapeError(`${op}: q, k, v ${shapes} must be [.., queries, width], [.., keys, width] and [.., keys, any width]`);
  }
}

/** What decides the weights beside q and k. Both masks broadcast with the scores. */
export interface AttentionCall extends Omit<AttentionOptions, 'attnMask'> {
  /** int32: where it is 0, a query does not look at a key. */
  keep?: Tensor | null;
  /** Float: is added to the scores. */
  bias?: Tensor | null;
}

/** `scaledDotProductAttention` together with its weights [.., queries, keys], as they are after dropout. */
export function attend(q: Tensor, k: Tensor, v: Tensor, options: AttentionCall = {}): [out: Tensor, weights: Tensor] {
  const { keep, bias, dropoutP = 0, isCausal = false, scale = 1 / Math.sqrt(q.shape.at(-1)!) } = options;
  checkOperands('scaledDotProductAttention', q, k, v);
  return scope(() => {
    let scores = matmul(q.mul(scale), k, { transposeB: true });
    if (bias) scores = scores.add(bias);
    const allowed = isCausal ? causalMask(q, k, keep) : keep;
    let weights = softmax(allowed ? where(allowed, scores, LOWEST) : scores);
    // Where a query may look at nothing, or at scores no higher than LOWEST, what is forbidden has weights too.
    if (allowed) weights = where(allowed, weights, 0);
    weights = dropout(weights, { p: dropoutP, training: dropoutP > 0 });
    return [matmul(weights, v), weights];
  });
}

/** int32 [queries, keys]: 1 up to the diagonal; with `keep`, only where that is not 0. */
function causalMask(q: Tensor, k: Tensor, keep?: Tensor | null): Tensor {
  const { device } = q;
  const [queries, keys] = [q.shape.at(-2)!, k.shape.at(-2)!];
  const causal = ge(arange(queries, { device }).unsqueeze(1), arange(keys, { device }));
  return keep ? where(keep, causal, 0) : causal;
}

/**
 * softmax(q k^T scale + mask) v: each query takes the mean of the values, weighted by how well their keys fit it. q [.., queries,
 * width], k [.., keys, width], v [.., keys, any width], batch axes broadcast, float tensors of one dtype. A query that the mask
 * allows no key gets 0. Vaswani et al. 2017. PyTorch's name: `torch.nn.functional.scaled_dot_product_attention`.
 */
export function scaledDotProductAttention(q: Tensor, k: Tensor, v: Tensor, options: AttentionOptions = {}): Tensor {
  requireTensors('scaledDotProductAttention', { q, k, v });
  const { attnMask, ...call } = readOptions('scaledDotProductAttention', options, {
    attnMask: undefined, dropoutP: undefined, isCausal: undefined, scale: undefined,
  });
  const mask = attnMask && (isFloat(attnMask.dtype) ? { bias: attnMask } : { keep: attnMask });
  return scope(() => attend(q, k, v, { ...call, ...mask })[0]);
}
