import { type DType, isFloat } from '../../core/dtype.js';
import { DTypeError, ShapeError, TapegradError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { show } from '../../core/options.js';
import type { Tensor, TensorOptions } from '../../core/tensor.js';
import { wgslType } from '../../core/webgpu/kernel.js';
import { create } from '../create.js';
import { bitsOf } from '../fill/op.js';
import { RUN_VARIANTS, flatWalk } from '../runs.js';
import { arangeCpu } from './cpu.js';
import arangeWgsl from './arange.wgsl';

export interface ArangeAttrs {
  start: number;
  stop: number;
  step: number;
  dtype: DType;
}

/** How many numbers lie in [start, stop). Throws where the step never gets there. */
function countOf({ start, stop, step, dtype }: ArangeAttrs): number {
  const call = `arange: from ${start} to ${stop} by ${step}`;
  if (![start, stop, step].every(Number.isFinite)) throw new ShapeError(`${call}: all three must be finite`);
  if (step === 0 || (stop - start) / step < 0) {
    throw new ShapeError(`${call} never arrives; the step must have the sign of stop - start and not be 0`);
  }
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (!isFloat(dtype)) {
    const ends = [start, step, start + (count - 1) * step];
    if (count > 0 && ends.some((value) => value !== (value | 0))) {
      throw new DTypeError(`${call} leaves the whole 32-bit numbers that int32 holds; use dtype 'float32'`);
    }
  }
  return count;
}

export const arangeOp = defineOp<KernelOp<ArangeAttrs>>({
  name: 'arange',
  inputs: [],
  infer: (_inputs, attrs) => [{ shape: [countOf(attrs)], dtype: attrs.dtype }],
  cpu: arangeCpu,
  kernel({ outputs: [out], attrs: { start, step }, variant }) {
    const { params, ...walk } = flatWalk(out.shape[0], variant);
    const numbers = { start: bitsOf(start, out.dtype), step: bitsOf(step, out.dtype) };
    return { launches: [{ module: arangeWgsl, ...walk, tiles: { Element: wgslType(out.dtype) }, params: { ...params, ...numbers } }] };
  },
  variants: RUN_VARIANTS,
  vjp: { notDifferentiable: 'it has no inputs' },
});

/**
 * The numbers start, start + step, ... below `stop` (above it for a negative step), as one axis. `start` is 0 and
 * `step` 1 where left out. The dtype is int32 if all of them are whole, else float32, unless options name one.
 * Throws a ShapeError for a step that is 0 or leads away from `stop`. PyTorch's name: `torch.arange`.
 *
 *     arange(5)              // 0 1 2 3 4
 *     arange(1, 2, 0.25)     // 1 1.25 1.5 1.75
 */
export function arange(stop: number, options?: TensorOptions): Tensor;
export function arange(start: number, stop: number, options?: TensorOptions): Tensor;
export function arange(start: number, stop: number, step: number, options?: TensorOptions): Tensor;
export function arange(...args: (number | TensorOptions | undefined)[]): Tensor {
  const given = args.filter((argument) => argument !== undefined);
  const numbers = given.filter((argument) => typeof argument === 'number');
  const [options = {}, ...more] = given.slice(numbers.length) as TensorOptions[];
  if (numbers.length < 1 || numbers.length > 3 || more.length > 0 || typeof options === 'number') {
    throw new TapegradError(`arange: takes (stop), (start, stop) or (start, stop, step), then options; got (${args.map(show).join(', ')})`);
  }
  const [start, stop, step = 1] = numbers.length === 1 ? [0, numbers[0]] : numbers;
  return create(arangeOp, { start, stop, step }, options, [start, stop, step].every(Number.isInteger) ? 'int32' : 'float32');
}
