import { type Shape, sizeOf } from '../../core/shape.js';
import { type KernelPlan, type Launch, gridFor } from '../../core/webgpu/kernel.js';
import sortEntriesWgsl from './sortEntries.wgsl';

/** Bits of a place that one pass sorts by, the values that they have, and entries of a chunk: as in sortEntries.wgsl. */
const BITS = 4;
const DIGITS = 2 ** BITS;
const CHUNK = 128;

/** What a plan needs to have its index sorted first. */
export interface SortedEntries {
  launches: Launch[];
  scratch: NonNullable<KernelPlan['scratch']>;
  /** The scratch that holds the order in the end; another one holds `starts`. */
  order: string;
}

/** Sorts the entries of the argument `index`, of shape `shape`, along `axis` by which of `extent` places they name. */
export function sortEntries(shape: Shape, axis: number, extent: number): SortedEntries {
  const count = shape[axis];
  const inner = sizeOf(shape.slice(axis + 1));
  const lines = sizeOf(shape.with(axis, 1));
  const chunks = Math.ceil(count / CHUNK);
  const places = lines * (extent + 1);
  const launch = (entryPoint: string, size: number, bind: Launch['bind'], shift = 0): Launch => ({
    module: sortEntriesWgsl, entryPoint, bind, params: { count, inner, extent, chunks, shift, size }, workgroups: gridFor(size, 64),
  });
  const passes: Launch[] = [];
  let [order, moved] = ['order', 'moved'];
  // `extent` itself stands for all that is no place.
  for (let shift = 0; 2 ** shift <= extent; shift += BITS) {
    passes.push(
      launch('count_digits', lines * chunks, { order }, shift),
      launch('add_up', lines * DIGITS, {}),
      launch('move_entries', lines * chunks, { order, moved }, shift),
    );
    [order, moved] = [moved, order];
  }
  return {
    launches: [launch('take', lines * count, { moved: 'order' }), ...passes, launch('find', places, { order })],
    scratch: {
      order: { shape: [lines * count, 2], dtype: 'int32' },
      moved: { shape: [lines * count, 2], dtype: 'int32' },
      digits: { shape: [lines * DIGITS * chunks], dtype: 'int32' },
      totals: { shape: [lines * DIGITS], dtype: 'int32' },
      starts: { shape: [places], dtype: 'int32' },
    },
    order,
  };
}
