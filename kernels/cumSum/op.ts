import { callOp } from '../../core/apply.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { REQUIRED, readOptions } from '../../core/options.js';
import { normalizeAxis, sizeOf } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { type KernelCall, type KernelPlan, gridFor, wgslType } from '../../core/webgpu/kernel.js';
import { checkAxis } from '../indexing.js';
import { rowsOf } from '../rows.js';
import { movingCost } from '../strided/plan.js';
import { cumSumCpu } from './cpu.js';
import cumSumWgsl from './cumSum.wgsl';

export interface CumSumAttrs {
  axis: number;
  /** Sum from the end of the axis. */
  reverse: boolean;
}

/** Invocations that keep an adapter busy: lines are cut into blocks until there are about as many. */
const BUSY = 8192;
/** Shorter blocks do not pay for reading x twice. */
const SHORTEST_BLOCK = 64;

/** The size of a block: at least about their number, so that neither a block nor adding up the totals becomes a long walk. */
function blockSizeOf(length: number, lines: number): number {
  const blocks = Math.min(Math.floor(length / SHORTEST_BLOCK), Math.ceil(Math.sqrt(length)), Math.floor(BUSY / lines));
  return Math.ceil(length / Math.max(blocks, 1));
}

function planCumSum({ inputs: [x], attrs: { axis, reverse } }: KernelCall<CumSumAttrs>): KernelPlan {
  if (sizeOf(x.shape) === 0) return { launches: [] };
  const { length, inner, rows: lines } = rowsOf(x.shape, axis);
  const blockSize = blockSizeOf(length, lines);
  const blocks = Math.ceil(length / blockSize);
  const common = {
    module: cumSumWgsl,
    tiles: { Element: wgslType(x.dtype) },
    overrides: { REVERSED: reverse },
    params: { length, inner, lines, blocks, block_size: blockSize },
  };
  if (blocks === 1) return { launches: [{ ...common, workgroups: gridFor(lines, 64) }] };
  return {
    scratch: { sums: { shape: [lines * blocks], dtype: x.dtype } },
    launches: [
      { ...common, entryPoint: 'totals', workgroups: gridFor(lines * blocks, 64) },
      { ...common, entryPoint: 'starts', workgroups: gridFor(lines, 64) },
      { ...common, entryPoint: 'resume', workgroups: gridFor(lines * blocks, 64) },
    ],
  };
}

export const cumSumOp = defineOp<KernelOp<CumSumAttrs>>({
  name: 'cumSum',
  inputs: ['x'],
  infer([x], { axis }) {
    checkAxis('cumSum', axis, x.shape.length);
    return [x];
  },
  cpu: cumSumCpu,
  kernel: planCumSum,
  cost: (inputs, outputs) => ({ ...movingCost(...inputs, ...outputs), flops: sizeOf(inputs[0].shape) }),
  vjp: ([gradient], { attrs: { axis, reverse } }) => [cumSum(gradient, { axis, reverse: !reverse })],
});

export interface CumSumOptions {
  /** The axis to sum along; negative ones count from the end. */
  axis: number;
  /** Sum from the end of the axis instead. Default false. */
  reverse?: boolean;
}

declare module '../../core/tensor.js' {
  interface Tensor {
    /** Running sums along `axis`. See `cumSum`. */
    cumSum(options: CumSumOptions): Tensor;
  }
}

/**
 * Running sums along `axis`: out[.., k, ..] = x[.., 0, ..] + ... + x[.., k, ..]; with `reverse`, x[.., k, ..] to the last.
 * Any dtype; NaN stays in all sums after it. PyTorch's name: `torch.cumsum`, which has no `reverse`.
 */
export function cumSum(x: Tensor, options: CumSumOptions): Tensor {
  const { axis, reverse } = readOptions('cumSum', options, { axis: REQUIRED, reverse: false });
  return callOp('cumSum', [x], { axis: normalizeAxis('cumSum', axis, x.rank), reverse });
}

Tensor.prototype.cumSum = function (options) {
  return cumSum(this, options);
};
