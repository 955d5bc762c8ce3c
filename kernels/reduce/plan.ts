import type { DType } from '../../core/dtype.js';
import { sizeOf } from '../../core/shape.js';
import { type KernelCall, type KernelPlan, type KernelVariants, type Launch, gridFor, padTo, wgslType } from '../../core/webgpu/kernel.js';
import { fillOp } from '../fill/op.js';
import { type ReductionLayout, reductionLayout } from './layout.js';
import columnsWgsl from './columns.wgsl';
import reduceWgsl from './reduce.wgsl';
import type { ReduceAttrs, ReduceRow } from './table.js';

/** Values that one invocation takes before it pays to share an output between several. */
const VALUES_A_PART = 256;
const MAX_PARTS = 2048;

/** How far a reduction is shared out: `few` keep a CPU's cores busy, a real GPU wants `many`, each with several loads under way. */
export const REDUCE_VARIANTS: KernelVariants<ReduceAttrs> = {
  names: ['few', 'many'],
  untuned: { integrated: 'many', discrete: 'many' },
  bucket: () => 'any',
};

/** As many invocations keep an adapter busy: beyond them, outputs are not split further. */
const BUSY: Readonly<Record<string, number>> = { few: 1 << 12, many: 1 << 16 };

/** As many walk side by side: a CPU's vector, or a workgroup. */
const TEAM: Readonly<Record<string, number>> = { few: 8, many: 64 };

/** Over how many invocations the `count` values of an output are shared, where there are `outputs` of them. */
function partsOf(count: number, outputs: number, variant: string): number {
  return Math.min(MAX_PARTS, Math.ceil(count / VALUES_A_PART), Math.ceil(BUSY[variant] / outputs));
}

const WORKGROUP = 64;

/** What the four lanes of the kernel hold; see LANES in reduce.wgsl. */
const LANES = { one: 0, values: 1, outputs: 2 };

function lanesOf({ keptShape, reducedShape, reducedStrides }: ReductionLayout): number {
  if (reducedStrides.at(-1) === 1) return reducedShape.at(-1)! % 4 === 0 ? LANES.values : LANES.one;
  return keptShape.length > 0 && keptShape.at(-1)! % 4 === 0 ? LANES.outputs : LANES.one;
}

/** The same axes, counted in vec4s. The innermost axis of all, which has stride 1, is the last of the kept or of the reduced ones. */
function inVectors({ keptShape, keptStrides, reducedShape, reducedStrides }: ReductionLayout): ReductionLayout {
  const extents = (shape: readonly number[], strides: readonly number[]) => shape.map((extent, axis) => (strides[axis] === 1 ? extent / 4 : extent));
  const steps = (strides: readonly number[]) => strides.map((stride) => (stride === 1 ? 1 : stride / 4));
  return {
    keptShape: extents(keptShape, keptStrides), keptStrides: steps(keptStrides),
    reducedShape: extents(reducedShape, reducedStrides), reducedStrides: steps(reducedStrides),
  };
}

/** Whether a reduction goes down the columns of matrices, eight neighbours at a time; see columns.wgsl. */
function areColumns({ keptShape, reducedShape, reducedStrides }: ReductionLayout): boolean {
  return reducedShape.length === 1 && reducedStrides[0] !== 1 && keptShape.length <= 2 && keptShape.at(-1)! % 8 === 0;
}

function planColumns(mean: boolean, { keptShape, reducedShape: [rows] }: ReductionLayout, dtype: DType): KernelPlan {
  const columns = keptShape.at(-1)! / 8;
  const outer = keptShape.length === 2 ? keptShape[0] : 1;
  const parts = partsOf(rows, outer * columns, 'few');
  const launch = (isLast: boolean, height: number, shares: number): Launch => ({
    module: columnsWgsl,
    tiles: { Element: wgslType(dtype) },
    overrides: { MEAN: mean && isLast },
    params: { outer, rows: height, columns, parts: shares, chunk: Math.floor(height / shares), longer: height % shares, count: rows },
    workgroups: gridFor(outer * shares * columns, WORKGROUP),
  });
  if (parts === 1) return { launches: [launch(true, rows, 1)] };
  return {
    scratch: { sums: { shape: [outer, parts, 8 * columns], dtype } },
    launches: [
      { ...launch(false, rows, parts), bind: { out: 'sums' } },
      { ...launch(true, parts, 1), bind: { x: 'sums' } },
    ],
  };
}

export function planReduce(row: ReduceRow, code: number, call: KernelCall<ReduceAttrs>): KernelPlan {
  const { inputs: [x], outputs: [out], attrs, variant = 'few' } = call;
  if (sizeOf(x.shape) === 0) return fillOp.kernel({ ...call, attrs: { ...out, value: row.empty ?? 0 } });
  const layout = reductionLayout(x.shape, attrs.axes);
  const isSum = row.name === 'sum' || row.name === 'mean';
  if (isSum && variant === 'few' && areColumns(layout)) return planColumns(row.name === 'mean', layout, x.dtype);
  const lanes = lanesOf(layout);
  const { keptShape, keptStrides, reducedShape, reducedStrides } = lanes === LANES.one ? layout : inVectors(layout);
  const count = sizeOf(layout.reducedShape);
  const outputs = sizeOf(keptShape);
  const partsFirst = layout.reducedStrides.at(-1) === 1;
  const wanted = partsOf(count, outputs, variant);
  const steps = sizeOf(reducedShape);
  const team = partsFirst ? Math.min(wanted, TEAM[variant]) : 1;
  const teams = Math.ceil(wanted / team);
  const parts = teams * team;
  const common: Pick<Launch, 'module' | 'tiles' | 'overrides' | 'params'> = {
    module: reduceWgsl,
    tiles: { Element: wgslType(x.dtype), Result: wgslType(out.dtype) },
    overrides: { OP: code, PARTS_FIRST: partsFirst, LANES: lanes, UNROLLED: variant === 'many' },
    params: {
      kept_shape: padTo(keptShape, 8, 1),
      kept_strides: padTo(keptStrides, 8, 0),
      outer_shape: padTo(reducedShape.slice(0, -1), 8, 1),
      outer_strides: padTo(reducedStrides.slice(0, -1), 8, 0),
      kept_rank: keptShape.length,
      outer_rank: Math.max(reducedShape.length - 1, 0),
      inner: reducedShape.at(-1) ?? 1,
      inner_stride: reducedStrides.at(-1) ?? 0,
      outputs,
      parts,
      team,
      chunk: Math.floor(steps / teams),
      longer: steps % teams,
      count,
      correction: attrs.correction ?? 0,
    },
  };
  if (parts === 1) return { launches: [{ ...common, workgroups: gridFor(outputs, WORKGROUP) }] };
  return {
    scratch: { states: { shape: [outputs, parts, 16], dtype: 'float32' } },
    launches: [
      { ...common, entryPoint: 'partial', workgroups: gridFor(outputs * parts, WORKGROUP) },
      { ...common, entryPoint: 'merge', workgroups: gridFor(outputs, WORKGROUP) },
    ],
  };
}
