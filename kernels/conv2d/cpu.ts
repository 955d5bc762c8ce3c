import { type TypedArray, allocate } from '../../core/dtype.js';
import type { CpuOperand } from '../../core/op.js';
import { activateCpu } from '../fusedActivation.js';
import { type Matrix, gemm } from '../matmul/gemm.js';
import { type Conv2dAttrs, type Conv2dGeometry, conv2dGeometry } from './geometry.js';

/*
 * Convolution as matrix products (im2col, Chellapilla et al. 2006). For one image and group, `columns` has a row for every
 * weight of a filter (channel, kernel row, kernel column) and a column for every output position; then
 *   out = weight columns,   d weight = g columns^T,   d columns = weight^T g,
 * and d x is d columns added back to where the values came from.
 */

type Visit = (column: number, source: number) => void;

/** Calls `visit` for every position of `columns` that lies inside the image, with its place in x. */
function visitColumns(geometry: Conv2dGeometry, attrs: Conv2dAttrs, visit: Visit): void {
  const { channels, height, width, kernelHeight, kernelWidth, outHeight, outWidth } = geometry;
  const { stride, padding, dilation } = attrs;
  for (let c = 0; c < channels; c++) {
    for (let ky = 0; ky < kernelHeight; ky++) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        const row = (c * kernelHeight + ky) * kernelWidth + kx;
        for (let oy = 0; oy < outHeight; oy++) {
          const y = oy * stride[0] + ky * dilation[0] - padding[0][0];
          if (y < 0 || y >= height) continue;
          const start = (row * outHeight + oy) * outWidth;
          const sourceRow = (c * height + y) * width;
          for (let ox = 0; ox < outWidth; ox++) {
            const x = ox * stride[1] + kx * dilation[1] - padding[1][0];
            if (x >= 0 && x < width) visit(start + ox, sourceRow + x);
          }
        }
      }
    }
  }
}

function sizesOf({ channels, filters, height, width, kernelHeight, kernelWidth, outHeight, outWidth }: Conv2dGeometry) {
  return { taps: channels * kernelHeight * kernelWidth, positions: outHeight * outWidth, plane: channels * height * width, filters };
}

function rowMajor(data: TypedArray, offset: number, columns: number): Matrix {
  return { data, offset, rowStride: columns, columnStride: 1 };
}

function transposed(matrix: Matrix): Matrix {
  return { ...matrix, rowStride: matrix.columnStride, columnStride: matrix.rowStride };
}

/** Fills `columns` from the image that starts at `start`; padding stays zero. */
function unfold(x: TypedArray, start: number, columns: TypedArray, geometry: Conv2dGeometry, attrs: Conv2dAttrs): void {
  visitColumns(geometry, attrs, (column, source) => {
    columns[column] = x[start + source];
  });
}

export function conv2dCpu([x, weight, bias]: readonly CpuOperand[], [out]: readonly CpuOperand[], attrs: Conv2dAttrs): void {
  const geometry = conv2dGeometry('conv2d', x.shape, weight.shape, attrs);
  const { taps, positions, plane, filters } = sizesOf(geometry);
  const columns = allocate(dtypeLike(x.data), taps * positions);
  for (let i = 0; i < geometry.batch * geometry.groups; i++) {
    const group = i % geometry.groups;
    unfold(x.data, i * plane, columns, geometry, attrs);
    const result = rowMajor(out.data, i * filters * positions, positions);
    gemm(filters, positions, taps, rowMajor(weight.data, group * filters * taps, taps), rowMajor(columns, 0, positions), result);
    if (!bias) continue;
    for (let f = 0; f < filters; f++) {
      for (let p = 0; p < positions; p++) out.data[result.offset + f * positions + p] += bias.data[group * filters + f];
    }
  }
  activateCpu(out.data, attrs);
}

export function conv2dGradWeightCpu([x, gradient]: readonly CpuOperand[], [out]: readonly CpuOperand[], attrs: Conv2dAttrs): void {
  const geometry = conv2dGeometry('conv2dGradWeight', x.shape, out.shape, attrs);
  const { taps, positions, plane, filters } = sizesOf(geometry);
  const columns = allocate(dtypeLike(x.data), taps * positions);
  const sums = new Float64Array(out.data.length);
  for (let i = 0; i < geometry.batch * geometry.groups; i++) {
    const group = i % geometry.groups;
    unfold(x.data, i * plane, columns, geometry, attrs);
    const upstream = rowMajor(gradient.data, i * filters * positions, positions);
    const result = rowMajor(sums, group * filters * taps, taps);
    gemm(filters, taps, positions, upstream, transposed(rowMajor(columns, 0, positions)), result, true);
  }
  out.data.set(sums);
}

export function conv2dGradInputCpu([gradient, weight]: readonly CpuOperand[], [out]: readonly CpuOperand[], attrs: Conv2dAttrs): void {
  const geometry = conv2dGeometry('conv2dGradInput', out.shape, weight.shape, attrs);
  const { taps, positions, plane, filters } = sizesOf(geometry);
  const columns = allocate(dtypeLike(out.data), taps * positions);
  out.data.fill(0);
  for (let i = 0; i < geometry.batch * geometry.groups; i++) {
    const group = i % geometry.groups;
    const weights = transposed(rowMajor(weight.data, group * filters * taps, taps));
    const upstream = rowMajor(gradient.data, i * filters * positions, positions);
    gemm(taps, positions, filters, weights, upstream, rowMajor(columns, 0, positions));
    visitColumns(geometry, attrs, (column, source) => {
      out.data[i * plane + source] += columns[column];
    });
  }
}

function dtypeLike(data: TypedArray): 'float32' | 'float64' {
  return data instanceof Float64Array ? 'float64' : 'float32';
}
