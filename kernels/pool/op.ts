import { applyOp, callOp } from '../../core/apply.js';
import { requireFloat, requireInt } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { type Shape, sameShape, sizeOf } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { type KernelPlan, gridFor } from '../../core/webgpu/kernel.js';
import { gather } from '../gather/op.js';
import { type Pair, pairOf } from '../pair.js';
import { reshape } from '../reshape/op.js';
import { avgPool2dCpu, avgPool2dGradCpu, maxPool2dCpu, maxPool2dGradCpu } from './cpu.js';
import { type PoolAttrs, poolShape } from './geometry.js';
import poolWgsl from './pool2d.wgsl';

/** The gradient ops must be told the shape of what they give: strides leave it open. */
interface PoolGradAttrs extends PoolAttrs {
  inputShape: Shape;
}

/** One launch of `size` invocations: one an output forward, one an input (or a window) backward. */
function planPool(entryPoint: string, input: Shape, output: Shape, size: number, attrs: PoolAttrs, bind: Record<string, string> = {}): KernelPlan {
  const { kernel, stride, padding, dilation } = attrs;
  return {
    launches: [{
      module: poolWgsl,
      entryPoint,
      bind,
      overrides: { COUNT_INCLUDE_PAD: attrs.countIncludePad },
      params: {
        height: input[2],
        width: input[3],
        out_height: output[2],
        out_width: output[3],
        kernel_y: kernel[0],
        kernel_x: kernel[1],
        stride_y: stride[0],
        stride_x: stride[1],
        padding_y: padding[0],
        padding_x: padding[1],
        dilation_y: dilation[0],
        dilation_x: dilation[1],
        size,
      },
      workgroups: gridFor(size, 64),
    }],
  };
}

/** Do windows lie side by side, without overlap, gap or padding? */
function windowsAreDisjoint({ kernel, stride, padding, dilation }: PoolAttrs): boolean {
  return [0, 1].every((axis) => kernel[axis] === stride[axis] && padding[axis] === 0 && dilation[axis] === 1);
}

function windowCost(elements: Shape, { kernel }: PoolAttrs) {
  const flops = sizeOf(elements) * kernel[0] * kernel[1];
  return { flops, bytes: 4 * (flops + sizeOf(elements)) };
}

function requireGradientShape(op: string, gradient: Shape, attrs: PoolGradAttrs): void {
  const expected = poolShape(op, attrs.inputShape, attrs);
  if (!sameShape(gradient, expected)) throw new ShapeError(`${op}: the gradient has shape [${gradient}], the pooled output [${expected}]`);
}

export const maxPool2dOp = defineOp<KernelOp<PoolAttrs>>({
  name: 'maxPool2d',
  inputs: ['x'],
  outputs: ['out', 'indices'],
  infer([x], attrs) {
    requireFloat('maxPool2d', 'x', x.dtype);
    const shape = poolShape('maxPool2d', x.shape, attrs);
    return [{ shape, dtype: x.dtype }, { shape, dtype: 'int32' }];
  },
  cpu: maxPool2dCpu,
  kernel: ({ inputs: [x], outputs: [out], attrs }) => planPool('max_pool', x.shape, out.shape, sizeOf(out.shape), attrs),
  cost: (_inputs, [out], attrs) => windowCost(out.shape, attrs),
  saves: () => ['indices'],
  vjp: ([gradient], { attrs, inputs: [x], saved }) => [callOp('maxPool2dGrad', [gradient, saved('indices')], { ...attrs, inputShape: x.shape })],
});

/** Puts each gradient where its maximum came from. */
export const maxPool2dGradOp = defineOp<KernelOp<PoolGradAttrs>>({
  name: 'maxPool2dGrad',
  inputs: ['gradient', 'indices'],
  infer([gradient, indices], attrs) {
    requireFloat('maxPool2dGrad', 'gradient', gradient.dtype);
    requireInt('maxPool2dGrad', 'indices', indices.dtype);
    requireGradientShape('maxPool2dGrad', gradient.shape, attrs);
    requireGradientShape('maxPool2dGrad', indices.shape, attrs);
    return [{ shape: attrs.inputShape, dtype: gradient.dtype }];
  },
  cpu: maxPool2dGradCpu,
  kernel({ inputs: [gradient], outputs: [out], attrs }) {
    const bind = { places: 'indices' };
    if (!windowsAreDisjoint(attrs)) return planPool('max_pool_grad', out.shape, gradient.shape, sizeOf(out.shape), attrs, bind);
    const [batch, channels, height, width] = out.shape;
    const windows = batch * channels * Math.ceil(height / attrs.stride[0]) * Math.ceil(width / attrs.stride[1]);
    return planPool('max_pool_scatter', out.shape, gradient.shape, windows, attrs, bind);
  },
  cost: ([gradient], _outputs, attrs) => windowCost(gradient.shape, attrs),
  saves: () => ['indices'],
  vjp([upstream], { inputs: [gradient], saved }) {
    const planes = upstream.shape[0] * upstream.shape[1];
    const flat = (t: Tensor) => reshape(t, [planes, sizeOf(t.shape.slice(2))]);
    return [reshape(gather(flat(upstream), flat(saved('indices')), { axis: 1 }), gradient.shape), null];
  },
});

