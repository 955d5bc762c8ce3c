import { type TypedArray, allocate, requireFloat } from '../core/dtype.js';
import { ShapeError, TapegradError } from '../core/errors.js';
import type { CpuOperand } from '../core/op.js';
import { readOptions, requireChoice, requireNumber } from '../core/options.js';
import { reserveRandom } from '../core/random.js';
import { type Shape, checkShape, sizeOf } from '../core/shape.js';
import { TENSOR_DEFAULTS, type Tensor, type TensorOptions, tensor } from '../core/tensor.js';
import { randCpu, randnCpu } from '../kernels/random/cpu.js';
import { type StreamStart, nextStream } from '../kernels/random/stream.js';
import { erf } from '../kernels/unary/functions.js';
import { normalQuantile } from './normalQuantile.js';
import { orthonormalize } from './orthogonal.js';

/*
 * Initial values, drawn on the host from the generator that `manualSeed` seeds: bit for bit the same on every device.
 * PyTorch's names: `torch.nn.init`, here as functions that make the tensor.
 */

export { full as constant, ones, zeros } from '../kernels/fill/op.js';

type Draw = (inputs: readonly CpuOperand[], outputs: readonly CpuOperand[], start: StreamStart) => void;

function drawValues(name: string, from: Draw, shape: Shape, options: TensorOptions): TypedArray {
  const { dtype = 'float32' } = readOptions(name, options, TENSOR_DEFAULTS);
  checkShape(name, shape);
  requireFloat(name, 'the result', dtype);
  const data = allocate(dtype, sizeOf(shape));
  from([], [{ data, shape }], nextStream());
  reserveRandom(data.length);
  return data;
}

/** Throws unless all `values` are numbers: options in their place would make NaN. */
function requireNumbers(name: string, values: Readonly<Record<string, number>>): void {
  for (const [what, value] of Object.entries(values)) requireNumber(name, what, value);
}

/** scale * draw + shift */
function draw(name: string, from: Draw, scale: number, shift: number, shape: Shape, options: TensorOptions): Tensor {
  const data = drawValues(name, from, shape, options);
  for (let i = 0; i < data.length; i++) data[i] = scale * data[i] + shift;
  return tensor(data, shape, options);
}

/** Uniform in [low, high). */
export function uniform(shape: Shape, low = 0, high = 1, options: TensorOptions = {}): Tensor {
  requireNumbers('uniform', { low, high });
  return draw('uniform', randCpu, high - low, low, shape, options);
}

/** Normal with the given mean and standard deviation. */
export function normal(shape: Shape, mean = 0, std = 1, options: TensorOptions = {}): Tensor {
  requireNumbers('normal', { mean, std });
  return draw('normal', randnCpu, std, mean, shape, options);
}

export interface TruncatedNormalOptions extends TensorOptions {
  /** Nothing lies outside [low, high]; default [-2, 2], in the values' own unit. */
  low?: number;
  high?: number;
}

/** The part of a normal distribution that lies in [low, high]. PyTorch's name: `trunc_normal_`. */
export function truncatedNormal(shape: Shape, mean = 0, std = 1, options: TruncatedNormalOptions = {}): Tensor {
  const { low, high, ...own } = readOptions('truncatedNormal', options, { low: -2, high: 2, ...TENSOR_DEFAULTS });
  requireNumbers('truncatedNormal', { mean, std, low, high });
  const share = (x: number) => (1 + erf((x - mean) / (std * Math.SQRT2))) / 2;
  const [from, to] = [share(low), share(high)];
  if (!(low < high) || !(std > 0) || !(from < to)) {
    throw new TapegradError(`truncatedNormal: nothing of a normal distribution of mean ${mean} and deviation ${std} lies between ${low} and ${high}`);
  }
  const values = drawValues('truncatedNormal', randCpu, shape, own);
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.min(high, Math.max(low, mean + std * normalQuantile(from + (to - from) * values[i])));
  }
  return tensor(values, shape, own);
}

export interface GainOptions extends TensorOptions {
  /** A factor for all values; default 1. */
  gain?: number;
}

/**
 * An orthogonal matrix, all of them equally likely (Saxe et al. 2013): a weight [out, in, ...] as a matrix of `out` rows has
 * orthonormal rows or columns, whichever are fewer, times `gain`. PyTorch's name: `orthogonal_`.
 */
export function orthogonal(shape: Shape, options: GainOptions = {}): Tensor {
  const { gain: factor, ...own } = readOptions('orthogonal', options, { gain: 1, ...TENSOR_DEFAULTS });
  requireNumber('orthogonal', 'gain', factor);
  checkShape('orthogonal', shape);
  if (shape.length < 2) throw new ShapeError(`orthogonal: a weight has at least two axes [out, in, ...], got shape [${shape}]`);
  const values = drawValues('orthogonal', randnCpu, shape, own);
  const [rows, columns] = [shape[0], sizeOf(shape.slice(1))];
  const [longer, shorter] = [Math.max(rows, columns), Math.min(rows, columns)];
  const matrix = Float64Array.from(values);
  orthonormalize(matrix, longer, shorter);
  for (let i = 0; i < longer; i++) {
    for (let j = 0; j < shorter; j++) values[rows >= columns ? i * columns + j : j * columns + i] = factor * matrix[i * shorter + j];
  }
  return tensor(values, shape, own);
}

