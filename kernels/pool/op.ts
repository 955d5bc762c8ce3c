import { applyOp, callOp } from '../../core/apply.js';
import type { Spec } from '../../core/backend.js';
import { requireFloat, requireInt } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type Cost, type KernelOp, defineOp } from '../../core/op.js';
import { REQUIRED, readOptions } from '../../core/options.js';
import { type Shape, sameShape, sizeOf } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { type KernelCall, type KernelPlan, gridFor } from '../../core/webgpu/kernel.js';
import { gather } from '../gather/op.js';
import { type Pair, pairOf } from '../pair.js';
import { reshape } from '../reshape/op.js';
import { RUN_VARIANTS, freeRun } from '../runs.js';
import { movingCost } from '../strided/plan.js';
import { avgPool2dCpu, avgPool2dGradCpu, maxPool2dCpu, maxPool2dGradCpu } from './cpu.js';
import { type PoolAttrs, poolShape } from './geometry.js';
import poolWgsl from './pool2d.wgsl';

/** The gradient ops must be told the shape of what they give: strides leave it open. */
interface PoolGradAttrs extends PoolAttrs {
  inputShape: Shape;
}

/** Does a window reach beyond the input? Only then are cells checked. */
function reachesOutside(input: Shape, output: Shape, { kernelSize, stride, padding, dilation }: PoolAttrs): boolean {
  return [0, 1].some((axis) => {
    const end = (output[2 + axis] - 1) * stride[axis] - padding[axis] + dilation[axis] * (kernelSize[axis] - 1) + 1;
    return padding[axis] > 0 || end > input[2 + axis];
  });
}

interface PoolLaunch {
  entryPoint: string;
  input: Shape;
  output: Shape;
  attrs: PoolAttrs;
  /** Invocations. */
  size: number;
  run?: number;
  isChecked?: boolean;
  bind?: Record<string, string>;
}

function planPool({ entryPoint, input, output, attrs, size, run = 1, isChecked = true, bind = {} }: PoolLaunch): KernelPlan {
  const { kernelSize, stride, padding, dilation } = attrs;
  return {
    launches: [{
      module: poolWgsl,
      entryPoint,
      bind,
      overrides: { KERNEL_Y: kernelSize[0], KERNEL_X: kernelSize[1], CHECKED: isChecked, COUNT_INCLUDE_PAD: attrs.countIncludePad },
      params: {
        height: input[2],
        width: input[3],
        out_height: output[2],
        out_width: output[3],
        stride_y: stride[0],
        stride_x: stride[1],
        padding_y: padding[0],
        padding_x: padding[1],
        dilation_y: dilation[0],
        dilation_x: dilation[1],
        size,
        run,
      },
      workgroups: gridFor(size, 64),
    }],
  };
}

/** Runs of neighbouring outputs. */
function planForward(entryPoint: string, { inputs: [x], outputs: [out], attrs, variant }: KernelCall<PoolAttrs>): KernelPlan {
  const run = freeRun(variant);
  const [batch, channels, height, width] = out.shape;
  const size = batch * channels * height * Math.ceil(width / run);
  return planPool({ entryPoint, input: x.shape, output: out.shape, attrs, size, run, isChecked: reachesOutside(x.shape, out.shape, attrs) });
}

/** `scatter` for runs of windows where each cell belongs to one, else `gather` for single cells. */
function planBackward(
  [gather, scatter]: readonly [string, string], { inputs: [gradient], outputs: [out], attrs, variant }: KernelCall<PoolGradAttrs>, bind = {},
): KernelPlan {
  const launch = { input: out.shape, output: gradient.shape, attrs, bind };
  if (!windowsAreDisjoint(attrs)) return planPool({ ...launch, entryPoint: gather, size: sizeOf(out.shape) });
  const run = freeRun(variant);
  const [batch, channels, height, width] = out.shape;
  const [rows, columns] = [height / attrs.stride[0], width / attrs.stride[1]];
  const size = batch * channels * Math.ceil(rows) * Math.ceil(Math.ceil(columns) / run);
  return planPool({ ...launch, entryPoint: scatter, size, run, isChecked: !Number.isInteger(rows) || !Number.isInteger(columns) });
}

