import { applyOp } from '../core/apply.js';
import { backendFor } from '../core/device.js';
import { noGrad } from '../core/gradMode.js';
import { scope } from '../core/memory.js';
import { hashOfWgsl } from '../core/webgpu/tuning.js';
import { tensor } from '../index.js';
import type { Clock } from './clock.js';
import type { Bench } from './device.js';
import { drawInput } from './inputs.js';
import { PreparedCall, planOf, variantOf } from './preparedCall.js';
import { type Row, bytesOf, callOf } from './rows.js';
import { type Samples, sampleOnDevice, sampleOnHost } from './timing.js';
import { type Verdict, bitsOf, expectedOf, verify } from './verify.js';

/**
 * Buffers that `cold` rotates through hold at least this much: more than most caches do. Where they do not, its times have no share
 * of the roofline.
 */
export const ROTATED_BYTES = 128 * 2 ** 20;
/** Small calls would need more sets than this; theirs may stay within the caches, and the row says how much they hold. */
const MOST_SETS = 512;

/** The figures of a row. `hot`: the same buffers again and again; `cold`: others each time; `endToEnd`: by the engine, with readback. */
export const FIGURES = ['hot', 'cold', 'endToEnd'] as const;
export type FigureName = (typeof FIGURES)[number];

/** Of the time of a round. */
const SHARES: Record<FigureName, number> = { hot: 0.5, cold: 0.25, endToEnd: 0.25 };

/** What is found out about a row before it is timed. */
export interface Contact extends Verdict {
  /** The variant of the op's kernel; null where it has but one. */
  readonly variant: string | null;
  /** The `.wgsl` files that it runs, and a hash of them, as in tuning tables. */
  readonly modules: readonly string[];
  readonly wgsl: string;
  readonly dispatches: number;
  readonly compileMilliseconds: number;
  /** The first execution: some drivers compile only then. */
  readonly firstRunMilliseconds: number;
  /** `bitsOf` what it computed. */
  readonly bits: string | null;
}

/** Compiles a row's kernels and holds what they compute against the reference. Throws what op or device have against the call. */
export async function meet({ backend, compiler }: Bench, row: Row): Promise<Contact> {
  const plan = planOf(backend, row);
  const compileMilliseconds = await compiler.compile(row.op.name, plan);
  const call = await PreparedCall.create(backend, compiler.pipelines, row, 1);
  try {
    const began = performance.now();
    await call.runOnce();
    const firstRunMilliseconds = performance.now() - began;
    const verdict = await verify(call, row, expectedOf(row));
    return {
      variant: variantOf(backend, row), modules: [...new Set(plan.launches.map(({ module }) => module.name))], wgsl: hashOfWgsl(plan),
      dispatches: call.dispatchCount, compileMilliseconds, firstRunMilliseconds, bits: await bitsOf(call, row), ...verdict,
    };
  } finally {
    call.dispose();
  }
}

/** One round of a row. */
export interface RoundSamples {
  readonly samples: Readonly<Record<FigureName, Samples>>;
  /** What the buffers of `cold` hold together. */
  readonly rotatedBytes: number;
  /** `bitsOf` what the timed runs left. */
  readonly bits: string | null;
}

/** Takes one round of all figures of a row, in about this many milliseconds. */
export async function measureRound({ backend, clock, compiler }: Bench, row: Row, milliseconds: number): Promise<RoundSamples> {
  const { inputs, outputs } = callOf(row);
  const bytes = [...inputs, ...outputs].reduce((total, spec) => total + bytesOf(spec), 0);
  const sets = Math.max(2, Math.min(MOST_SETS, Math.ceil(ROTATED_BYTES / bytes)));
  const call = await PreparedCall.create(backend, compiler.pipelines, row, sets);
  try {
    const onDevice = (figure: 'hot' | 'cold') =>
      sampleOnDevice(clock, (pass, repeats) => call.encode(pass, repeats, figure), milliseconds * SHARES[figure]);
    const hot = await onDevice('hot');
    const cold = await onDevice('cold');
    const bits = await bitsOf(call, row);
    const endToEnd = await sampleEngine(clock, row, milliseconds * SHARES.endToEnd);
    return { samples: { hot, cold, endToEnd }, rotatedBytes: sets * bytes, bits };
  } finally {
    call.dispose();
  }
}

/** Calls the op as a user would, inputs on the device, and reads what it gives. */
function sampleEngine(clock: Clock, { op, shape }: Row, milliseconds: number): Promise<Samples> {
  return scope(async () => {
    const inputs = shape.inputs.map((input, i) => tensor(drawInput(input, i, 'float32'), input.shape, { device: 'webgpu' }));
    const mutated = op.mutates?.map((name) => inputs[op.inputs.indexOf(name)]) ?? [];
    const call = () => scope(async () => {
      const outputs = noGrad(() => applyOp(op, inputs, shape.attrs ?? {}, backendFor('webgpu')));
      await Promise.all([...outputs, ...mutated].map((result) => result.data()));
    });
    return sampleOnHost(clock, call, milliseconds);
  });
}
