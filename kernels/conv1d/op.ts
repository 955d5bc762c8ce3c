import { requireFloat, requireSameDType } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions } from '../../core/options.js';
import { type Tensor, requireTensors } from '../../core/tensor.js';
import { checkBias } from '../bias.js';
import { type Conv2dAttrs, conv2dGeometry } from '../conv2d/geometry.js';
import { conv2d } from '../conv2d/op.js';
import { convTranspose2d } from '../convTranspose2d/op.js';
import { type Pair, pairOf } from '../pair.js';
import '../reshape/op.js';

/* Convolutions of sequences are those of images with one row: [batch, channels, length] is looked at as [batch, channels, 1, length]. */

function checkSequences(op: string, x: Tensor, weight: Tensor, bias: Tensor | null, wanted: string): void {
  requireTensors(op, { x, weight, ...(bias && { bias }) });
  requireFloat(op, 'x', x.dtype);
  requireSameDType(op, [x, weight, ...(bias ? [bias] : [])].map((t) => t.dtype));
  if (x.rank !== 3 || weight.rank !== 3) {
    throw new ShapeError(`${op}: x [${x.shape}] and weight [${weight.shape}] must be [batch, channels, length] and ${wanted}`);
  }
}

export interface Conv1dOptions {
  /** Default 1. */
  stride?: number;
  /** Zeros around x, default 0: one number, or [before, after]. */
  padding?: Pair;
  /** Distance between the kernel's taps, default 1. */
  dilation?: number;
  /** Channels and filters fall into groups that do not see each other. Default 1. */
  groups?: number;
}

/**
 * Convolution (cross-correlation) of x [batch, channels, length] with weight [filters, channels / groups, kernel length], plus bias
 * [filters]: [batch, filters, floor((length + padding - dilation (kernel - 1) - 1) / stride) + 1]. Float tensors of one dtype;
 * ShapeError where they do not fit. PyTorch's name: `torch.nn.functional.conv1d`.
 */
export function conv1d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: Conv1dOptions = {}): Tensor {
  const { stride, padding, dilation, groups } = readOptions('conv1d', options, { stride: 1, padding: 0, dilation: 1, groups: 1 });
  checkSequences('conv1d', x, weight, bias, '[filters, channels / groups, kernel length]');
  if (bias) checkBias('conv1d', bias, weight.shape[0], `weight [${weight.shape}]`);
  const attrs: Conv2dAttrs = { stride: [1, stride], padding: [[0, 0], pairOf('conv1d', 'padding', padding)], dilation: [1, dilation], groups };
  return scope(() => {
    const [row, kernel] = [x.unsqueeze(2), weight.unsqueeze(2)];
    conv2dGeometry('conv1d (a row of conv2d)', row.shape, kernel.shape, attrs);
    return conv2d(row, kernel, bias, attrs).squeeze(2);
  });
}

export interface ConvTranspose1dOptions extends Omit<Conv1dOptions, 'padding'> {
  /** How much of each end of the result is cut off. Default 0. */
  padding?: number;
  /** How much longer the result gets at its end, below the stride. Default 0. */
  outputPadding?: number;
}

/**
 * The transposed convolution of x [batch, channels, length] with weight [channels, filters / groups, kernel length], plus bias
 * [filters]. See `convTranspose2d`. PyTorch's name: `torch.nn.functional.conv_transpose1d`.
 */
export function convTranspose1d(x: Tensor, weight: Tensor, bias: Tensor | null = null, options: ConvTranspose1dOptions = {}): Tensor {
  const defaults = { stride: 1, padding: 0, outputPadding: 0, dilation: 1, groups: 1 };
  const { stride, padding, outputPadding, dilation, groups } = readOptions('convTranspose1d', options, defaults);
  checkSequences('convTranspose1d', x, weight, bias, '[channels, filters / groups, kernel length]');
  if (bias) checkBias('convTranspose1d', bias, weight.shape[1] * groups, `weight [${weight.shape}]`);
  return scope(() => convTranspose2d(x.unsqueeze(2), weight.unsqueeze(2), bias, {
    stride: [1, stride], padding: [0, padding], outputPadding: [0, outputPadding], dilation: [1, dilation], groups,
  }).squeeze(2));
}