/** Do windows lie side by side, without overlap, gap or padding? */
function windowsAreDisjoint({ kernelSize, stride, padding, dilation }: PoolAttrs): boolean {
  return [0, 1].every((axis) => kernelSize[axis] === stride[axis] && padding[axis] === 0 && dilation[axis] === 1);
}

/** Every operand is moved once, however many windows share a cell. */
function windowCost(operands: readonly Spec[], pooled: Spec, { kernelSize }: PoolAttrs): Cost {
  return { ...movingCost(...operands), flops: sizeOf(pooled.shape) * kernelSize[0] * kernelSize[1] };
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
  kernel: (call) => planForward('max_pool', call),
  variants: RUN_VARIANTS,
  cost: ([x], [out, indices], attrs) => windowCost([x, out, indices], out, attrs),
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
  kernel: (call) => planBackward(['max_pool_grad', 'max_pool_scatter'], call, { places: 'indices' }),
  variants: RUN_VARIANTS,
  cost: ([gradient, indices], [out], attrs) => windowCost([gradient, indices, out], gradient, attrs),
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
  kernel: (call) => planForward('avg_pool', call),
  variants: RUN_VARIANTS,
  cost: ([x], [out], attrs) => windowCost([x, out], out, attrs),
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
  kernel: (call) => planBackward(['avg_pool_grad', 'avg_pool_scatter'], call),
  variants: RUN_VARIANTS,
  cost: ([gradient], [out], attrs) => windowCost([gradient, out], gradient, attrs),
  vjp: ([upstream], { attrs: { inputShape, ...attrs } }) => [callOp('avgPool2d', [upstream], attrs)],
});

export interface PoolOptions {
  /** The window: one number, or [height, width]. */
  kernelSize: Pair;
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

const POOL_DEFAULTS = { stride: undefined, padding: 0, ceilMode: false };

/** Of every option but `kernelSize`, for `readOptions`. */
export const MAX_POOL_DEFAULTS = { ...POOL_DEFAULTS, dilation: 1 };
export const AVG_POOL_DEFAULTS = { ...POOL_DEFAULTS, countIncludePad: true };

type PoolSettings = Required<Omit<MaxPoolOptions & AvgPoolOptions, 'stride'>> & Pick<PoolOptions, 'stride'>;

function attrsOf(op: string, { kernelSize, stride = kernelSize, padding, dilation, ceilMode, countIncludePad }: PoolSettings): PoolAttrs {
  const pairs = { kernelSize, stride, padding, dilation };
  const both = (name: keyof typeof pairs) => pairOf(op, name, pairs[name]);
  return { kernelSize: both('kernelSize'), stride: both('stride'), padding: both('padding'), dilation: both('dilation'), ceilMode, countIncludePad };
}

/**
 * The largest value of each window of x [batch, channels, height, width]; padding never wins, NaN does. Of equal values the
 * first gets the gradient. ShapeError where dilation leaves a window nothing but padding, whose largest value is -Infinity in PyTorch.
 * PyTorch's name: `torch.nn.functional.max_pool2d`.
 */
export function maxPool2d(x: Tensor, options: MaxPoolOptions): Tensor {
  const { out, indices } = maxPool2dWithIndices(x, options);
  indices.dispose();
  return out;
}

/** `maxPool2d`, and where each maximum lies in its plane: y * width + x, int32. */
export function maxPool2dWithIndices(x: Tensor, options: MaxPoolOptions): { out: Tensor; indices: Tensor } {
  const settings = readOptions('maxPool2d', options, { kernelSize: REQUIRED, ...MAX_POOL_DEFAULTS });
  const [out, indices] = applyOp(maxPool2dOp, [x], attrsOf('maxPool2d', { ...settings, countIncludePad: true }));
  return { out, indices };
}

/** The mean of each window of x [batch, channels, height, width]. PyTorch's name: `torch.nn.functional.avg_pool2d`. */
export function avgPool2d(x: Tensor, options: AvgPoolOptions): Tensor {
  const settings = readOptions('avgPool2d', options, { kernelSize: REQUIRED, ...AVG_POOL_DEFAULTS });
  return applyOp(avgPool2dOp, [x], attrsOf('avgPool2d', { ...settings, dilation: 1 }))[0];
}
