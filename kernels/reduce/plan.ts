import { sizeOf } from '../../core/shape.js';
import { type KernelCall, type KernelPlan, type Launch, gridFor, padTo, wgslType } from '../../core/webgpu/kernel.js';
import { fillOp } from '../fill/op.js';
import { reductionLayout } from './layout.js';
import reduceWgsl from './reduce.wgsl';
import type { ReduceAttrs, ReduceRow } from './table.js';

/** Values that one invocation takes before it pays to share an output element between several. */
const VALUES_A_PART = 256;
const MAX_PARTS = 2048;

/** Fewest invocations that keep an adapter busy: beyond them, outputs are not split further. */
const BUSY = 1 << 16;

export function planReduce(row: ReduceRow, code: number, call: KernelCall<ReduceAttrs>): KernelPlan {
  const { inputs: [x], outputs: [out], attrs } = call;
  const outputs = sizeOf(out.shape);
  if (sizeOf(x.shape) === 0) return fillOp.kernel({ ...call, attrs: { ...out, value: row.empty ?? 0 } });
  const { keptShape, keptStrides, reducedShape, reducedStrides } = reductionLayout(x.shape, attrs.axes);
  const count = sizeOf(reducedShape);
  const innermostIsReduced = reducedStrides.at(-1) === 1;
  const vectors = innermostIsReduced && reducedShape.at(-1)! % 4 === 0;
  const parts = outputs >= BUSY ? 1 : Math.min(MAX_PARTS, Math.ceil(count / VALUES_A_PART));
  const common: Pick<Launch, 'module' | 'tiles' | 'overrides' | 'params'> = {
    module: reduceWgsl,
    tiles: { Element: wgslType(x.dtype), Result: wgslType(out.dtype) },
    overrides: { OP: code, PARTS_FIRST: innermostIsReduced, VECTORS: vectors },
    params: {
      kept_shape: padTo(keptShape, 8, 1),
      kept_strides: padTo(keptStrides, 8, 0),
      reduced_shape: padTo(reducedShape, 8, 1),
      reduced_strides: padTo(reducedStrides, 8, 0),
      kept_rank: keptShape.length,
      reduced_rank: reducedShape.length,
      outputs,
      parts,
      steps: vectors ? count / 4 : count,
      count,
      correction: attrs.correction ?? 0,
    },
  };
  if (parts === 1) return { launches: [{ ...common, workgroups: gridFor(outputs, 64) }] };
  return {
    scratch: { states: { shape: [outputs, parts, 4], dtype: 'float32' } },
    launches: [
      { ...common, entryPoint: 'partial', workgroups: gridFor(outputs * parts, 64) },
      { ...common, entryPoint: 'merge', workgroups: gridFor(outputs, 64) },
    ],
  };
}
