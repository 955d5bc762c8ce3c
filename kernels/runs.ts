import type { KernelVariants } from '../core/webgpu/kernel.js';

/**
 * How a kernel that computes element by element, or only copies, shares its work out. `runs`: an invocation takes neighbours, which suits adapters whose
 * invocations are loops on a CPU. `single`: one each, so that neighbouring invocations of a real GPU read side by side.
 */
export const RUN_VARIANTS: KernelVariants<any> = {
  names: ['runs', 'single'],
  untuned: { integrated: 'single', discrete: 'single' },
  bucket: () => 'any',
};

/** On lavapipe an add takes 42, 31, 22, 18 and 16 ms of processor time with runs of 1, 2, 4, 8 and 16 vec4s. */
const LONGEST = 16;

/** The longest run that `extent` is a whole number of. */
export function runWithin(extent: number, variant?: string): number {
  if (variant === 'single') return 1;
  for (let run = LONGEST; run > 1; run--) if (extent % run === 0) return run;
  return 1;
}

/** The run along rows of `extent`, which are cut into runs as even as can be: the last one may be shorter. */
export function evenRun(extent: number, variant?: string): number {
  return variant === 'single' ? 1 : Math.ceil(extent / Math.ceil(extent / LONGEST));
}

/** The run where the last one may be cut short. */
export function freeRun(variant?: string): number {
  return variant === 'single' ? 1 : LONGEST;
}
