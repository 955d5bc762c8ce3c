import { callOp } from '../../core/apply.js';
import { requireSameDType } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { readOptions } from '../../core/options.js';
import { type Shape, normalizeAxis } from '../../core/shape.js';
import { type Tensor, requireTensorArray } from '../../core/tensor.js';
import { narrow } from '../slice/op.js';
import { RUN_VARIANTS } from '../runs.js';
import { copyBox, movingCost, wholeLayout, windowLayout } from '../strided/plan.js';
import { concatCpu } from './cpu.js';

export interface ConcatAttrs {
  axis: number;
}

/** The shapes of what is to be joined. Throws where there is nothing. */
export function shapesOf(op: string, inputs: readonly { shape: Shape }[]): Shape[] {
  if (inputs.length === 0) throw new ShapeError(`${op}: takes at least one tensor, got none`);
  return inputs.map(({ shape }) => shape);
}

/** Shapes for a message: `[2,3] and [2,4]`. */
export function listShapes(shapes: readonly Shape[]): string {
  return shapes.map((shape) => `[${shape}]`).join(' and ');
}

/** Where each of the inputs begins along `axis`. */
function startsOf(shapes: readonly Shape[], axis: number): number[] {
  let end = 0;
  return shapes.map((shape) => (end += shape[axis]) - shape[axis]);
}

export const concatOp = defineOp<KernelOp<ConcatAttrs>>({
  name: 'concat',
  inputs: ['...x'],
  infer(inputs, { axis }) {
    const shapes = shapesOf('concat', inputs);
    const [first] = shapes;
    if (first[axis] === undefined) {
      throw new ShapeError(`concat: shape [${first}] has no axis ${axis}; use stack() to join along a new one`);
    }
    for (const shape of shapes) {
      if (shape.length !== first.length || shape.some((extent, i) => i !== axis && extent !== first[i])) {
        throw new ShapeError(`concat: shapes ${listShapes([first, shape])} must agree in every axis but ${axis}`);
      }
    }
    const dtype = requireSameDType('concat', inputs.map((input) => input.dtype));
    const total = shapes.reduce((sum, shape) => sum + shape[axis], 0);
    return [{ shape: first.map((extent, i) => (i === axis ? total : extent)), dtype }];
  },
  cpu: concatCpu,
  kernel({ inputs, outputs: [out], attrs: { axis }, variant }) {
    const starts = startsOf(inputs.map((input) => input.shape), axis);
    const launches = inputs.flatMap(({ shape }, k) => {
      const window = windowLayout(out.shape, shape.map((_, i) => (i === axis ? starts[k] : 0)));
      return copyBox(shape, wholeLayout(shape), window, variant, `x${k}`);
    });
    return { launches };
  },
  variants: RUN_VARIANTS,
  cost: (inputs, outputs) => movingCost(...inputs, ...outputs),
  vjp([gradient], { attrs: { axis }, inputs, needs }) {
    const starts = startsOf(inputs.map((input) => input.shape), axis);
    return inputs.map(({ shape }, k) => (needs[k] ? narrow(gradient, axis, starts[k], shape[axis]) : null));
  },
});

/**
 * The tensors one after the other along `axis` (default 0; negative counts from the end). One dtype, and shapes that
 * agree in every other axis, else DTypeError or ShapeError. PyTorch's name: `torch.cat`.
 */
export function concat(tensors: readonly Tensor[], options: { axis?: number } = {}): Tensor {
  requireTensorArray('concat', 'tensors', tensors);
  const { axis } = readOptions('concat', options, { axis: 0 });
  const [first] = shapesOf('concat', tensors);
  return callOp('concat', tensors, { axis: normalizeAxis('concat', axis, first.length) });
}
