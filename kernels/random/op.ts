import { type DType, isFloat } from '../../core/dtype.js';
import { DTypeError, ShapeError } from '../../core/errors.js';
import { type KernelOp, type Op, defineOp } from '../../core/op.js';
import { readOptions } from '../../core/options.js';
import { reserveRandom } from '../../core/random.js';
import { type Shape, checkShape, sizeOf } from '../../core/shape.js';
import type { Tensor, TensorOptions } from '../../core/tensor.js';
import { create } from '../create.js';
import { RUN_VARIANTS } from '../runs.js';
import { randCpu, randIntCpu, randnCpu } from './cpu.js';
import { type StreamStart, checkStream, nextStream, planRandom } from './stream.js';

export interface RandomAttrs extends StreamStart {
  shape: Shape;
  dtype: DType;
}

export interface RandIntAttrs extends StreamStart {
  shape: Shape;
  low: number;
  high: number;
}

const vjp = { notDifferentiable: 'it has no inputs' };

function defineDistribution(name: 'rand' | 'randn', cpu: KernelOp<RandomAttrs>['cpu']): KernelOp<RandomAttrs> {
  return defineOp<KernelOp<RandomAttrs>>({
    name,
    inputs: [],
    infer(_inputs, { shape, dtype, ...start }) {
      checkShape(name, shape);
      checkStream(name, start);
      if (!isFloat(dtype)) throw new DTypeError(`${name}: gives floats, not ${dtype}; for whole numbers use randInt()`);
      return [{ shape, dtype }];
    },
    cpu,
    kernel: ({ outputs: [out], attrs, variant }) => planRandom(name, sizeOf(out.shape), attrs, variant),
    variants: RUN_VARIANTS,
    vjp,
  });
}

export const randOp = defineDistribution('rand', randCpu);
export const randnOp = defineDistribution('randn', randnCpu);

export const randIntOp = defineOp<KernelOp<RandIntAttrs>>({
  name: 'randInt',
  inputs: [],
  infer(_inputs, { shape, low, high, ...start }) {
    checkShape('randInt', shape);
    checkStream('randInt', start);
    if (low !== (low | 0) || high !== (high | 0) || low >= high) {
      throw new ShapeError(`randInt: low ${low} must be below high ${high}, both whole 32-bit numbers, for shape [${shape}]`);
    }
    return [{ shape, dtype: 'int32' }];
  },
  cpu: randIntCpu,
  kernel: ({ outputs: [out], attrs, variant }) =>
    planRandom('rand_int', sizeOf(out.shape), attrs, variant, { low: attrs.low, span: attrs.high - attrs.low }),
  variants: RUN_VARIANTS,
  vjp,
});

/** Calls an op with the next words of the global generator. They are taken last: a call that throws does not move it. */
function draw(op: Op, attrs: { shape: Shape }, options: TensorOptions): Tensor {
  const out = create(op, { ...attrs, ...nextStream() }, options);
  reserveRandom(out.size);
  return out;
}

/**
 * Uniform random numbers in [0, 1), whole multiples of 2^-24, from the generator that `manualSeed` seeds: the same
 * numbers on every device. float32 unless options say float64. PyTorch's name: `torch.rand`.
 */
export function rand(shape: Shape, options: TensorOptions = {}): Tensor {
  return draw(randOp, { shape }, options);
}

/**
 * Standard normal random numbers (mean 0, variance 1, at most 5.77 in size), from the generator that `manualSeed`
 * seeds: the same on every device to a few ULP. float32 unless options say float64. PyTorch's name: `torch.randn`.
 */
export function randn(shape: Shape, options: TensorOptions = {}): Tensor {
  return draw(randnOp, { shape }, options);
}

/**
 * Random whole numbers low .. high-1 as int32, from the generator that `manualSeed` seeds: the same on every device.
 * Like PyTorch's they are 32 random bits modulo high - low, so a span that is no power of two is uneven by a share of
 * span / 2^32. PyTorch's name: `torch.randint`.
 */
export function randInt(low: number, high: number, shape: Shape, options: Omit<TensorOptions, 'dtype' | 'requiresGrad'> = {}): Tensor {
  readOptions('randInt', options, { device: undefined });
  const attrs = { shape, low, high };
  return draw(randIntOp, attrs, options);
}
