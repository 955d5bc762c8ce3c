import type { Spec } from '../../core/backend.js';
import { bytesPerElement } from '../../core/dtype.js';
import type { Cost } from '../../core/op.js';
import { type Shape, collapseAxes, contiguousStrides, sizeOf } from '../../core/shape.js';
import { type KernelCall, type KernelPlan, type Launch, foldGrid, padTo } from '../../core/webgpu/kernel.js';
import { fillOp } from '../fill/op.js';
import { rowWalk } from '../runs.js';
import stridedWgsl from './strided.wgsl';
import transposeWgsl from './transpose.wgsl';

/** Where the element at position p of a box stands: offset + sum of p[axis] * strides[axis]. Strides may be negative. */
export interface Layout {
  readonly offset: number;
  readonly strides: readonly number[];
}

/** A whole tensor of `shape`. */
export function wholeLayout(shape: Shape): Layout {
  return { offset: 0, strides: contiguousStrides(shape) };
}

/** The part of a tensor of `shape` that begins at `starts` and takes every `steps[axis]`-th element (default: every one). */
export function windowLayout(shape: Shape, starts: readonly number[], steps?: readonly number[]): Layout {
  const strides = contiguousStrides(shape);
  return {
    offset: strides.reduce((offset, stride, axis) => offset + starts[axis] * stride, 0),
    strides: steps ? strides.map((stride, axis) => stride * steps[axis]) : strides,
  };
}

const VECTORS: Record<number, string> = { 1: 'u32', 2: 'vec2u', 4: 'vec4u' };

/** Can `layout` be walked by vectors of `width` along axis `along`, which has stride 1? */
function takesVectors({ offset, strides }: Layout, along: number, width: number): boolean {
  return strides[along] === 1 && [offset, ...strides.toSpliced(along, 1)].every((step) => step % width === 0);
}

/** The layout with everything but the stride of axis `along` counted in vectors of `width`. */
function inVectors({ offset, strides }: Layout, along: number, width: number): Layout {
  return { offset: offset / width, strides: strides.map((stride, axis) => (axis === along ? stride : stride / width)) };
}

function withoutAxes(values: readonly number[], axes: readonly number[]): number[] {
  return values.filter((_, axis) => !axes.includes(axis));
}

function withoutAxis({ offset, strides }: Layout, axis: number): Layout {
  return { offset, strides: withoutAxes(strides, [axis]) };
}

function layoutParams(shape: Shape, from: Layout, to: Layout): NonNullable<Launch['params']> {
  return {
    shape: padTo(shape, 8, 1),
    x_strides: padTo(from.strides, 8, 0),
    out_strides: padTo(to.strides, 8, 0),
    x_offset: from.offset,
    out_offset: to.offset,
    rank: shape.length,
  };
}

function planElements(shape: Shape, from: Layout, to: Layout, variant?: string): Launch {
  const inner = shape.length - 1;
  const repeats = from.strides[inner] === 0;
  const fits = (width: number) =>
    shape[inner] % width === 0 && takesVectors(to, inner, width) && (repeats || takesVectors(from, inner, width));
  const width = [4, 2].find(fits) ?? 1;
  const vectors = shape.map((extent, axis) => (axis === inner ? extent / width : extent));
  const source = repeats ? from : inVectors(from, inner, width);
  const target = inVectors(to, inner, width);
  const extent = vectors[inner];
  const outer = withoutAxes(vectors, [inner]);
  const { params, ...walk } = rowWalk(sizeOf(outer), extent, variant);
  return {
    ...walk,
    module: stridedWgsl,
    tiles: { Source: VECTORS[repeats ? 1 : width], Element: VECTORS[width] },
    params: {
      ...layoutParams(outer, withoutAxis(source, inner), withoutAxis(target, inner)),
      inner: extent,
      x_step: source.strides[inner],
      out_step: target.strides[inner],
      ...params,
    },
  };
}

/** A launch that moves blocks of 4 x 4, where axis `row` has stride 1 in `from` and the last one has stride 1 in `to`. */
function planTranspose(shape: Shape, from: Layout, to: Layout, row: number): Launch {
  const column = shape.length - 1;
  const source = inVectors(from, row, 4);
  const target = inVectors(to, column, 4);
  const batchOf = (values: readonly number[]) => withoutAxes(values, [row, column]);
  const [rows, columns] = [shape[row] / 4, shape[column] / 4];
  const batch = sizeOf(batchOf(shape));
  return {
    module: transposeWgsl,
    params: {
      ...layoutParams(
        batchOf(shape), { ...source, strides: batchOf(source.strides) }, { ...target, strides: batchOf(target.strides) },
      ),
      x_step: source.strides[column],
      out_step: target.strides[row],
      rows,
      columns,
      batch,
    },
    workgroups: foldGrid(Math.ceil(rows / 8) * Math.ceil(columns / 8) * batch),
  };
}

/**
 * The launch that copies a box of `shape` from the layout `from` in x to the layout `to` in out; none for an empty box.
 * `x` names the argument that is read, where it is not called x. Ops that copy boxes have the variants RUN_VARIANTS.
 */
export function copyBox(shape: Shape, from: Layout, to: Layout, variant: string | undefined, x = 'x'): Launch[] {
  if (sizeOf(shape) === 0) return [];
  const collapsed = collapseAxes(shape, [from.strides, to.strides]);
  const { shape: extents, strides } = collapsed.shape.length > 0 ? collapsed : { shape: [1], strides: [[1], [1]] };
  const source: Layout = { offset: from.offset, strides: strides[0] };
  const target: Layout = { offset: to.offset, strides: strides[1] };
  const column = extents.length - 1;
  // One value repeated along the columns is written by rows: there is nothing to turn.
  const row = source.strides[column] === 0 ? -1 : extents.findIndex((extent, axis) => (
    axis !== column && extent % 4 === 0 && extents[column] % 4 === 0 && takesVectors(source, axis, 4) && takesVectors(target, column, 4)
  ));
  const launch = row >= 0 ? planTranspose(extents, source, target, row) : planElements(extents, source, target, variant);
  return [{ ...launch, bind: { x } }];
}

/** The plan for an output that is x laid out as `to` on a ground of `value`. */
export function planOnGround(call: KernelCall<object>, to: Layout, value: number, x = 'x'): KernelPlan {
  const { inputs: [input], outputs: [out] } = call;
  const ground = fillOp.kernel({ ...call, inputs: [], attrs: { shape: out.shape, dtype: out.dtype, value } });
  return { launches: [...ground.launches, ...copyBox(input.shape, wholeLayout(input.shape), to, call.variant, x)] };
}

/** What it costs to move `specs` once, and to compute nothing. */
export function movingCost(...specs: Spec[]): Cost {
  return { flops: 0, bytes: specs.reduce((bytes, { shape, dtype }) => bytes + sizeOf(shape) * bytesPerElement(dtype), 0) };
}
