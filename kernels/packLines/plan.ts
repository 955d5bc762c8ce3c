import type { Spec } from '../../core/backend.js';
import { type Launch, gridFor } from '../../core/webgpu/kernel.js';
import packLinesWgsl from './packLines.wgsl';

/** Lines that stand side by side in a tile, as in packLines.wgsl. */
export const TILE = 8;

/** Places of a line that one invocation copies. */
const PLACES = 4;

/** Matrices of `lines` lines of `inner` elements; `across`: stored the other way round, so that a line lies across the rows. */
export interface Lines {
  matrices: number;
  lines: number;
  inner: number;
  across?: boolean;
}

/** The copy of `source` in tiles of lines, `packed`: the names of an array of the call and of a scratch array. */
export function packLines(
  { matrices, lines, inner, across = false }: Lines, bind: { source: string; packed: string },
): { launch: Launch; array: Spec } {
  const tiles = Math.ceil(lines / TILE);
  const quads = Math.ceil(inner / PLACES);
  const items = matrices * tiles * quads;
  return {
    array: { shape: [matrices * tiles * inner * TILE], dtype: 'float32' },
    launch: {
      module: packLinesWgsl,
      bind,
      params: {
        lines,
        inner,
        line_stride: across ? 1 : inner,
        inner_stride: across ? lines : 1,
        matrix_stride: lines * inner,
        tiles,
        quads,
        items,
      },
      workgroups: items === 0 ? [0, 1, 1] : gridFor(items, 64),
    },
  };
}
