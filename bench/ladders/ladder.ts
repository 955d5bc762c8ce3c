import type { KernelOp } from '../../core/op.js';
import type { BenchShape, Sample, Tolerance } from '../../core/samples.js';
import type { KernelCall, KernelPlan, WgslModule } from '../../core/webgpu/kernel.js';
import { type Row, rowOf } from '../rows.js';

/** Kernels for one op, from the plainest to the fastest, each of which changes one thing: to learn from, and to tune by. */
export interface Ladder {
  readonly name: string;
  /** The registered op: its CPU reference is what every step must agree with, and its kernel is measured beside them. */
  readonly op: KernelOp<any>;
  readonly unit: 'GFLOP/s' | 'GB/s';
  /** Sizes to measure at. */
  readonly shapes: readonly BenchShape[];
  /**
   * Small and awkward calls, at which the tests check each step that serves them. The first, which they all serve, also runs in
   * lockstep: small, yet every loop goes round twice.
   */
  readonly samples: readonly Sample[];
  readonly steps: readonly Step[];
}

/** One kernel: a `.wgsl` file whose header has a paragraph for each of HEADER. */
export interface Step {
  readonly module: WgslModule;
  /** Without it, the step is left out. */
  readonly needs?: 'subgroups' | 'shader-f16';
  /** What it needs of a call that this one has not; null if it serves it. Default: it serves all. */
  readonly refuses?: (call: Pick<KernelCall<any>, 'inputs'>) => string | null;
  /** Default: the op's. */
  readonly tolerance?: Tolerance;
  plan(call: KernelCall<any>): KernelPlan;
}

/** Paragraphs of a step's header: what it changes against the step before, why that helps and where, and the usual two. */
export const HEADER = ['Changes', 'Why', 'Tiling', 'Cost'] as const;

/** The name of its file. */
export function nameOf({ module }: Step): string {
  return /([^/]+)\.wgsl$/.exec(module.name)![1];
}

/** One paragraph of a step's header, without its title; empty if there is none. */
export function headerOf({ module: { code } }: Step, title: (typeof HEADER)[number]): string {
  const header = /^(?:\/\/.*\n)+/.exec(code)?.[0].replace(/^\/\/ ?/gm, '') ?? '';
  const next = HEADER.join('|');
  return new RegExp(`^${title}: ([^]*?)(?=^(?:${next}): |^$|$(?![^]))`, 'm').exec(header)?.[1].replace(/\s+/g, ' ').trim() ?? '';
}

/** Why a step is left out on a device with these features, at this call; null if it is not. */
export function leftOut({ needs, refuses }: Step, features: ReadonlySet<string>, call: Pick<KernelCall<any>, 'inputs'>): string | null {
  if (needs && !features.has(needs)) return `needs ${needs}`;
  return refuses?.(call) ?? null;
}

/** The op as this step computes it. */
export function opOf({ op }: Ladder, step: Step): KernelOp<any> {
  return { ...op, kernel: step.plan, variants: undefined };
}

/** A line of the bench: one step at one size. */
export function stepRow(ladder: Ladder, step: Step, shape: BenchShape): Row {
  return { ...rowOf(opOf(ladder, step), shape), id: `${ladder.name} ladder, ${nameOf(step)}: ${shape.label}`, tolerance: step.tolerance };
}
