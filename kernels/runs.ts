import { type KernelVariants, type Launch, gridFor } from '../core/webgpu/kernel.js';

/**
 * How a kernel that computes element by element, or only copies, shares its work out. `runs`: an invocation takes several, which
 * suits adapters whose invocations are loops on a CPU. `single`: one each, so that neighbouring invocations of a real GPU read side
 * by side.
 */
export const RUN_VARIANTS: KernelVariants<any> = {
  names: ['runs', 'single'],
  untuned: { integrated: 'single', discrete: 'single' },
  bucket: () => 'any',
};

/** On lavapipe an add takes 42, 31, 22, 18 and 16 ms of processor time with runs, lying apart, of 1, 2, 4, 8 and 16 vec4s. */
const LONGEST = 16;

/**
 * Invocations that walk side by side, each taking every eighth item of a stretch they share: as many as there are in a subgroup of
 * lavapipe, which then reads and writes whole cache lines. An add takes 0.84 of the time of runs that lie apart, exp 0.86.
 */
const SIDE_BY_SIDE = 8;

/** The shortest runs side by side that are worth the invocations they take. */
const SHORTEST = 4;

/** Runs of a row may be this long: a vec4 more each costs less than a second stretch, whose place must be found as well. */
const LONGEST_IN_ROW = 32;

/** How invocations share items out: each takes `run` of them, and from one to the next passes over what `abreast` - 1 others take. */
export interface Walk {
  readonly run: number;
  readonly abreast: number;
}

/** The longest run that `extent` is a whole number of. */
export function runWithin(extent: number, variant?: string): number {
  if (variant === 'single') return 1;
  for (let run = LONGEST; run > 1; run--) if (extent % run === 0) return run;
  return 1;
}

/** The run where the last one may be cut short. */
export function freeRun(variant?: string): number {
  return variant === 'single' ? 1 : LONGEST;
}

/** The walk whose last stretch may be cut short. */
export function freeWalk(variant?: string): Walk {
  return { run: freeRun(variant), abreast: variant === 'single' ? 1 : SIDE_BY_SIDE };
}

/** The walk whose stretches lie within rows of `extent` items: side by side where that leaves runs of some length. */
export function walkWithin(extent: number, variant?: string): Walk {
  const run = variant !== 'single' && extent % SIDE_BY_SIDE === 0 ? runWithin(extent / SIDE_BY_SIDE) : 1;
  return run >= SHORTEST ? { run, abreast: SIDE_BY_SIDE } : { run: runWithin(extent, variant), abreast: 1 };
}

/** A launch that walks `size` elements by vec4s, in workgroups of 64. */
export function flatWalk(size: number, variant?: string): {
  overrides: { ABREAST: number };
  params: { vectors: number; run: number };
  workgroups: Launch['workgroups'];
} {
  const vectors = Math.ceil(size / 4);
  const { run, abreast } = freeWalk(variant);
  return { overrides: { ABREAST: abreast }, params: { vectors, run }, workgroups: gridFor(Math.ceil(vectors / run), 64) };
}

/**
 * A launch that walks `rows` of `extent` items, each row in stretches of `abreast` runs, as even as can be: the last one of a row may
 * be shorter. In workgroups of 64.
 */
export function rowWalk(rows: number, extent: number, variant?: string): {
  overrides: { ABREAST: number };
  params: { run: number; row_stretches: number; stretches: number };
  workgroups: Launch['workgroups'];
} {
  const [longest, most] = variant === 'single' ? [1, 1] : [LONGEST_IN_ROW, SIDE_BY_SIDE];
  const abreast = extent >= most * SHORTEST ? most : 1;
  const rowStretches = Math.ceil(extent / (abreast * longest));
  const run = Math.ceil(extent / (abreast * rowStretches));
  return {
    overrides: { ABREAST: abreast },
    params: { run, row_stretches: rowStretches, stretches: rows * rowStretches },
    workgroups: gridFor(rows * rowStretches * abreast, 64),
  };
}

/** The runs of `rows` of `extent` items, as even as can be: the last one of a row may be shorter. In workgroups of 64. */
export function rowRuns(
  rows: number, extent: number, variant?: string,
): { run: number; row_runs: number; runs: number; workgroups: Launch['workgroups'] } {
  const run = variant === 'single' ? 1 : Math.ceil(extent / Math.ceil(extent / LONGEST));
  const inRow = Math.ceil(extent / run);
  return { run, row_runs: inRow, runs: rows * inRow, workgroups: gridFor(rows * inRow, 64) };
}
