import { callOp } from '../../core/apply.js';
import { requireFloat } from '../../core/dtype.js';
import { type KernelOp, type Vjp, defineOp } from '../../core/op.js';
import { readOptions } from '../../core/options.js';
import { normalizeAxis, sizeOf } from '../../core/shape.js';
import { Tensor, requireTensors } from '../../core/tensor.js';
import { type KernelPlan, type Launch, gridFor } from '../../core/webgpu/kernel.js';
import { type Rows, rowsOf } from '../rows.js';
import { movingCost } from '../strided/plan.js';
import { softmaxCpu } from './cpu.js';
import { ROW_VARIANTS, partsOf } from './shares.js';
import softmaxWgsl from './softmax.wgsl';
import softmaxRowsWgsl from './softmaxRows.wgsl';
import softmaxWalkWgsl from './softmaxWalk.wgsl';

function planRows({ length, inner, rows }: Rows, logarithm: boolean): KernelPlan {
  const common = { overrides: { LOGARITHM: logarithm }, workgroups: gridFor(rows, 64) };
  const launch: Launch = inner === 1 && length % 4 === 0
    ? { ...common, module: softmaxRowsWgsl, params: { rows, vectors: length / 4 } }
    : { ...common, module: softmaxWalkWgsl, params: { rows, length, inner } };
  return { launches: [launch] };
}

function planShares({ length, inner, rows }: Rows, parts: number, logarithm: boolean): KernelPlan {
  const size = rows * length;
  const common = { module: softmaxWgsl, overrides: { LOGARITHM: logarithm }, params: { length, inner, rows, parts, size } };
  return {
    scratch: { states: { shape: [rows, parts, 2], dtype: 'float32' } },
    launches: [
      { ...common, entryPoint: 'statistics', workgroups: gridFor(rows * parts, 64) },
      { ...common, entryPoint: 'combine', workgroups: gridFor(rows, 64) },
      { ...common, workgroups: gridFor(size, 64) },
    ],
  };
}

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
    kernel: ({ inputs: [x], attrs: { axis }, variant }) => {
      const rows = rowsOf(x.shape, axis);
      const parts = partsOf(rows, variant);
      return parts === null ? planRows(rows, logarithm) : planShares(rows, parts, logarithm);
    },
    variants: ROW_VARIANTS,
    cost: ([x], [out]) => ({ ...movingCost(x, out), flops: 6 * sizeOf(x.shape) }),
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
export function softmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  requireTensors('softmax', { x });
  const { axis } = readOptions('softmax', options, { axis: -1 });
  return callOp('softmax', [x], { axis: normalizeAxis('softmax', axis, x.rank) });
}

/** The logarithm of `softmax`, computed without taking one of a vanishing number. PyTorch's name: `torch.log_softmax`. */
export function logSoftmax(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  requireTensors('logSoftmax', { x });
  const { axis } = readOptions('logSoftmax', options, { axis: -1 });
  return callOp('logSoftmax', [x], { axis: normalizeAxis('logSoftmax', axis, x.rank) });
}

Tensor.prototype.softmax = function (options) {
  return softmax(this, options);
};

Tensor.prototype.logSoftmax = function (options) {
  return logSoftmax(this, options);
};