export const avgPool2dOp = defineOp<KernelOp<PoolAttrs>>({
  name: 'avgPool2d',
  inputs: ['x'],
  infer([x], attrs) {
    requireFloat('avgPool2d', 'x', x.dtype);
    return [{ shape: poolShape('avgPool2d', x.shape, attrs), dtype: x.dtype }];
  },
  cpu: avgPool2dCpu,
  kernel: ({ inputs: [x], outputs: [out], attrs }) => planPool('avg_pool', x.shape, out.shape, sizeOf(out.shape), attrs),
  cost: (_inputs, [out], attrs) => windowCost(out.shape, attrs),
  vjp: ([gradient], { attrs, inputs: [x] }) => [callOp('avgPool2dGrad', [gradient], { ...attrs, inputShape: x.shape })],
});

/** Spreads each gradient evenly over its window. */
export const avgPool2dGradOp = defineOp<KernelOp<PoolGradAttrs>>({
  name: 'avgPool2dGrad',
  inputs: ['gradient'],
  infer([gradient], attrs) {
    requireFloat('avgPool2dGrad', 'gradient', gradient.dtype);
    requireGradientShape('avgPool2dGrad', gradient.shape, attrs);
    return [{ shape: attrs.inputShape, dtype: gradient.dtype }];
  },
  cpu: avgPool2dGradCpu,
  kernel: ({ inputs: [gradient], outputs: [out], attrs }) => planPool('avg_pool_grad', out.shape, gradient.shape, sizeOf(out.shape), attrs),
  cost: ([gradient], _outputs, attrs) => windowCost(gradient.shape, attrs),
  vjp: ([upstream], { attrs: { inputShape, ...attrs } }) => [callOp('avgPool2d', [upstream], attrs)],
});

export interface PoolOptions {
  /** The window: one number, or [height, width]. */
  kernel: Pair;
  /** Default: the kernel, so that windows do not overlap. */
  stride?: Pair;
  /** On each side; at most half of the kernel. Default 0. */
  padding?: Pair;
  /** Round the output's extents up. Default false. */
  ceilMode?: boolean;
}

export interface MaxPoolOptions extends PoolOptions {
  /** Distance between the cells of a window. Default 1. */
  dilation?: Pair;
}

export interface AvgPoolOptions extends PoolOptions {
  /** Divide by the window's cells inside the padded input (default), or only by those inside the input. */
  countIncludePad?: boolean;
}

function attrsOf({ kernel, stride = kernel, padding = 0, dilation = 1, ceilMode = false, countIncludePad = true }: MaxPoolOptions & AvgPoolOptions): PoolAttrs {
  return { kernel: pairOf(kernel), stride: pairOf(stride), padding: pairOf(padding), dilation: pairOf(dilation), ceilMode, countIncludePad };
}

/**
 * The largest value of each window of x [batch, channels, height, width]; padding never wins, NaN does. Of equal values the
 * first gets the gradient. PyTorch's name: `torch.nn.functional.max_pool2d`.
 */
export function maxPool2d(x: Tensor, options: MaxPoolOptions): Tensor {
  const { out, indices } = maxPool2dWithIndices(x, options);
  indices.dispose();
  return out;
}

/** `maxPool2d`, and where each maximum lies in its plane: y * width + x, int32. */
export function maxPool2dWithIndices(x: Tensor, options: MaxPoolOptions): { out: Tensor; indices: Tensor } {
  const [out, indices] = applyOp(maxPool2dOp, [x], attrsOf(options));
  return { out, indices };
}

/** The mean of each window of x [batch, channels, height, width]. PyTorch's name: `torch.nn.functional.avg_pool2d`. */
export function avgPool2d(x: Tensor, options: AvgPoolOptions): Tensor {
  return applyOp(avgPool2dOp, [x], attrsOf(options))[0];
}
