import { type TypedArray, allocate, requireFloat } from '../core/dtype.js';
import { ShapeError, TapegradError } from '../core/errors.js';
import type { CpuOperand } from '../core/op.js';
import { type Shape, checkShape, sizeOf } from '../core/shape.js';
import { type Tensor, type TensorOptions, tensor } from '../core/tensor.js';
import { randCpu, randnCpu } from '../kernels/random/cpu.js';
import { type StreamStart, reserveStream } from '../kernels/random/stream.js';
import { erf } from '../kernels/unary/functions.js';
import { normalQuantile } from './normalQuantile.js';
import { orthonormalize } from './orthogonal.js';

/*
 * Initial values, drawn on the host from the generator that `manualSeed` seeds: bit for bit the same on every device.
 * PyTorch's names: `torch.nn.init`, here as functions that make the tensor.
 */

export { full as constant, ones, zeros } from '../kernels/fill/op.js';

type Draw = (inputs: readonly CpuOperand[], outputs: readonly CpuOperand[], start: StreamStart) => void;

function drawValues(name: string, from: Draw, shape: Shape, { dtype = 'float32' }: TensorOptions): TypedArray {
  checkShape(name, shape);
  requireFloat(name, 'the result', dtype);
  const data = allocate(dtype, sizeOf(shape));
  from([], [{ data, shape }], reserveStream(data.length));
  return data;
}

/** scale * draw + shift */
function draw(name: string, from: Draw, scale: number, shift: number, shape: Shape, options: TensorOptions): Tensor {
  const data = drawValues(name, from, shape, options);
  for (let i = 0; i < data.length; i++) data[i] = scale * data[i] + shift;
  return tensor(data, shape, options);
}

/** Uniform in [low, high). */
export function uniform(shape: Shape, low = 0, high = 1, options: TensorOptions = {}): Tensor {
  return draw('uniform', randCpu, high - low, low, shape, options);
}

/** Normal with the given mean and standard deviation. */
export function normal(shape: Shape, mean = 0, std = 1, options: TensorOptions = {}): Tensor {
  return draw('normal', randnCpu, std, mean, shape, options);
}

export interface TruncatedNormalOptions extends TensorOptions {
  /** Nothing lies outside [low, high]; default [-2, 2], in the values' own unit. */
  low?: number;
  high?: number;
}

/** The part of a normal distribution that lies in [low, high]. PyTorch's name: `trunc_normal_`. */
export function truncatedNormal(shape: Shape, mean = 0, std = 1, { low = -2, high = 2, ...options }: TruncatedNormalOptions = {}): Tensor {
  const share = (x: number) => (1 + erf((x - mean) / (std * Math.SQRT2))) / 2;
  const [from, to] = [share(low), share(high)];
  if (!(low < high) || !(std > 0) || !(from < to)) {
    throw new TapegradError(`truncatedNormal: nothing of a normal distribution of mean ${mean} and deviation ${std} lies between ${low} and ${high}`);
  }
  const values = drawValues('truncatedNormal', randCpu, shape, options);
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.min(high, Math.max(low, mean + std * normalQuantile(from + (to - from) * values[i])));
  }
  return tensor(values, shape, options);
}

/**
 * An orthogonal matrix, all of them equally likely (Saxe et al. 2013): a weight [out, in, ...] as a matrix of `out` rows has
 * orthonormal rows or columns, whichever are fewer, times `gain`. PyTorch's name: `orthogonal_`.
 */
export function orthogonal(shape: Shape, { gain: factor = 1, ...options }: XavierOptions = {}): Tensor {
  if (shape.length < 2) throw new ShapeError(`orthogonal: a weight has at least two axes [out, in, ...], got shape [${shape}]`);
  const values = drawValues('orthogonal', randnCpu, shape, options);
  const [rows, columns] = [shape[0], sizeOf(shape.slice(1))];
  const [longer, shorter] = [Math.max(rows, columns), Math.min(rows, columns)];
  const matrix = Float64Array.from(values);
  orthonormalize(matrix, longer, shorter);
  for (let i = 0; i < longer; i++) {
    for (let j = 0; j < shorter; j++) values[rows >= columns ? i * columns + j : j * columns + i] = factor * matrix[i * shorter + j];
  }
  return tensor(values, shape, options);
}

