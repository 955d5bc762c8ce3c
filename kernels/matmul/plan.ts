import { type Shape, sizeOf } from '../../core/shape.js';
import {
  type KernelCall, type KernelLimits, type KernelPlan, type KernelVariants, type Launch, foldGrid, gridFor, padTo, scratchFits,
} from '../../core/webgpu/kernel.js';
import { TILE, packLines } from '../packLines/plan.js';
import { subgroupLanes } from '../subgroups.js';
import directWgsl from './direct.wgsl';
import { type Extents, batchLayout, extents } from './layout.js';
import type { MatmulAttrs } from './op.js';
import packedWgsl from './packed.wgsl';
import subgroupsWgsl from './subgroups.wgsl';
import vectorWgsl from './vector.wgsl';

/**
 * `packed` lays both operands out in tiles first; `shared` does too, and then goes through workgroup memory, as real GPUs like it;
 * `subgroups` hands values of A from lane to lane, as adapters on a CPU like it, and is `packed` where a device cannot;
 * `direct` reads them as they are, which pays where a matrix is so narrow that it is hardly read twice;
 * a single row or column may have vector.wgsl.
 */
export const matmulVariants: KernelVariants<MatmulAttrs> = {
  names: ['packed', 'shared', 'subgroups', 'direct'],
  untuned: { integrated: 'shared', discrete: 'shared', software: 'subgroups' },
  bucket({ inputs: [a, b], attrs }) {
    const { rows, columns } = extents(a.shape, b.shape, attrs);
    return Math.min(rows, columns) <= NARROW ? 'narrow' : 'wide';
  },
};

/** Up to so many rows or columns, a packed operand is read too few times to repay its copy. */
const NARROW = 12;

/** Invocations of vector.wgsl that keep an adapter busy: fewer lines are shared, in parts of LONG vec4s at least. */
const BUSY = 512;
const LONG = 1024;

/** The kernel that multiplies packed operands, and the tiles of rows and of columns that one of its workgroups covers. */
interface Block extends Pick<Launch, 'module' | 'entryPoint' | 'overrides'> {
  rows: number;
  columns: number;
}

const PACKED: Block = { module: packedWgsl, entryPoint: 'main', rows: 2, columns: 4 };
const SHARED: Block = { module: packedWgsl, entryPoint: 'main_shared', rows: 8, columns: 8 };

function blockOf(variant: string, limits: KernelLimits): Block {
  if (variant === 'shared') return SHARED;
  const lanes = variant === 'subgroups' ? subgroupLanes(limits) : 0;
  if (lanes === 0) return PACKED;
  return { module: subgroupsWgsl, overrides: { LANES: lanes }, rows: lanes / 2, columns: lanes };
}

export function planMatmul(call: KernelCall<MatmulAttrs>): KernelPlan {
  const { variant = matmulVariants.names[0], limits } = call;
  if (variant === 'direct') return isColumn(call) ? planColumn(call) : planDirect(call);
  const plan = planPacked(call, blockOf(variant, limits));
  return scratchFits(plan, limits) ? plan : planDirect(call);
}

/** What a kernel does to its sums before it stores them: told at run time, as layers with and without it then share a pipeline. */
function ending({ inputs: [, , bias], attrs: { activation } }: KernelCall<MatmulAttrs>): { has_bias: number; relu: number } {
  return { has_bias: Number(bias !== undefined), relu: Number(activation === 'relu') };
}

/** The batch as the shaders have it. */
function batchParams({ shape, stridesA, stridesB }: ReturnType<typeof batchLayout>): Record<string, number | number[]> {
  return {
    batch_shape: padTo(shape, 8, 1),
    batch_strides_a: padTo(stridesA, 8, 0),
    batch_strides_b: padTo(stridesB, 8, 0),
    batch_rank: shape.length,
  };
}

function planPacked(call: KernelCall<MatmulAttrs>, block: Block): KernelPlan {
  const { inputs: [a, b, bias], outputs: [out], attrs } = call;
  const { rows, inner, columns } = extents(a.shape, b.shape, attrs);
  const batch = batchLayout(a.shape, b.shape, out.shape);
  const matrices = sizeOf(batch.shape);
  const matricesOf = (shape: Shape) => sizeOf(shape.slice(0, -2));
  const packedA = packLines({ matrices: matricesOf(a.shape), lines: rows, inner, across: attrs.transposeA }, { source: 'a', packed: 'packed_a' });
  const packedB = packLines({ matrices: matricesOf(b.shape), lines: columns, inner, across: !attrs.transposeB }, { source: 'b', packed: 'packed_b' });
  const rowTiles = Math.ceil(rows / TILE);
  const columnTiles = Math.ceil(columns / TILE);
  const rowBlocks = Math.ceil(rowTiles / block.rows);
  const columnBlocks = Math.ceil(columnTiles / block.columns);
  /** Strides from matrix to matrix: from elements of the operand to vec4s of its copy. */
  const packedStrides = (strides: number[], lines: number, tiles: number) =>
    strides.map((stride) => (inner === 0 ? 0 : (stride / (lines * inner)) * tiles * inner * (TILE / 4)));
  return {
    scratch: {
      packed_a: packedA.array,
      packed_b: packedB.array,
    },
    launches: [packedA.launch, packedB.launch, {
      module: block.module,
      entryPoint: block.entryPoint,
      bind: bias ? {} : { bias: 'a' },
      overrides: block.overrides,
      params: {
        ...batchParams({
          shape: batch.shape,
          stridesA: packedStrides(batch.stridesA, rows, rowTiles),
          stridesB: packedStrides(batch.stridesB, columns, columnTiles),
        }),
        matrices,
        rows,
        columns,
        inner,
        row_tiles: rowTiles,
        column_tiles: columnTiles,
        row_blocks: rowBlocks,
        column_blocks: columnBlocks,
        ...ending(call),
      },
      workgroups: foldGrid(matrices * rowBlocks * columnBlocks),
    }],
  };
}

