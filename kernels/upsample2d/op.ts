import { callOp } from '../../core/apply.js';
import { requireFloat } from '../../core/dtype.js';
import { ShapeError, TapegradError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { readOptions, requireChoice } from '../../core/options.js';
import { type Shape, sizeOf } from '../../core/shape.js';
import { type Tensor, requireTensors } from '../../core/tensor.js';
import type { KernelCall, KernelPlan } from '../../core/webgpu/kernel.js';
import { type Pair, pairOf } from '../pair.js';
import { resizedShape } from '../resizedShape.js';
import { RUN_VARIANTS, rowRuns } from '../runs.js';
import { movingCost } from '../strided/plan.js';
import { upsample2dCpu, upsample2dGradCpu } from './cpu.js';
import { type UpsampleAttrs, axisMap } from './geometry.js';
import upsample2dWgsl from './upsample2d.wgsl';

/** In the gradient op `size` is that of x. */
function plan(op: string, entryPoint: string, input: Shape, output: Shape, { attrs, variant }: KernelCall<UpsampleAttrs>): KernelPlan {
  const [y, x] = [2, 3].map((axis) => {
    const map = axisMap(input[axis], output[axis], attrs);
    if (Math.max(map.divisor * (input[axis] + 1), map.slope * output[axis] + map.divisor) + Math.abs(map.shift) >= 2 ** 31) {
      throw new ShapeError(`${op}: from ${input[axis]} to ${output[axis]} on axis ${axis}: WebGPU cannot count that far; use the device 'cpu'`);
    }
    return map;
  });
  const written = entryPoint === 'forward' ? output : input;
  const { workgroups, ...runs } = rowRuns(sizeOf(written.slice(0, 3)), written[3], variant);
  return {
    launches: [{
      module: upsample2dWgsl,
      entryPoint,
      overrides: { NEAREST: attrs.mode === 'nearest' },
      params: {
        height: input[2],
        width: input[3],
        out_height: output[2],
        out_width: output[3],
        slope_y: y.slope,
        slope_x: x.slope,
        shift_y: y.shift,
        shift_x: x.shift,
        divisor_y: y.divisor,
        divisor_x: x.divisor,
        ...runs,
      },
      workgroups,
    }],
  };
}

const flopsOf = (elements: Shape, { mode }: UpsampleAttrs) => (mode === 'nearest' ? 0 : 8 * sizeOf(elements));

export const upsample2dOp = defineOp<KernelOp<UpsampleAttrs>>({
  name: 'upsample2d',
  inputs: ['x'],
  infer([x], { size }) {
    requireFloat('upsample2d', 'x', x.dtype);
    return [{ shape: resizedShape('upsample2d', 'size', x.shape, size), dtype: x.dtype }];
  },
  cpu: upsample2dCpu,
  kernel: (call) => plan('upsample2d', 'forward', call.inputs[0].shape, call.outputs[0].shape, call),
  variants: RUN_VARIANTS,
  cost: ([x], [out], attrs) => ({ ...movingCost(x, out), flops: flopsOf(out.shape, attrs) }),
  vjp: ([gradient], { attrs: { mode, alignCorners }, inputs: [x] }) => [
    callOp('upsample2dGrad', [gradient], { mode, alignCorners, size: x.shape.slice(2) }),
  ],
});

/** Gives each cell the gradients of the outputs that looked at it, by their weights. */
export const upsample2dGradOp = defineOp<KernelOp<UpsampleAttrs>>({
  name: 'upsample2dGrad',
  inputs: ['gradient'],
  infer([gradient], { size }) {
    requireFloat('upsample2dGrad', 'gradient', gradient.dtype);
    return [{ shape: resizedShape('upsample2dGrad', 'size', gradient.shape, size), dtype: gradient.dtype }];
  },
  cpu: upsample2dGradCpu,
  kernel: (call) => plan('upsample2dGrad', 'backward', call.outputs[0].shape, call.inputs[0].shape, call),
  variants: RUN_VARIANTS,
  cost: ([gradient], [out], attrs) => ({ ...movingCost(gradient, out), flops: flopsOf(gradient.shape, attrs) }),
  vjp: ([upstream], { attrs: { mode, alignCorners }, inputs: [gradient] }) => [
    callOp('upsample2d', [upstream], { mode, alignCorners, size: gradient.shape.slice(2) }),
  ],
});

export interface InterpolateOptions {
  /** The result's extents: one number, or [height, width]. Give this or `scaleFactor`. */
  size?: Pair;
  /** The result's extents are floor(extent * scaleFactor); one number, or [height, width]. */
  scaleFactor?: Pair;
  /** Default nearest. */
  mode?: 'nearest' | 'bilinear';
  /** Bilinear only: keep the centres of the corner cells in place, rather than the edges of the image. Default false. */
  alignCorners?: boolean;
}

/**
 * x [batch, channels, height, width] at another size, by the cell that lies there (nearest: floor(p in / out)), or by the four
 * around it, weighted by nearness (bilinear). Larger or smaller; nothing is averaged when it gets smaller. Floats. PyTorch's
 * name: `torch.nn.functional.interpolate`, here as with `recompute_scale_factor`: only the two sizes decide.
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  requireTensors('interpolate', { x });
  const defaults = { size: undefined, scaleFactor: undefined, mode: 'nearest' as const, alignCorners: false };
  const { size, scaleFactor, mode, alignCorners } = readOptions('interpolate', options, defaults);
  if ((size === undefined) === (scaleFactor === undefined)) throw new TapegradError('interpolate: give one of size and scaleFactor');
  requireChoice('interpolate', 'mode', mode, ['nearest', 'bilinear']);
  if (mode === 'nearest' && alignCorners) throw new TapegradError('interpolate: alignCorners is for the mode bilinear');
  const target = size !== undefined ? pairOf('interpolate', 'size', size) : pairOf('interpolate', 'scaleFactor', scaleFactor!).map((factor, i) => Math.floor(x.shape[2 + i] * factor));
  return callOp('upsample2d', [x], { size: target, mode, alignCorners });
}
