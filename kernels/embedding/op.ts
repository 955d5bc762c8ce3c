import { requireInt } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions } from '../../core/options.js';
import { type Tensor, requireTensors } from '../../core/tensor.js';
import { eq } from '../binary/op.js';
import { indexSelect } from '../indexSelect/op.js';
import { reshape } from '../reshape/op.js';
import { where } from '../where/op.js';

/** A possibly negative row of `weight` as 0 .. rows-1. */
function normalizeRow(paddingIdx: number, weight: Tensor): number {
  const [rows] = weight.shape;
  const row = paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
  if (!Number.isInteger(row) || row < 0 || row >= rows) {
    throw new ShapeError(`embedding: paddingIdx ${paddingIdx} is no row of a weight of shape [${weight.shape}]`);
  }
  return row;
}

/**
 * Looks up rows of a table: out[.., :] = weight[index[..], :]. `index` is int32 of any shape, `weight` is
 * [rows, width]; the result has the shape of `index` with `width` as a new last axis. The row `paddingIdx` (which
 * may be negative) is looked up like any other, but gets no gradient. PyTorch's name: `torch.nn.functional.embedding`.
 *
 * An index outside 0 .. rows-1 throws a ShapeError on the CPU; on WebGPU its row is NaN (0 for int32).
 */
export function embedding(index: Tensor, weight: Tensor, options: { paddingIdx?: number } = {}): Tensor {
  requireTensors('embedding', { index, weight });
  const { paddingIdx } = readOptions('embedding', options, { paddingIdx: undefined });
  requireInt('embedding', 'index', index.dtype);
  if (weight.rank !== 2) throw new ShapeError(`embedding: weight must have the shape [rows, width], got [${weight.shape}]`);
  const padding = paddingIdx === undefined ? null : normalizeRow(paddingIdx, weight);
  return scope(() => {
    const flat = reshape(index, [index.size]);
    const rows = indexSelect(weight, flat, { axis: 0 });
    const learnt = padding === null ? rows : where(reshape(eq(flat, padding), [index.size, 1]), rows.detach(), rows);
    return reshape(learnt, [...index.shape, weight.shape[1]]);
  });
}
