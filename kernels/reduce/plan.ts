import { sizeOf } from '../../core/shape.js';
import { type KernelCall, type KernelPlan, type KernelVariants, type Launch, gridFor, padTo, wgslType } from '../../core/webgpu/kernel.js';
import { fillOp } from '../fill/op.js';
import { type ReductionLayout, reductionLayout } from './layout.js';
import reduceWgsl from './reduce.wgsl';
import type { ReduceAttrs, ReduceRow } from './table.js';

/** Values that one invocation takes before it pays to share an output between several. */
const VALUES_A_PART = 256;
const MAX_PARTS = 2048;

/** How far a reduction is shared out: `few` invocations keep a CPU's cores busy, a real GPU wants `many`. */
export const REDUCE_VARIANTS: KernelVariants<ReduceAttrs> = {
  names: ['few', 'many'],
  untuned: { integrated: 'many', discrete: 'many' },
  bucket: () => 'any',
};

/** As many invocations keep an adapter busy: beyond them, outputs are not split further. */
const BUSY: Readonly<Record<string, number>> = { few: 1 << 10, many: 1 << 16 };

/** What the four lanes of the kernel hold; see LANES in reduce.wgsl. */
const LANES = { one: 0, values: 1, outputs: 2 };

function lanesOf({ keptShape, reducedShape, reducedStrides }: ReductionLayout): number {
  if (reducedStrides.at(-1) === 1) return reducedShape.at(-1)! % 4 === 0 ? LANES.values : LANES.one;
  return keptShape.length > 0 && keptShape.at(-1)! % 4 === 0 ? LANES.outputs : LANES.one;
}

export function planReduce(row: ReduceRow, code: number, call: KernelCall<ReduceAttrs>): KernelPlan {
  const { inputs: [x], outputs: [out], attrs, variant = 'few' } = call;
  if (sizeOf(x.shape) === 0) return fillOp.kernel({ ...call, attrs: { ...out, value: row.empty ?? 0 } });
  const layout = reductionLayout(x.shape, attrs.axes);
  const { keptShape, keptStrides, reducedShape, reducedStrides } = layout;
  const count = sizeOf(reducedShape);
  const lanes = lanesOf(layout);
  const outputs = sizeOf(out.shape) / (lanes === LANES.outputs ? 4 : 1);
  const parts = Math.min(MAX_PARTS, Math.ceil(count / VALUES_A_PART), Math.ceil(BUSY[variant] / outputs));
  const common: Pick<Launch, 'module' | 'tiles' | 'overrides' | 'params'> = {
    module: reduceWgsl,
    tiles: { Element: wgslType(x.dtype), Result: wgslType(out.dtype) },
    overrides: { OP: code, PARTS_FIRST: reducedStrides.at(-1) === 1, LANES: lanes },
    params: {
      kept_shape: padTo(keptShape, 8, 1),
      kept_strides: padTo(keptStrides, 8, 0),
      reduced_shape: padTo(reducedShape, 8, 1),
      reduced_strides: padTo(reducedStrides, 8, 0),
      kept_rank: keptShape.length,
      reduced_rank: reducedShape.length,
      outputs,
      parts,
      steps: lanes === LANES.values ? count / 4 : count,
      count,
      correction: attrs.correction ?? 0,
    },
  };
  if (parts === 1) return { launches: [{ ...common, workgroups: gridFor(outputs, 64) }] };
  return {
    scratch: { states: { shape: [outputs, parts, 16], dtype: 'float32' } },
    launches: [
      { ...common, entryPoint: 'partial', workgroups: gridFor(outputs * parts, 64) },
      { ...common, entryPoint: 'merge', workgroups: gridFor(outputs, 64) },
    ],
  };
}
