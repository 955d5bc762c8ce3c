import { type KernelOp, getOp } from '../../core/op.js';
import { type BenchShape, type Tolerance, sizes } from '../../core/samples.js';
import type { KernelCall, Launch, WgslModule } from '../../core/webgpu/kernel.js';
import type { Ladder, Step } from './ladder.js';
import halfWgsl from './matmul/half.wgsl';
import naiveWgsl from './matmul/naive.wgsl';
import neighboursWgsl from './matmul/neighbours.wgsl';
import packedWgsl from './matmul/packed.wgsl';
import registersWgsl from './matmul/registers.wgsl';
import subgroupsWgsl from './matmul/subgroups.wgsl';
import tiledWgsl from './matmul/tiled.wgsl';
import tiledBlocksWgsl from './matmul/tiledBlocks.wgsl';
import vectorsWgsl from './matmul/vectors.wgsl';

function extentsOf({ inputs: [a, b] }: Pick<KernelCall<any>, 'inputs'>): { rows: number; inner: number; columns: number } {
  return { rows: a.shape[0], inner: a.shape[1], columns: b.shape[1] };
}

/** A step of one launch, a workgroup of which computes `rows` by `columns` elements. */
function step(module: WgslModule, [rows, columns]: readonly [number, number], more: Partial<Step> = {}): Step {
  return {
    module,
    plan(call) {
      const params = extentsOf(call);
      return { launches: [{ module, params, workgroups: [Math.ceil(params.columns / columns), Math.ceil(params.rows / rows), 1] }] };
    },
    ...more,
  };
}

const VECTORS: Pick<Step, 'refuses'> = {
  refuses: (call) => (extentsOf(call).columns % 4 === 0 && extentsOf(call).inner % 4 === 0 ? null : 'needs rows of whole vec4s'),
};
const VECTORS_B: Pick<Step, 'refuses'> = {
  refuses: (call) => (extentsOf(call).columns % 4 === 0 ? null : 'needs rows of b of whole vec4s'),
};

/** Lines in a packed tile. */
const TILE = 8;

/** Operands in tiles first; `perWord` values fit into the 4 bytes of an element of scratch. */
function packedStep(module: WgslModule, perWord: 1 | 2, more: Partial<Step> = {}): Step {
  return {
    module,
    plan(call) {
      const params = extentsOf(call);
      const { rows, inner, columns } = params;
      const tiles = { a: Math.ceil(rows / TILE), b: Math.ceil(columns / TILE) };
      const pack = (operand: 'a' | 'b'): Launch => ({ module, entryPoint: `pack_${operand}`, params, workgroups: [Math.ceil(inner / 64), tiles[operand], 1] });
      const space = (count: number) => ({ shape: [(count * inner * TILE) / perWord], dtype: 'float32' as const });
      return {
        scratch: { packed_a: space(tiles.a), packed_b: space(tiles.b) },
        launches: [pack('a'), pack('b'), { module, params, workgroups: [Math.ceil(tiles.b / 8), Math.ceil(tiles.a / 8), 1] }],
      };
    },
    ...more,
  };
}

const HALF: Tolerance = { relative: 2e-3, absolute: 1e-2, reason: 'operands and products in f16, which are off by 2^-11 each' };

const product = (rows: number, inner: number, columns: number) => ({
  label: rows === inner && inner === columns ? `${rows}^3` : `[${rows}, ${inner}] by [${inner}, ${columns}]`,
  inputs: [{ shape: [rows, inner] }, { shape: [inner, columns] }],
  attrs: { transposeA: false, transposeB: false },
});

export const matmulLadder: Ladder = {
  name: 'matmul',
  op: getOp('matmul') as KernelOp<any>,
  unit: 'GFLOP/s',
  shapes: sizes([{ n: 512 }], ({ n }): BenchShape => product(n, n, n)),
  samples: [product(2, 20, 4), product(1, 1, 1), product(3, 5, 7), product(8, 12, 16), product(17, 16, 15), product(33, 20, 68), product(65, 64, 132), product(9, 131, 516)],
  steps: [
    step(naiveWgsl, [16, 16], {
      // Its x runs down the rows.
      plan(call) {
        const params = extentsOf(call);
        return { launches: [{ module: naiveWgsl, params, workgroups: [Math.ceil(params.rows / 16), Math.ceil(params.columns / 16), 1] }] };
      },
    }),
    step(neighboursWgsl, [16, 16]),
    step(tiledWgsl, [16, 16]),
    step(tiledBlocksWgsl, [64, 64]),
    step(registersWgsl, [32, 32]),
    step(vectorsWgsl, [32, 32], VECTORS),
    step(subgroupsWgsl, [4, 512], { ...VECTORS_B, needs: 'subgroups' }),
    packedStep(packedWgsl, 1),
    packedStep(halfWgsl, 2, { needs: 'shader-f16', tolerance: HALF }),
  ],
};
