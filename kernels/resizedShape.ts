import { ShapeError } from '../core/errors.js';
import type { Shape } from '../core/shape.js';

/** The shape of x [batch, channels, height, width] at another `size` [height, width], which the op calls `name`. Neither may be empty. */
export function resizedShape(op: string, name: string, x: Shape, size: readonly [number, number]): number[] {
  if (x.length !== 4) throw new ShapeError(`${op}: x [${x}] must be [batch, channels, height, width]`);
  if (x[2] === 0 || x[3] === 0) throw new ShapeError(`${op}: x [${x}] has no cells in height or width`);
  if (!size.every((extent) => Number.isInteger(extent) && extent >= 1)) {
    throw new ShapeError(`${op}: ${name} [${size}] must be two whole numbers from 1`);
  }
  return [x[0], x[1], ...size];
}
