import { type KernelOp, getOp } from '../../core/op.js';
import { type BenchShape, sizes } from '../../core/samples.js';
import { type KernelCall, type WgslModule, foldGrid, gridFor } from '../../core/webgpu/kernel.js';
import type { Ladder, Step } from './ladder.js';
import oneRowWgsl from './reduction/oneRow.wgsl';
import sumSubgroupsWgsl from './reduction/subgroups.wgsl';
import sumTreeWgsl from './reduction/tree.wgsl';
import sumTreeVectorsWgsl from './reduction/treeVectors.wgsl';
import sumVectorsWgsl from './reduction/vectors.wgsl';
import onlineWgsl from './softmax/online.wgsl';
import softmaxSubgroupsWgsl from './softmax/subgroups.wgsl';
import threePassesWgsl from './softmax/threePasses.wgsl';
import softmaxTreeWgsl from './softmax/tree.wgsl';
import softmaxVectorsWgsl from './softmax/vectors.wgsl';

/* Ladders over the rows of a matrix: what shall an invocation do, and what a workgroup? */

/** A workgroup of 64 computes 64 rows (`rows`), or they share one (`row`). */
function step(module: WgslModule, workgroup: 'rows' | 'row', more: Partial<Step> = {}): Step {
  return {
    module,
    plan({ inputs: [x] }: KernelCall<any>) {
      const [rows, length] = x.shape;
      return { launches: [{ module, params: { rows, length }, workgroups: workgroup === 'rows' ? gridFor(rows, 64) : foldGrid(rows) }] };
    },
    ...more,
  };
}

const VECTORS: Pick<Step, 'refuses'> = { refuses: ({ inputs: [x] }) => (x.shape[1] % 4 === 0 ? null : 'needs rows of whole vec4s') };

const rowsOf = (attrs: object) => ([rows, columns]: readonly [number, number]): BenchShape =>
  ({ label: `rows of [${rows}, ${columns}]`, inputs: [{ shape: [rows, columns] }], attrs });
const EXTENTS = [{ rows: 4096, columns: 1024 }];
const AWKWARD = [[2, 520], [1, 1], [3, 5], [2, 64], [5, 65], [67, 7], [3, 252], [2, 260], [65, 20], [4, 1037]] as const;

const sumRows = rowsOf({ axes: [1], keepDim: false });

export const reductionLadder: Ladder = {
  name: 'reduction',
  op: getOp('sum') as KernelOp<any>,
  unit: 'GB/s',
  shapes: sizes(EXTENTS, ({ rows, columns }) => sumRows([rows, columns])),
  samples: AWKWARD.map(sumRows),
  steps: [
    step(oneRowWgsl, 'rows'),
    step(sumTreeWgsl, 'row'),
    step(sumTreeVectorsWgsl, 'row', VECTORS),
    step(sumSubgroupsWgsl, 'row', { ...VECTORS, needs: 'subgroups' }),
    step(sumVectorsWgsl, 'rows', VECTORS),
  ],
};

const softmaxRows = rowsOf({ axis: 1 });

export const softmaxLadder: Ladder = {
  name: 'softmax',
  op: getOp('softmax') as KernelOp<any>,
  unit: 'GB/s',
  shapes: sizes(EXTENTS, ({ rows, columns }) => softmaxRows([rows, columns])),
  samples: AWKWARD.map(softmaxRows),
  steps: [
    step(threePassesWgsl, 'rows'),
    step(onlineWgsl, 'rows'),
    step(softmaxTreeWgsl, 'row'),
    step(softmaxSubgroupsWgsl, 'row', { needs: 'subgroups' }),
    step(softmaxVectorsWgsl, 'rows', VECTORS),
  ],
};
