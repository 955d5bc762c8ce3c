import { callOp } from '../../core/apply.js';
import { DTypeError, ShapeError, TapegradError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { readOptions, requireArray, requireChoice, show } from '../../core/options.js';
import type { Shape } from '../../core/shape.js';
import { Tensor, requireTensors } from '../../core/tensor.js';
import { concat } from '../concat/op.js';
import { expand } from '../expand/op.js';
import { flip } from '../flip/op.js';
import { narrow, slice } from '../slice/op.js';
import { RUN_VARIANTS } from '../runs.js';
import { movingCost, planOnGround, windowLayout } from '../strided/plan.js';
import { padCpu } from './cpu.js';

/** Elements added [before, after] each axis. */
export type Padding = readonly (readonly [number, number])[];

export interface PadAttrs {
  padding: Padding;
  value: number;
}

export interface PadOptions {
  /** What `constant` puts around; default 0. */
  value?: number;
  /** `reflect` mirrors at the outermost element, which is not repeated; `replicate` repeats it. Default `constant`. */
  mode?: 'constant' | 'reflect' | 'replicate';
}

function checkPadding(shape: Shape, padding: Padding): void {
  requireArray('pad', 'padding', padding);
  padding.forEach((pair, axis) => requireArray('pad', `padding of axis ${axis}`, pair));
  const shown = padding.map((pair) => `[${pair}]`).join(', ');
  if (padding.length !== shape.length) {
    throw new ShapeError(`pad: padding [${shown}] for shape [${shape}]; give [before, after] for each of the ${shape.length} axes`);
  }
  if (padding.some((pair) => pair.length !== 2 || pair.some((count) => !Number.isInteger(count) || count < 0))) {
    throw new ShapeError(`pad: padding [${shown}] of shape [${shape}] must be whole numbers from 0; use slice() to cut`);
  }
}

export const padOp = defineOp<KernelOp<PadAttrs>>({
  name: 'pad',
  inputs: ['x'],
  infer([{ shape, dtype }], { padding, value }) {
    checkPadding(shape, padding);
    if (typeof value !== 'number') throw new TapegradError(`pad: value must be a number, got ${show(value)}`);
    if (dtype === 'int32' && value !== (value | 0)) throw new DTypeError(`pad: value ${value} does not fit int32, the dtype of x`);
    return [{ shape: shape.map((extent, axis) => padding[axis][0] + extent + padding[axis][1]), dtype }];
  },
  cpu: padCpu,
  kernel(call) {
    const { padding, value } = call.attrs;
    return planOnGround(call, windowLayout(call.outputs[0].shape, padding.map(([before]) => before)), value);
  },
  variants: RUN_VARIANTS,
  cost: (inputs, outputs) => movingCost(...inputs, ...outputs),
  vjp: ([gradient], { inputs: [x], attrs: { padding } }) => [
    slice(gradient, padding.map(([before], axis) => [before, before + x.shape[axis]])),
  ],
});

declare module '../../core/tensor.js' {
  interface Tensor {
    /** A copy with [before, after] elements added along each axis. */
    pad(padding: Padding, options?: PadOptions): Tensor;
  }
}

/** What lies before and after `x` along `axis`, taken from x itself. */
function borders(x: Tensor, axis: number, [before, after]: readonly [number, number], mode: 'reflect' | 'replicate'): [Tensor, Tensor] {
  const last = x.shape[axis] - 1;
  if (mode === 'reflect') {
    return [flip(narrow(x, axis, 1, before), axis), flip(narrow(x, axis, last - after, after), axis)];
  }
  const repeat = (position: number, count: number) =>
    expand(narrow(x, axis, position, 1), x.shape.map((extent, i) => (i === axis ? count : extent)));
  return [repeat(0, before), repeat(last, after)];
}

/** Pads one axis after the other, so that corners come from borders that are there already. */
function padFromInside(x: Tensor, padding: Padding, mode: 'reflect' | 'replicate'): Tensor {
  checkPadding(x.shape, padding);
  return scope(() => {
    let padded = x.alias();
    padding.forEach((pair, axis) => {
      const [before, after] = pair;
      const extent = x.shape[axis];
      if (before + after === 0) return;
      const room = mode === 'reflect' ? extent - 1 : extent > 0 ? Infinity : 0;
      if (Math.max(before, after) > room) {
        throw new ShapeError(`pad: ${mode} cannot add [${pair}] to axis ${axis} of shape [${x.shape}]: there is too little to repeat`);
      }
      const [left, right] = borders(padded, axis, pair, mode);
      padded = concat([left, padded, right], { axis });
    });
    return padded;
  });
}

/**
 * A copy with elements added around: `padding` is [before, after] for each axis, in the order of the axes. Any dtype.
 * ShapeError for negative padding, or where `reflect` reaches further than the axis. PyTorch's name:
 * `torch.nn.functional.pad`, which counts axes from the last.
 */
export function pad(x: Tensor, padding: Padding, options: PadOptions = {}): Tensor {
  requireTensors('pad', { x });
  const { value, mode } = readOptions('pad', options, { value: 0, mode: 'constant' });
  requireChoice('pad', 'mode', mode, ['constant', 'reflect', 'replicate']);
  if (mode !== 'constant') return padFromInside(x, padding, mode);
  return callOp('pad', [x], { padding, value });
}

Tensor.prototype.pad = function (padding, options) {
  return pad(this, padding, options);
};
