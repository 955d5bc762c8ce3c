import { callOp } from '../../core/apply.js';
import { requireFloat, requireSameDType } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { readOptions } from '../../core/options.js';
import { broadcastShapes, sizeOf } from '../../core/shape.js';
import { Tensor, requireTensors } from '../../core/tensor.js';
import { checkBias } from '../bias.js';
import { type FusedActivation, gradientBefore, requireKnownActivation } from '../fusedActivation.js';
import { reshape } from '../reshape/op.js';
import { matmulCpu } from './cpu.js';
import { extents } from './layout.js';
import { matmulVariants, planMatmul } from './plan.js';

export interface MatmulAttrs extends FusedActivation {
  /** Swap the last two axes of a first, without copying. */
  transposeA: boolean;
  transposeB: boolean;
}

export const matmulOp = defineOp<KernelOp<MatmulAttrs>>({
  name: 'matmul',
  inputs: ['a', 'b', 'bias?'],
  broadcasts: true,
  infer([a, b, bias], attrs) {
    requireFloat('matmul', 'a', a.dtype);
    const dtype = requireSameDType('matmul', [a, b, ...(bias ? [bias] : [])].map((spec) => spec.dtype));
    requireKnownActivation('matmul', attrs);
    const { rows, columns } = extents(a.shape, b.shape, attrs);
    if (bias) checkBias('matmul', bias, columns, `shapes [${a.shape}] and [${b.shape}]`);
    const batch = broadcastShapes(`matmul: batches of [${a.shape}] and [${b.shape}]`, a.shape.slice(0, -2), b.shape.slice(0, -2));
    return [{ shape: [...batch, rows, columns], dtype }];
  },
  cpu: matmulCpu,
  kernel: planMatmul,
  variants: matmulVariants,
  cost([a, b], [out], attrs) {
    const { inner } = extents(a.shape, b.shape, attrs);
    return { flops: 2 * sizeOf(out.shape) * inner, bytes: 4 * (sizeOf(a.shape) + sizeOf(b.shape) + sizeOf(out.shape)) };
  },
  saves: ([needsA, needsB], { activation }) => [needsA && 'b', needsB && 'a', activation !== undefined && 'out'],
  // With A' = a or its transpose: dA' = g B'^T and dB' = A'^T g; the flags turn them as stored, so nothing is copied.
  vjp([upstream], { attrs, needs, saved }) {
    const { transposeA, transposeB } = attrs;
    const gradient = gradientBefore(upstream, attrs, () => saved('out'));
    const gradientA = () =>
      transposeA
        ? product(saved('b'), gradient, { transposeA: transposeB, transposeB: true })
        : product(gradient, saved('b'), { transposeA: false, transposeB: !transposeB });
    const gradientB = () =>
      transposeB
        ? product(gradient, saved('a'), { transposeA: true, transposeB: transposeA })
        : product(saved('a'), gradient, { transposeA: !transposeA, transposeB: false });
    return [needs[0] ? gradientA() : null, needs[1] ? gradientB() : null, needs[2] ? gradient : null];
  },
});

function product(a: Tensor, b: Tensor, attrs: MatmulAttrs, bias: Tensor | null = null): Tensor {
  return callOp('matmul', bias ? [a, b, bias] : [a, b], attrs);
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
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  requireTensors('matmul', { a, b });
  const { transposeA, transposeB } = readOptions('matmul', options, { transposeA: false, transposeB: false });
  if (a.rank === 0 || b.rank === 0) {
    throw new ShapeError(`matmul: shapes [${a.shape}] and [${b.shape}]: a scalar has no axis to sum over; use mul`);
  }
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
 * x W^T + bias: x [.., features], weight [outputs, features], bias [outputs]; with `activation`, relu of that, by the same kernel.
 * PyTorch's name: `torch.nn.functional.linear`.
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: FusedActivation = {}): Tensor {
  requireTensors('linear', { x, weight, ...(bias && { bias }) });
  const { activation } = readOptions('linear', options, { activation: undefined });
  if (weight.rank !== 2 || x.shape.at(-1) !== weight.shape[1]) {
    throw new ShapeError(`linear: x [${x.shape}] does not fit weight [${weight.shape}]: x's last extent must be the weight's second`);
  }
  if (bias) checkBias('linear', bias, weight.shape[0], `weight [${weight.shape}]`);
  const rows = x.rank === 2 ? x : reshape(x, [-1, weight.shape[1]]);
  const flat = product(rows, weight, { transposeA: false, transposeB: true, activation }, bias);
  const result = x.rank === 2 ? flat : reshape(flat, [...x.shape.slice(0, -1), weight.shape[0]]);
  for (const t of [rows, flat]) if (t !== x && t !== result) t.dispose();
  return result;
}

Tensor.prototype.matmul = function (other, options) {
  return matmul(this, other, options);
};
