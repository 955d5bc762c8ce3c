import { callOp } from '../../core/apply.js';
import { ShapeError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions } from '../../core/options.js';
import { type Tensor, requireTensors } from '../../core/tensor.js';
import { checkBias } from '../bias.js';
import '../binary/op.js';
import { type Conv2dAttrs, conv2dGeometry } from '../conv2d/geometry.js';
import '../conv2d/op.js';
import { type Pair, pairOf } from '../pair.js';
import { reshape } from '../reshape/op.js';

export interface ConvTranspose2dOptions {
  /** Distance between the places in the result where neighbours of x go, default 1. One number, or [height, width]. */
  stride?: Pair;
  /** How much of each side of the result is cut off, default 0. */
  padding?: Pair;
  /** How much the result grows at its bottom and right, below the stride; default 0. */
  outputPadding?: Pair;
  /** Distance between the kernel's taps, default 1. */
  dilation?: Pair;
  /** Channels and filters fall into groups that do not see each other. Default 1. */
  groups?: number;
}

/**
 * The transposed convolution (also called deconvolution): every value of x [batch, channels, height, width] is multiplied by its
 * channel's kernels in weight [channels, filters / groups, kernel height, kernel width], and added to the result from its place
 * times the stride on. Plus bias [filters]. The result is [batch, filters, height', width'] with
 * height' = (height - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1.
 *
 * It is the gradient of `conv2d` with respect to its input, for a convolution from filters to channels, and computed as such; of
 * all heights that such a convolution takes to `height`, outputPadding chooses one. Float tensors of one dtype; ShapeError where
 * they do not fit. PyTorch's name: `torch.nn.functional.conv_transpose2d`, whose outputPadding may reach the dilation, too.
 */
export function convTranspose2d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvTranspose2dOptions = {}): Tensor {
  requireTensors('convTranspose2d', { x, weight, ...(bias && { bias }) });
  const defaults = { stride: 1, padding: 0, outputPadding: 0, dilation: 1, groups: 1 };
  const { stride, padding, outputPadding, dilation, groups } = readOptions('convTranspose2d', options, defaults);
  const [vertical, horizontal] = pairOf('convTranspose2d', 'padding', padding);
  const attrs: Conv2dAttrs = {
    stride: pairOf('convTranspose2d', 'stride', stride), padding: [[vertical, vertical], [horizontal, horizontal]],
    dilation: pairOf('convTranspose2d', 'dilation', dilation), groups,
  };
  const inputShape = resultShape(x, weight, attrs, pairOf('convTranspose2d', 'outputPadding', outputPadding));
  conv2dGeometry('convTranspose2d (conv2d backwards)', inputShape, weight.shape, attrs);
  const filters = inputShape[1];
  if (bias) checkBias('convTranspose2d', bias, filters, `weight [${weight.shape}]`);
  return scope(() => {
    const out = callOp('conv2dGradInput', [x, weight], { ...attrs, inputShape });
    return bias ? out.add(reshape(bias, [filters, 1, 1])) : out;
  });
}

function resultShape(x: Tensor, weight: Tensor, { stride, padding, dilation, groups }: Conv2dAttrs, outputPadding: readonly number[]): number[] {
  const shapes = `x [${x.shape}] and weight [${weight.shape}]`;
  if (x.rank !== 4 || weight.rank !== 4) {
    throw new ShapeError(`convTranspose2d: ${shapes} must be [batch, channels, height, width] and [channels, filters / groups, height, width]`);
  }
  if (x.shape[1] !== weight.shape[0]) {
    throw new ShapeError(`convTranspose2d: ${shapes} do not fit: weight must have a row for each of the ${x.shape[1]} channels of x`);
  }
  const extents = [0, 1].map((axis) => {
    if (!Number.isInteger(outputPadding[axis]) || outputPadding[axis] < 0 || outputPadding[axis] >= stride[axis]) {
      throw new ShapeError(`convTranspose2d: outputPadding [${outputPadding}] must be whole numbers from 0, below the stride [${stride}]`);
    }
    const reach = dilation[axis] * (weight.shape[2 + axis] - 1) + 1;
    const extent = (x.shape[2 + axis] - 1) * stride[axis] + reach - 2 * padding[axis][0] + outputPadding[axis];
    if (extent < 1) throw new ShapeError(`convTranspose2d: ${shapes}: padding ${padding[axis][0]} leaves ${extent} of axis ${2 + axis}`);
    return extent;
  });
  return [x.shape[0], weight.shape[1] * groups, ...extents];
}
