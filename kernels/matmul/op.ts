import { callOp } from '../../core/apply.js';
import { requireFloat, requireSameDType } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { type Shape, broadcastShapes, sizeOf } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { foldGrid, padTo } from '../../core/webgpu/kernel.js';
import { reshape } from '../reshape/op.js';
import { matmulCpu } from './cpu.js';
import { batchLayout } from './layout.js';
import matmulWgsl from './matmul.wgsl';

export interface MatmulAttrs {
  /** Swap the last two axes of a first, without copying. */
  transposeA: boolean;
  transposeB: boolean;
}

/** Extents of the product: a is [rows, inner], b is [inner, columns], after their flags are applied. */
function extents(a: Shape, b: Shape, { transposeA, transposeB }: MatmulAttrs): { rows: number; inner: number; columns: number } {
  if (a.length < 2 || b.length < 2) {
    throw new ShapeError(`matmul: shapes [${a}] and [${b}]: the op takes matrices or batches of them; the function matmul() takes vectors too`);
  }
  const [rows, inner] = transposeA ? [a[a.length - 1], a[a.length - 2]] : a.slice(-2);
  const [innerB, columns] = transposeB ? [b[b.length - 1], b[b.length - 2]] : b.slice(-2);
  if (inner !== innerB) {
    const flags = `${transposeA ? ', a transposed' : ''}${transposeB ? ', b transposed' : ''}`;
    throw new ShapeError(`matmul: shapes [${a}] and [${b}]${flags}: inner extents ${inner} and ${innerB} differ`);
  }
  return { rows, inner, columns };
}

export const matmulOp = defineOp<KernelOp<MatmulAttrs>>({
  name: 'matmul',
  inputs: ['a', 'b'],
  broadcasts: true,
  infer([a, b], attrs) {
    requireFloat('matmul', 'a', a.dtype);
    const dtype = requireSameDType('matmul', [a.dtype, b.dtype]);
    const { rows, columns } = extents(a.shape, b.shape, attrs);
    return [{ shape: [...broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2)), rows, columns], dtype }];
  },
  cpu: matmulCpu,
  kernel({ inputs: [a, b], outputs: [out], attrs }) {
    const { rows, inner, columns } = extents(a.shape, b.shape, attrs);
    const batch = batchLayout(a.shape, b.shape, out.shape);
    const rowTiles = Math.ceil(rows / 32);
    const columnTiles = Math.ceil(columns / 64);
    const tiles = rowTiles * columnTiles * sizeOf(batch.shape);
    // An empty sum walks nothing, but bindings must not be read out of bounds by the first loads.
    const wholeVectors = (shape: Shape) => shape[shape.length - 1] % 4 === 0 && shape[shape.length - 1] > 0;
    return {
      launches: [{
        module: matmulWgsl,
        overrides: {
          TRANSPOSE_A: attrs.transposeA,
          TRANSPOSE_B: attrs.transposeB,
          VECTORS_A: wholeVectors(a.shape),
          VECTORS_B: wholeVectors(b.shape),
          WHOLE_INNER: inner % 4 === 0,
        },
        params: {
          batch_shape: padTo(batch.shape, 8, 1),
          batch_strides_a: padTo(batch.stridesA, 8, 0),
          batch_strides_b: padTo(batch.stridesB, 8, 0),
          batch_rank: batch.shape.length,
          rows,
          columns,
          inner,
          row_tiles: rowTiles,
          column_tiles: columnTiles,
          tiles,
        },
        workgroups: foldGrid(tiles),
      }],
    };
  },
  cost([a, b], [out], attrs) {
    const { inner } = extents(a.shape, b.shape, attrs);
    return { flops: 2 * sizeOf(out.shape) * inner, bytes: 4 * (sizeOf(a.shape) + sizeOf(b.shape) + sizeOf(out.shape)) };
  },
  saves: ([needsA, needsB]) => [needsA && 'b', needsB && 'a'],
  // With A' = a or its transpose: dA' = g B'^T and dB' = A'^T g; the flags turn them as stored, so nothing is copied.
  vjp([gradient], { attrs: { transposeA, transposeB }, needs, saved }) {
    const gradientA = () =>
      transposeA
        ? product(saved('b'), gradient, { transposeA: transposeB, transposeB: true })
        : product(gradient, saved('b'), { transposeA: false, transposeB: !transposeB });
    const gradientB = () =>
      transposeB
        ? product(gradient, saved('a'), { transposeA: true, transposeB: transposeA })
        : product(saved('a'), gradient, { transposeA: !transposeA, transposeB: false });
    return [needs[0] ? gradientA() : null, needs[1] ? gradientB() : null];
  },
});

function product(a: Tensor, b: Tensor, attrs: MatmulAttrs): Tensor {
  return callOp('matmul', [a, b], attrs);
}

export interface MatmulOptions {
  /** Swap the last two axes of a (of b) first. Costs nothing: no transposed copy is made. */
  transposeA?: boolean;
  transposeB?: boolean;
}

declare module '../../core/tensor.js' {
  interface Tensor {
    /** See the function `matmul`. */
    matmul(other: Tensor, options?: MatmulOptions): Tensor;
  }
}

/**
 * The matrix product. [.., m, k] times [.., k, n] gives [.., m, n]; batch axes broadcast. A vector [k] on the left counts as
 * a row, on the right as a column, and its axis disappears from the result; two vectors give a scalar.
 * Throws ShapeError when the inner extents differ. PyTorch's name: `torch.matmul`.
 */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false }: MatmulOptions = {}): Tensor {
  if (a.rank === 0 || b.rank === 0) throw new ShapeError(`matmul: shapes [${a.shape}] and [${b.shape}]: a scalar has no axis to sum over; use mul`);
  const left = a.rank === 1 ? reshape(a, [1, a.size]) : a;
  const right = b.rank === 1 ? reshape(b, [b.size, 1]) : b;
  const attrs = { transposeA: transposeA && a.rank > 1, transposeB: transposeB && b.rank > 1 };
  const out = product(left, right, attrs);
  const shape = [...out.shape.slice(0, -2), ...(a.rank === 1 ? [] : [out.shape.at(-2)!]), ...(b.rank === 1 ? [] : [out.shape.at(-1)!])];
  const result = shape.length === out.rank ? out : reshape(out, shape);
  for (const t of [left, right, out]) if (t !== a && t !== b && t !== result) t.dispose();
  return result;
}

/**
 * x W^T + bias: x [.., features], weight [outputs, features], bias [outputs]. PyTorch's name: `torch.nn.functional.linear`.
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  if (weight.rank !== 2 || x.shape.at(-1) !== weight.shape[1]) {
    throw new ShapeError(`linear: x [${x.shape}] does not fit weight [${weight.shape}]: x's last extent must be the weight's second`);
  }
  if (bias && (bias.rank !== 1 || bias.shape[0] !== weight.shape[0])) {
    throw new ShapeError(`linear: bias [${bias.shape}] does not fit weight [${weight.shape}]: it must have ${weight.shape[0]} elements`);
  }
  const rows = x.rank === 2 ? x : reshape(x, [-1, weight.shape[1]]);
  const products = product(rows, weight, { transposeA: false, transposeB: true });
  const flat = bias ? products.add(bias) : products;
  const result = x.rank === 2 ? flat : reshape(flat, [...x.shape.slice(0, -1), weight.shape[0]]);
  for (const t of [rows, products, flat]) if (t !== x && t !== result) t.dispose();
  return result;
}

Tensor.prototype.matmul = function (other, options) {
  return matmul(this, other, options);
};
