import { ShapeError } from '../../core/errors.js';
import type { Shape } from '../../core/shape.js';

/** Settings of two-dimensional pooling: height, then width. */
export interface PoolAttrs {
  kernelSize: readonly [number, number];
  stride: readonly [number, number];
  padding: readonly [number, number];
  dilation: readonly [number, number];
  /** Round the output's extents up; a window that would start in the padding after the input is dropped all the same. */
  ceilMode: boolean;
  /** Mean pooling only: divide by the window's cells inside the padded input, not by those inside the input. */
  countIncludePad: boolean;
}

/** Where a tap of a window that begins at `start` first stands inside the input, or past its end; null if it never gets there. */
function firstTap(start: number, kernel: number, dilation: number): number | null {
  const skipped = Math.max(0, Math.ceil(-start / dilation));
  return skipped < kernel ? start + skipped * dilation : null;
}

function outExtent(op: string, x: Shape, axis: 0 | 1, { kernelSize, stride, padding, dilation, ceilMode }: PoolAttrs): number {
  const extent = x[2 + axis];
  const [k, s, p, d] = [kernelSize[axis], stride[axis], padding[axis], dilation[axis]];
  for (const [name, value, least] of [['kernelSize', k, 1], ['stride', s, 1], ['padding', p, 0], ['dilation', d, 1]] as const) {
    if (!Number.isInteger(value) || value < least) throw new ShapeError(`${op}: ${name} must be whole numbers from ${least}, got ${value}`);
  }
  if (2 * p > k) throw new ShapeError(`${op}: padding ${p} is more than half of the kernel's ${k}: some windows would hold padding only`);
  const room = extent + 2 * p - (d * (k - 1) + 1);
  if (room < 0) {
    throw new ShapeError(`${op}: x [${x}]: the window reaches over ${d * (k - 1) + 1}, more than the ${extent + 2 * p} of the padded input, on axis ${2 + axis}`);
  }
  const count = (ceilMode ? Math.ceil(room / s) : Math.floor(room / s)) + 1;
  const out = ceilMode && (count - 1) * s >= extent + p ? count - 1 : count;
  // Windows that begin inside see their first cell; none begins behind, where the padding is at most half of the kernel.
  for (let start = -p; start < 0 && start + p < out * s; start += s) {
    if ((firstTap(start, k, d) ?? extent) >= extent) {
      throw new ShapeError(`${op}: x [${x}]: with padding ${p} and dilation ${d}, the window from ${start} on holds padding only, on axis ${2 + axis}; pad less`);
    }
  }
  return out;
}

/** The output's shape for x [batch, channels, height, width]. */
export function poolShape(op: string, x: Shape, attrs: PoolAttrs): number[] {
  if (x.length !== 4) throw new ShapeError(`${op}: x [${x}] must be [batch, channels, height, width]`);
  return [x[0], x[1], outExtent(op, x, 0, attrs), outExtent(op, x, 1, attrs)];
}

/** The window of output position `position` on one axis: its first cell, and one past its last, before clipping to the input. */
export function windowOf(position: number, axis: 0 | 1, { kernelSize, stride, padding, dilation }: PoolAttrs): [number, number] {
  const start = position * stride[axis] - padding[axis];
  return [start, start + dilation[axis] * (kernelSize[axis] - 1) + 1];
}
