import type { DType } from '../../core/dtype.js';
import { DTypeError, TapegradError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { show } from '../../core/options.js';
import { type Shape, checkShape, sizeOf } from '../../core/shape.js';
import type { Tensor, TensorOptions } from '../../core/tensor.js';
import { create } from '../create.js';
import { RUN_VARIANTS, flatWalk } from '../runs.js';
import { fillCpu } from './cpu.js';
import fillWgsl from './fill.wgsl';

export interface FillAttrs {
  shape: Shape;
  dtype: DType;
  value: number;
}

/** The 32 bits that hold `value` in `dtype`. */
export function bitsOf(value: number, dtype: DType): number {
  const host = dtype === 'int32' ? new Int32Array([value]) : new Float32Array([value]);
  return new Uint32Array(host.buffer)[0];
}

export const fillOp = defineOp<KernelOp<FillAttrs>>({
  name: 'fill',
  inputs: [],
  infer(_inputs, { shape, dtype, value }) {
    checkShape('fill', shape);
    if (typeof value !== 'number') throw new TapegradError(`fill: value must be a number, got ${show(value)}`);
    if (dtype === 'int32' && value !== (value | 0)) {
      throw new DTypeError(`fill: value ${value} is not a 32-bit integer; use dtype 'float32'`);
    }
    return [{ shape, dtype }];
  },
  cpu: fillCpu,
  kernel({ outputs: [out], attrs, variant }) {
    const { params, ...walk } = flatWalk(sizeOf(out.shape), variant);
    return { launches: [{ module: fillWgsl, ...walk, params: { ...params, bits: bitsOf(attrs.value, attrs.dtype) } }] };
  },
  variants: RUN_VARIANTS,
  vjp: { notDifferentiable: 'it has no inputs' },
});

/** A tensor of `shape` with every element `value`. PyTorch's name: `torch.full`. */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  return create(fillOp, { shape, value }, options);
}

/** Zeros. PyTorch's name: `torch.zeros`. */
export function zeros(shape: Shape, options?: TensorOptions): Tensor {
  return full(shape, 0, options);
}

/** Ones. PyTorch's name: `torch.ones`. */
export function ones(shape: Shape, options?: TensorOptions): Tensor {
  return full(shape, 1, options);
}
