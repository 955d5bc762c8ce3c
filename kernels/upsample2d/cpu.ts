import type { CpuOperand } from '../../core/op.js';
import type { UpsampleAttrs } from './geometry.js';

/** Two neighbouring cells of an axis, and the second one's share. */
type Taps = readonly [first: number, second: number, share: number];

/** What output position p of `to` sees of `from` cells. */
function tapsOf(p: number, from: number, to: number, { mode, alignCorners }: UpsampleAttrs): Taps {
  if (mode === 'nearest') {
    const cell = Math.floor((p * from) / to);
    return [cell, cell, 0];
  }
  const position = alignCorners ? (to > 1 ? (p * (from - 1)) / (to - 1) : 0) : Math.max(((p + 0.5) * from) / to - 0.5, 0);
  const first = Math.min(Math.floor(position), from - 1);
  return [first, Math.min(first + 1, from - 1), position - first];
}

/** Calls `visit` for each output with the cells it is a weighted sum of. */
function forEachTap(
  [batch, channels, height, width]: readonly number[], [, , outHeight, outWidth]: readonly number[], attrs: UpsampleAttrs,
  visit: (output: number, cell: number, weight: number) => void,
): void {
  const columns = Array.from({ length: outWidth }, (_, ox) => tapsOf(ox, width, outWidth, attrs));
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let oy = 0; oy < outHeight; oy++) {
      const [top, bottom, down] = tapsOf(oy, height, outHeight, attrs);
      const [upper, lower] = [(plane * height + top) * width, (plane * height + bottom) * width];
      columns.forEach(([left, right, across], ox) => {
        const output = (plane * outHeight + oy) * outWidth + ox;
        const taps = [
          [upper + left, (1 - down) * (1 - across)],
          [upper + right, (1 - down) * across],
          [lower + left, down * (1 - across)],
          [lower + right, down * across],
        ];
        // A cell that is not seen at all adds nothing, not even if it is NaN.
        for (const [cell, weight] of taps) if (weight !== 0) visit(output, cell, weight);
      });
    }
  }
}

export function upsample2dCpu([x]: readonly CpuOperand[], [out]: readonly CpuOperand[], attrs: UpsampleAttrs): void {
  const sums = new Float64Array(out.data.length);
  forEachTap(x.shape, out.shape, attrs, (output, cell, weight) => {
    sums[output] += weight * x.data[cell];
  });
  out.data.set(sums);
}

export function upsample2dGradCpu([gradient]: readonly CpuOperand[], [out]: readonly CpuOperand[], attrs: UpsampleAttrs): void {
  const sums = new Float64Array(out.data.length);
  forEachTap(out.shape, gradient.shape, attrs, (output, cell, weight) => {
    sums[cell] += weight * gradient.data[output];
  });
  out.data.set(sums);
}
