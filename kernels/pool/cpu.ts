import type { CpuOperand } from '../../core/op.js';
import { type PoolAttrs, windowOf } from './geometry.js';

/** Calls `visit` with plane, output row and column, and the output's place. */
function forEachOutput(shape: readonly number[], visit: (plane: number, oy: number, ox: number, at: number) => void): void {
  const [batch, channels, height, width] = shape;
  let at = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let oy = 0; oy < height; oy++) {
      for (let ox = 0; ox < width; ox++) visit(plane, oy, ox, at++);
    }
  }
}

/** The largest value of each window, and its place y * width + x in its plane. The first of equal ones; NaN wins. */
export function maxPool2dCpu([x]: readonly CpuOperand[], [out, indices]: readonly CpuOperand[], attrs: PoolAttrs): void {
  const [height, width] = x.shape.slice(2);
  const { dilation } = attrs;
  forEachOutput(out.shape, (plane, oy, ox, at) => {
    const [top, bottom] = windowOf(oy, 0, attrs);
    const [left, right] = windowOf(ox, 1, attrs);
    const start = plane * height * width;
    let best = -1;
    for (let iy = top; iy < bottom; iy += dilation[0]) {
      if (iy < 0 || iy >= height) continue;
      for (let ix = left; ix < right; ix += dilation[1]) {
        if (ix < 0 || ix >= width) continue;
        const place = iy * width + ix;
        const value = x.data[start + place];
        if (best < 0 || value > x.data[start + best] || (Number.isNaN(value) && !Number.isNaN(x.data[start + best]))) best = place;
      }
    }
    out.data[at] = x.data[start + best];
    indices.data[at] = best;
  });
}

/** Each gradient goes to the place its maximum came from. */
export function maxPool2dGradCpu([gradient, indices]: readonly CpuOperand[], [out]: readonly CpuOperand[]): void {
  const size = out.shape[2] * out.shape[3];
  out.data.fill(0);
  forEachOutput(gradient.shape, (plane, _oy, _ox, at) => {
    out.data[plane * size + indices.data[at]] += gradient.data[at];
  });
}

/** Calls `visit` with the cells of a window inside the input, and what the window's sum is divided by. */
function forEachWindow(
  inShape: readonly number[], outShape: readonly number[], attrs: PoolAttrs,
  visit: (cells: { start: number; top: number; bottom: number; left: number; right: number }, divisor: number, at: number) => void,
): void {
  const [height, width] = inShape.slice(2);
  const [padY, padX] = attrs.padding;
  forEachOutput(outShape, (plane, oy, ox, at) => {
    const [top, bottom] = windowOf(oy, 0, attrs);
    const [left, right] = windowOf(ox, 1, attrs);
    const inside = { top: Math.max(top, 0), bottom: Math.min(bottom, height), left: Math.max(left, 0), right: Math.min(right, width) };
    const divisor = attrs.countIncludePad
      ? (Math.min(bottom, height + padY) - top) * (Math.min(right, width + padX) - left)
      : (inside.bottom - inside.top) * (inside.right - inside.left);
    visit({ start: plane * height * width, ...inside }, divisor, at);
  });
}

export function avgPool2dCpu([x]: readonly CpuOperand[], [out]: readonly CpuOperand[], attrs: PoolAttrs): void {
  const width = x.shape[3];
  forEachWindow(x.shape, out.shape, attrs, ({ start, top, bottom, left, right }, divisor, at) => {
    let sum = 0;
    for (let iy = top; iy < bottom; iy++) {
      for (let ix = left; ix < right; ix++) sum += x.data[start + iy * width + ix];
    }
    out.data[at] = sum / divisor;
  });
}

export function avgPool2dGradCpu([gradient]: readonly CpuOperand[], [out]: readonly CpuOperand[], attrs: PoolAttrs): void {
  const width = out.shape[3];
  out.data.fill(0);
  forEachWindow(out.shape, gradient.shape, attrs, ({ start, top, bottom, left, right }, divisor, at) => {
    for (let iy = top; iy < bottom; iy++) {
      for (let ix = left; ix < right; ix++) out.data[start + iy * width + ix] += gradient.data[at] / divisor;
    }
  });
}
