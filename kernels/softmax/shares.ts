import type { KernelVariants } from '../../core/webgpu/kernel.js';
import type { Rows } from '../rows.js';

/** Values that one invocation takes before a row is shared, and at most so many shares: one invocation merges them. */
const VALUES_A_PART = 256;
const MAX_PARTS = 64;

/** One invocation takes a whole row, for adapters that run on a CPU; or several share it. */
export const ROW_VARIANTS: KernelVariants<unknown> = {
  names: ['rows', 'shares'],
  untuned: { integrated: 'shares', discrete: 'shares' },
  bucket: () => 'any',
};

/** How many invocations share a row; null where one takes a whole row, as there are enough of them, or they are short. */
export function partsOf({ length, rows }: Rows, variant = 'rows'): number | null {
  if (variant === 'rows' && (rows >= 64 || length <= 1024)) return null;
  return Math.max(1, Math.min(MAX_PARTS, Math.ceil(length / VALUES_A_PART)));
}
