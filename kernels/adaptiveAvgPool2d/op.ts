import { callOp } from '../../core/apply.js';
import { requireFloat } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { type Shape, sizeOf } from '../../core/shape.js';
import { type Tensor, requireTensors } from '../../core/tensor.js';
import type { Launch } from '../../core/webgpu/kernel.js';
import { pairOf } from '../pair.js';
import { avgPool2d } from '../pool/op.js';
import { resizedShape } from '../resizedShape.js';
import { RUN_VARIANTS, rowRuns } from '../runs.js';
import { movingCost } from '../strided/plan.js';
import adaptiveAvgPool2dWgsl from './adaptiveAvgPool2d.wgsl';
import { adaptiveAvgPool2dCpu, adaptiveAvgPool2dGradCpu } from './cpu.js';

/** Height, then width. */
interface AdaptivePoolAttrs {
  outputSize: readonly [number, number];
}
interface AdaptivePoolGradAttrs {
  inputSize: readonly [number, number];
}

/** A launch that writes one array of the shape `written`. */
function launch(entryPoint: string, written: Shape, input: Shape, output: Shape, variant?: string): Launch {
  const { workgroups, ...runs } = rowRuns(sizeOf(written.slice(0, 3)), written[3], variant);
  const params = { height: input[2], width: input[3], out_height: output[2], out_width: output[3], ...runs };
  return { module: adaptiveAvgPool2dWgsl, entryPoint, params, workgroups };
}

function requireCountable(op: string, input: Shape, output: Shape): void {
  for (const axis of [2, 3]) {
    if ((input[axis] + 1) * (output[axis] + 1) > 2 ** 32) {
      throw new ShapeError(`${op}: ${input[axis]} cells and ${output[axis]} windows on axis ${axis}: WebGPU cannot count that far; use the device 'cpu'`);
    }
  }
}

export const adaptiveAvgPool2dOp = defineOp<KernelOp<AdaptivePoolAttrs>>({
  name: 'adaptiveAvgPool2d',
  inputs: ['x'],
  infer([x], { outputSize }) {
    requireFloat('adaptiveAvgPool2d', 'x', x.dtype);
    return [{ shape: resizedShape('adaptiveAvgPool2d', 'outputSize', x.shape, outputSize), dtype: x.dtype }];
  },
  cpu: adaptiveAvgPool2dCpu,
  kernel({ inputs: [{ shape: input }], outputs: [{ shape: output }], variant }) {
    requireCountable('adaptiveAvgPool2d', input, output);
    return { launches: [launch('forward', output, input, output, variant)] };
  },
  variants: RUN_VARIANTS,
  cost: ([x], [out]) => ({ ...movingCost(x, out), flops: sizeOf(x.shape) + sizeOf(out.shape) }),
  vjp: ([gradient], { inputs: [x] }) => [callOp('adaptiveAvgPool2dGrad', [gradient], { inputSize: x.shape.slice(2) })],
});

/** Spreads each gradient evenly over its window. */
export const adaptiveAvgPool2dGradOp = defineOp<KernelOp<AdaptivePoolGradAttrs>>({
  name: 'adaptiveAvgPool2dGrad',
  inputs: ['gradient'],
  infer([gradient], { inputSize }) {
    requireFloat('adaptiveAvgPool2dGrad', 'gradient', gradient.dtype);
    return [{ shape: resizedShape('adaptiveAvgPool2dGrad', 'inputSize', gradient.shape, inputSize), dtype: gradient.dtype }];
  },
  cpu: adaptiveAvgPool2dGradCpu,
  kernel({ inputs: [{ shape: output }], outputs: [{ shape: input }], variant }) {
    requireCountable('adaptiveAvgPool2dGrad', input, output);
    return {
      scratch: { shares: { shape: output, dtype: 'float32' } },
      launches: [launch('share', output, input, output, variant), launch('backward', input, input, output, variant)],
    };
  },
  variants: RUN_VARIANTS,
  cost: ([gradient], [out]) => ({ ...movingCost(gradient, out), flops: 2 * sizeOf(out.shape) }),
  vjp: ([upstream], { inputs: [gradient] }) => [callOp('adaptiveAvgPool2d', [upstream], { outputSize: gradient.shape.slice(2) })],
});

/** One number for both axes, or [height, width]; null keeps the extent. */
export type AdaptiveSize = number | readonly [number | null, number | null];

/**
 * The means of outputSize windows that divide x [batch, channels, height, width]: window i of m over n cells holds those from
 * floor(i n / m) to ceil((i + 1) n / m) - 1, so windows may share cells. The result is [batch, channels, ...outputSize]. Floats.
 * PyTorch's name: `torch.nn.functional.adaptive_avg_pool2d`.
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  requireTensors('adaptiveAvgPool2d', { x });
  const [height, width] = pairOf<number | null>('adaptiveAvgPool2d', 'outputSize', outputSize);
  const size = [height ?? x.shape[2], width ?? x.shape[3]] as const;
  requireFloat('adaptiveAvgPool2d', 'x', x.dtype);
  resizedShape('adaptiveAvgPool2d', 'outputSize', x.shape, size);
  const kernel = [x.shape[2] / size[0], x.shape[3] / size[1]] as const;
  if (size.every((windows) => windows === 1)) return x.mean({ axis: [2, 3], keepDim: true });
  if (kernel.every(Number.isInteger)) return avgPool2d(x, { kernelSize: kernel }); // windows that share no cells
  return callOp('adaptiveAvgPool2d', [x], { outputSize: size });
}