/** How many inputs feed one output of a weight, and the reverse: [out, in, ...kernel] has in * kernel and out * kernel. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) throw new ShapeError(`fans: a weight has at least two axes [out, in, ...], got shape [${shape}]`);
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: shape[1] * kernel, fanOut: shape[0] * kernel };
}

export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/** What a nonlinearity does to the size of its input, undone. `a` is the slope of leakyRelu. PyTorch's `calculate_gain`. */
export function gain(nonlinearity: Nonlinearity, a = 0.01): number {
  const gains = { linear: 1, sigmoid: 1, tanh: 5 / 3, relu: Math.SQRT2, leakyRelu: Math.sqrt(2 / (1 + a * a)), selu: 3 / 4 };
  return gains[nonlinearity];
}

export interface KaimingOptions extends TensorOptions {
  /** Negative slope of leakyRelu; default 0. */
  a?: number;
  /** Keep the size of the values forward (default) or of the gradients backward. */
  mode?: 'fanIn' | 'fanOut';
  /** What follows the layer; default leakyRelu. */
  nonlinearity?: Nonlinearity;
}

function kaimingStd(shape: Shape, { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions): number {
  const fan = fans(shape)[mode];
  return fan === 0 ? 0 : gain(nonlinearity, a) / Math.sqrt(fan);
}

function xavierStd(shape: Shape, scale: number): number {
  const { fanIn, fanOut } = fans(shape);
  return fanIn + fanOut === 0 ? 0 : scale * Math.sqrt(2 / (fanIn + fanOut));
}

/** A uniform distribution of standard deviation std reaches to sqrt(3) std on either side. */
function uniformOfStd(shape: Shape, std: number, options: TensorOptions): Tensor {
  const bound = Math.sqrt(3) * std;
  return uniform(shape, -bound, bound, options);
}

/** He et al. 2015: standard deviation gain / sqrt(fan). */
export function kaimingUniform(shape: Shape, options: KaimingOptions = {}): Tensor {
  return uniformOfStd(shape, kaimingStd(shape, options), options);
}

/** He et al. 2015: standard deviation gain / sqrt(fan). */
export function kaimingNormal(shape: Shape, options: KaimingOptions = {}): Tensor {
  return normal(shape, 0, kaimingStd(shape, options), options);
}

export interface XavierOptions extends TensorOptions {
  /** Default 1. */
  gain?: number;
}

/** Glorot and Bengio 2010: standard deviation gain * sqrt(2 / (fanIn + fanOut)). */
export function xavierUniform(shape: Shape, options: XavierOptions = {}): Tensor {
  return uniformOfStd(shape, xavierStd(shape, options.gain ?? 1), options);
}

/** Glorot and Bengio 2010: standard deviation gain * sqrt(2 / (fanIn + fanOut)). */
export function xavierNormal(shape: Shape, options: XavierOptions = {}): Tensor {
  return normal(shape, 0, xavierStd(shape, options.gain ?? 1), options);
}

/** LeCun et al. 1998: standard deviation 1 / sqrt(fanIn), for selu and tanh. Keras's name: `LecunUniform`. */
export function lecunUniform(shape: Shape, options: TensorOptions = {}): Tensor {
  return kaimingUniform(shape, { ...options, nonlinearity: 'linear' });
}

/** LeCun et al. 1998: standard deviation 1 / sqrt(fanIn), for selu and tanh. Keras's name: `LecunNormal` (there truncated). */
export function lecunNormal(shape: Shape, options: TensorOptions = {}): Tensor {
  return kaimingNormal(shape, { ...options, nonlinearity: 'linear' });
}
