import type { CpuOperand } from '../../core/op.js';

/** Calls `visit` for every cell of every window, with the cell's place, the window's, and how many cells it has. */
function forEachCell(
  [batch, channels, height, width]: readonly number[], [, , outHeight, outWidth]: readonly number[],
  visit: (cell: number, window: number, count: number) => void,
): void {
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let oy = 0; oy < outHeight; oy++) {
      const [top, bottom] = [Math.floor((oy * height) / outHeight), Math.ceil(((oy + 1) * height) / outHeight)];
      for (let ox = 0; ox < outWidth; ox++) {
        const [left, right] = [Math.floor((ox * width) / outWidth), Math.ceil(((ox + 1) * width) / outWidth)];
        const window = (plane * outHeight + oy) * outWidth + ox;
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) visit((plane * height + y) * width + x, window, (bottom - top) * (right - left));
        }
      }
    }
  }
}

export function adaptiveAvgPool2dCpu([x]: readonly CpuOperand[], [out]: readonly CpuOperand[]): void {
  const sums = new Float64Array(out.data.length);
  forEachCell(x.shape, out.shape, (cell, window, count) => {
    sums[window] += x.data[cell] / count;
  });
  out.data.set(sums);
}

/** Spreads each window's gradient evenly over its cells. */
export function adaptiveAvgPool2dGradCpu([gradient]: readonly CpuOperand[], [out]: readonly CpuOperand[]): void {
  const sums = new Float64Array(out.data.length);
  forEachCell(out.shape, gradient.shape, (cell, window, count) => {
    sums[cell] += gradient.data[window] / count;
  });
  out.data.set(sums);
}
