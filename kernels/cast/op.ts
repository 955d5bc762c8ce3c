import { callOp } from '../../core/apply.js';
import type { DType } from '../../core/dtype.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { sizeOf } from '../../core/shape.js';
import { Tensor, requireTensors } from '../../core/tensor.js';
import { wgslType } from '../../core/webgpu/kernel.js';
import { RUN_VARIANTS, flatWalk } from '../runs.js';
import { castCpu } from './cpu.js';
import castWgsl from './cast.wgsl';

export const castOp = defineOp<KernelOp<{ dtype: DType }>>({
  name: 'cast',
  inputs: ['x'],
  infer: ([x], { dtype }) => [{ shape: x.shape, dtype }],
  cpu: castCpu,
  kernel({ inputs: [x], outputs: [out], variant }) {
    const { overrides, ...walk } = flatWalk(sizeOf(out.shape), variant);
    const tiles = { Element: wgslType(x.dtype), Result: wgslType(out.dtype) };
    return { launches: [{ module: castWgsl, tiles, overrides: { ...overrides, TO_INTEGERS: out.dtype === 'int32' }, ...walk }] };
  },
  variants: RUN_VARIANTS,
  vjp: ([gradient], { inputs: [x] }) => [cast(gradient, x.dtype)],
});

declare module '../../core/tensor.js' {
  interface Tensor {
    /** The values in another dtype; to int32 toward zero. PyTorch's name: `Tensor.to`. */
    to(dtype: DType): Tensor;
    /** See `clone`. */
    clone(): Tensor;
  }
}

/** The values of `x` in `dtype`: to int32 they are cut toward zero and saturate, NaN gives 0. PyTorch's name: `Tensor.to`. */
export function cast(x: Tensor, dtype: DType): Tensor {
  requireTensors('cast', { x });
  return x.dtype === dtype ? x.alias() : callOp('cast', [x], { dtype });
}

/** A copy of `x` in memory of its own; the gradient passes through. PyTorch's name: `clone`. */
export function clone(x: Tensor): Tensor {
  requireTensors('clone', { x });
  return callOp('cast', [x], { dtype: x.dtype });
}

Tensor.prototype.to = function (dtype) {
  return cast(this, dtype);
};

Tensor.prototype.clone = function () {
  return clone(this);
};
