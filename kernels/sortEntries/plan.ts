import { type Shape, sizeOf } from '../../core/shape.js';
import { type KernelPlan, type Launch, gridFor } from '../../core/webgpu/kernel.js';
import sortEntriesWgsl from './sortEntries.wgsl';

/** Entries that are sorted at once, as in sortEntries.wgsl. */
const BLOCK = 16;

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
  const size = sizeOf(shape);
  const places = sizeOf(shape.with(axis, 1)) * (extent + 1);
  const params = { count, inner, extent, width: BLOCK, size };
  const forEntries = { module: sortEntriesWgsl, params, workgroups: gridFor(size, 64) };
  const merges: Launch[] = [];
  let [order, merged] = ['order', 'merged'];
  for (let width = BLOCK; width < count; width *= 2) {
    merges.push({ ...forEntries, entryPoint: 'merge', bind: { order, merged }, params: { ...params, width } });
    [order, merged] = [merged, order];
  }
  const launches: Launch[] = [
    { ...forEntries, entryPoint: 'sort_block', bind: { merged: 'order' } },
    ...merges,
    { ...forEntries, entryPoint: 'find', bind: { order }, params: { ...params, size: places }, workgroups: gridFor(places, 64) },
  ];
  const scratch: SortedEntries['scratch'] = {
    order: { shape: [size, 2], dtype: 'int32' },
    merged: { shape: [size, 2], dtype: 'int32' },
    starts: { shape: [places], dtype: 'int32' },
  };
  return { launches, scratch, order };
}