/** How many inputs feed one output of a weight, and the reverse: [out, in, ...kernel] has in * kernel and out * kernel. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  checkShape('fans', shape);
  if (shape.length < 2) throw new ShapeError(`fans: a weight has at least two axes [out, in, ...], got shape [${shape}]`);
  const kernel = sizeOf(shape.slice(2));
  return { fanIn: shape[1] * kernel, fanOut: shape[0] * kernel };
}

export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/** What a nonlinearity does to the size of its input, undone. `a` is the slope of leakyRelu. PyTorch's `calculate_gain`. */
export function gain(nonlinearity: Nonlinearity, a = 0.01): number {
  const gains = { linear: 1, sigmoid: 1, tanh: 5 / 3, relu: Math.SQRT2, leakyRelu: Math.sqrt(2 / (1 + a * a)), selu: 3 / 4 };
  requireChoice('gain', 'nonlinearity', nonlinearity, Object.keys(gains) as Nonlinearity[]);
  requireNumber('gain', 'a', a);
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

/** The standard deviation gain / sqrt(fan), and the rest of the options. */
function readKaiming(name: string, shape: Shape, options: KaimingOptions): { std: number; own: TensorOptions } {
  const { a, mode, nonlinearity, ...own } = readOptions(name, options, { a: 0, mode: 'fanIn', nonlinearity: 'leakyRelu', ...TENSOR_DEFAULTS });
  requireChoice(name, 'mode', mode, ['fanIn', 'fanOut']);
  const fan = fans(shape)[mode];
  return { std: fan === 0 ? 0 : gain(nonlinearity, a) / Math.sqrt(fan), own };
}

/** The standard deviation gain * sqrt(2 / (fanIn + fanOut)), and the rest of the options. */
function readXavier(name: string, shape: Shape, options: GainOptions): { std: number; own: TensorOptions } {
  const { gain: scale, ...own } = readOptions(name, options, { gain: 1, ...TENSOR_DEFAULTS });
  requireNumber(name, 'gain', scale);
  const { fanIn, fanOut } = fans(shape);
  return { std: fanIn + fanOut === 0 ? 0 : scale * Math.sqrt(2 / (fanIn + fanOut)), own };
}

/** A uniform distribution of standard deviation std reaches to sqrt(3) std on either side. */
function uniformOfStd(shape: Shape, std: number, options: TensorOptions): Tensor {
  const bound = Math.sqrt(3) * std;
  return uniform(shape, -bound, bound, options);
}

/** He et al. 2015: standard deviation gain / sqrt(fan). */
export function kaimingUniform(shape: Shape, options: KaimingOptions = {}): Tensor {
  const { std, own } = readKaiming('kaimingUniform', shape, options);
  return uniformOfStd(shape, std, own);
}

/** He et al. 2015: standard deviation gain / sqrt(fan). */
export function kaimingNormal(shape: Shape, options: KaimingOptions = {}): Tensor {
  const { std, own } = readKaiming('kaimingNormal', shape, options);
  return normal(shape, 0, std, own);
}

/** Glorot and Bengio 2010: standard deviation gain * sqrt(2 / (fanIn + fanOut)). */
export function xavierUniform(shape: Shape, options: GainOptions = {}): Tensor {
  const { std, own } = readXavier('xavierUniform', shape, options);
  return uniformOfStd(shape, std, own);
}

/** Glorot and Bengio 2010: standard deviation gain * sqrt(2 / (fanIn + fanOut)). */
export function xavierNormal(shape: Shape, options: GainOptions = {}): Tensor {
  const { std, own } = readXavier('xavierNormal', shape, options);
  return normal(shape, 0, std, own);
}

/** LeCun et al. 1998: standard deviation 1 / sqrt(fanIn), for selu and tanh. Keras's name: `LecunUniform`. */
export function lecunUniform(shape: Shape, options: TensorOptions = {}): Tensor {
  return kaimingUniform(shape, { ...readOptions('lecunUniform', options, TENSOR_DEFAULTS), nonlinearity: 'linear' });
}

/** LeCun et al. 1998: standard deviation 1 / sqrt(fanIn), for selu and tanh. Keras's name: `LecunNormal` (there truncated). */
export function lecunNormal(shape: Shape, options: TensorOptions = {}): Tensor {
  return kaimingNormal(shape, { ...readOptions('lecunNormal', options, TENSOR_DEFAULTS), nonlinearity: 'linear' });
}
