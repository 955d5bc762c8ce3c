import type { CpuOperand } from '../../core/op.js';
import { activateCpu } from '../fusedActivation.js';
import { batchesOf } from './layout.js';
import { type Matrix, gemm } from './gemm.js';
import type { MatmulAttrs } from './op.js';

/** The matrix at `offset` of an operand whose last two axes are [rows, columns], or are swapped first. */
function matrixOf({ data, shape }: CpuOperand, offset: number, transpose: boolean): Matrix {
  const length = shape[shape.length - 1];
  return transpose ? { data, offset, rowStride: 1, columnStride: length } : { data, offset, rowStride: length, columnStride: 1 };
}

/** One gemm for every matrix of the batch. */
export function matmulCpu([a, b, bias]: readonly CpuOperand[], [out]: readonly CpuOperand[], attrs: MatmulAttrs): void {
  const { transposeA, transposeB } = attrs;
  const [rows, columns] = out.shape.slice(-2);
  const inner = a.shape[a.shape.length - (transposeA ? 2 : 1)];
  batchesOf(a.shape, b.shape, out.shape).forEach(([offsetA, offsetB], i) => {
    const result = matrixOf(out, i * rows * columns, false);
    gemm(rows, columns, inner, matrixOf(a, offsetA, transposeA), matrixOf(b, offsetB, transposeB), result);
  });
  if (bias) for (let i = 0; i < out.data.length; i++) out.data[i] += bias.data[i % columns];
  activateCpu(out.data, attrs);
}