/** Is the result one column, which lies in memory like one row? A bias would have to be one value for all of that row. */
function isColumn({ inputs: [a, b, bias], attrs }: KernelCall<MatmulAttrs>): boolean {
  const { rows, columns } = extents(a.shape, b.shape, attrs);
  return columns === 1 && rows > 1 && !bias;
}

/** (A b)^T = b^T A^T: vector.wgsl wants a row, and direct.wgsl, which keeps four rows by eight columns, wastes less on one. */
function planColumn(call: KernelCall<MatmulAttrs>): KernelPlan {
  const { inputs: [a, b], outputs: [out], attrs } = call;
  const shape = [...out.shape.slice(0, -2), 1, out.shape.at(-2)!];
  const plan = planDirect({
    ...call, inputs: [b, a], outputs: [{ ...out, shape }], attrs: { ...attrs, transposeA: !attrs.transposeB, transposeB: !attrs.transposeA },
  });
  return { ...plan, launches: plan.launches.map((launch) => ({ ...launch, bind: { a: 'b', b: 'a', bias: 'a' } })) };
}

/** Is one row multiplied by lines that follow one another in memory, in whole vec4s? */
function isVector({ inputs: [a, b], attrs }: KernelCall<MatmulAttrs>): boolean {
  const { rows, inner, columns } = extents(a.shape, b.shape, attrs);
  return rows === 1 && (attrs.transposeB || columns === 1) && inner > 0 && inner % 4 === 0;
}

function planVector(call: KernelCall<MatmulAttrs>): KernelPlan {
  const { inputs: [a, b, bias], outputs: [out], attrs } = call;
  const { inner, columns } = extents(a.shape, b.shape, attrs);
  const { shape, stridesA, stridesB } = batchLayout(a.shape, b.shape, out.shape);
  const batch = batchParams({ shape, stridesA: stridesA.map((stride) => stride / 4), stridesB: stridesB.map((stride) => stride / 4) });
  const results = sizeOf(out.shape);
  const vectors = inner / 4;
  const parts = Math.max(1, Math.min(Math.ceil(BUSY / results), Math.floor(vectors / LONG)));
  const common: Launch = {
    module: vectorWgsl,
    bind: bias ? {} : { bias: 'a' },
    params: { ...batch, lines: columns, vectors, results, parts, ...ending(call) },
    workgroups: gridFor(results, 64),
  };
  if (parts === 1) return { launches: [{ ...common, entryPoint: 'main' }] };
  return {
    scratch: { shares: { shape: [results * parts], dtype: 'float32' } },
    launches: [
      { ...common, entryPoint: 'partial', workgroups: gridFor(results * parts, 64) },
      { ...common, entryPoint: 'finish' },
    ],
  };
}

function planDirect(call: KernelCall<MatmulAttrs>): KernelPlan {
  if (isVector(call)) return planVector(call);
  const { inputs: [a, b, bias], outputs: [out], attrs } = call;
  const { rows, inner, columns }: Extents = extents(a.shape, b.shape, attrs);
  const batch = batchLayout(a.shape, b.shape, out.shape);
  /** Invocations side by side, a power of two up to 8: the rest of a workgroup lies along the rows. */
  const columnLanes = 2 ** Math.ceil(Math.log2(Math.min(8, Math.max(1, columns / 8))));
  const rowTiles = Math.ceil(rows / (4 * (64 / columnLanes)));
  const columnTiles = Math.ceil(columns / (8 * columnLanes));
  const tiles = rowTiles * columnTiles * sizeOf(batch.shape);
  // An empty sum walks nothing, but bindings must not be read out of bounds by the first loads.
  const wholeVectors = (shape: Shape) => shape[shape.length - 1] % 4 === 0 && shape[shape.length - 1] > 0;
  return {
    launches: [{
      module: directWgsl,
      bind: bias ? {} : { bias: 'a' },
      overrides: {
        TRANSPOSE_A: attrs.transposeA,
        TRANSPOSE_B: attrs.transposeB,
        VECTORS_A: wholeVectors(a.shape),
        VECTORS_B: wholeVectors(b.shape),
        WHOLE_INNER: inner % 4 === 0,
      },
      params: {
        ...batchParams(batch),
        rows,
        columns,
        inner,
        column_lanes: columnLanes,
        row_tiles: rowTiles,
        column_tiles: columnTiles,
        tiles,
        ...ending(call),
      },
      workgroups: foldGrid(tiles),
    }],
  };
}
