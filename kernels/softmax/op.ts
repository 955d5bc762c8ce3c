import { callOp } from '../../core/apply.js';
import { requireFloat } from '../../core/dtype.js';
import { type KernelOp, type Vjp, defineOp } from '../../core/op.js';
import { normalizeAxis, sizeOf } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { gridFor } from '../../core/webgpu/kernel.js';
import { softmaxCpu } from './cpu.js';
import { rowsOf } from './layout.js';
import softmaxWgsl from './softmax.wgsl';

/** Values that one invocation takes before a row is shared, and at most so many shares: each element merges them again. */
const VALUES_A_PART = 256;
const MAX_PARTS = 16;

function defineSoftmax(name: string, logarithm: boolean, vjp: Vjp<{ axis: number }>) {
  return defineOp<KernelOp<{ axis: number }>>({
    name,
    inputs: ['x'],
    infer([x], { axis }) {
      requireFloat(name, 'x', x.dtype);
      normalizeAxis(name, axis, x.shape.length);
      return [{ shape: x.shape, dtype: x.dtype }];
    },
    cpu: ([x], [out], { axis }) => softmaxCpu(x, out, axis, logarithm),
    kernel({ inputs: [x], attrs: { axis } }) {
      const { length, inner, rows } = rowsOf(x.shape, axis);
      const parts = Math.min(MAX_PARTS, Math.ceil(length / VALUES_A_PART));
      const size = sizeOf(x.shape);
      const common = { module: softmaxWgsl, overrides: { LOGARITHM: logarithm }, params: { length, inner, rows, parts, size } };
      return {
        scratch: { states: { shape: [rows, parts, 2], dtype: 'float32' } },
        launches: [
          { ...common, entryPoint: 'statistics', workgroups: gridFor(rows * parts, 64) },
          { ...common, workgroups: gridFor(size, 64) },
        ],
      };
    },
    cost: ([x]) => ({ flops: 6 * sizeOf(x.shape), bytes: 12 * sizeOf(x.shape) }),
    saves: () => ['out'],
    vjp,
  });
}

// y (g - sum of g y)
export const softmaxOp = defineSoftmax('softmax', false, ([g], { attrs, saved }) => {
  const y = saved('out');
  return [y.mul(g.sub(g.mul(y).sum({ axis: attrs.axis, keepDim: true })))];
});

// g - exp(y) (sum of g)
export const logSoftmaxOp = defineSoftmax('logSoftmax', true, ([g], { attrs, saved }) => [
  g.sub(saved('out').exp().mul(g.sum({ axis: attrs.axis, keepDim: true }))),
]);

export interface SoftmaxOptions {
  /** Negative axes count from the end. Default -1, the last. */
  axis?: number;
}

declare module '../../core/tensor.js' {
  interface Tensor {
    softmax(options?: SoftmaxOptions): Tensor;
    logSoftmax(options?: SoftmaxOptions): Tensor;
  }
}

/** exp(x) over its sum along `axis`, safe for large values. PyTorch's name: `torch.softmax`. */
export function softmax(x: Tensor, { axis = -1 }: SoftmaxOptions = {}): Tensor {
  return callOp('softmax', [x], { axis: normalizeAxis('softmax', axis, x.rank) });
}

/** The logarithm of `softmax`, computed without taking one of a vanishing number. PyTorch's name: `torch.log_softmax`. */
export function logSoftmax(x: Tensor, { axis = -1 }: SoftmaxOptions = {}): Tensor {
  return callOp('logSoftmax', [x], { axis: normalizeAxis('logSoftmax', axis, x.rank) });
}

Tensor.prototype.softmax = function (options) {
  return softmax(this, options);
};

Tensor.prototype.logSoftmax = function (options) {
  return logSoftmax(this, options);
};
