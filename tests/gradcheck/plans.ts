import type { Spec } from '../../core/backend.js';
import type { Op } from '../../core/op.js';
import { type Sample, samplesOf, specsOf } from '../../core/samples.js';
import { sizeOf } from '../../core/shape.js';
import type { KernelLimits, KernelPlan, Launch, WgslModule } from '../../core/webgpu/kernel.js';
import { rewriteTiles } from '../../core/webgpu/tiles.js';
import { attrsFor, variantNames } from '../support.js';

/* What the samples of an op launch, without a device. */

/** WebGPU's defaults: what every adapter grants. No subgroups, which neither Naga nor the lockstep executor know. */
export const DEFAULT_LIMITS: KernelLimits = {
  maxComputeWorkgroupsPerDimension: 65_535,
  maxComputeInvocationsPerWorkgroup: 256,
  maxComputeWorkgroupStorageSize: 16_384,
  maxStorageBufferBindingSize: 2 ** 27,
  maxStorageBuffersPerShaderStage: 8,
  subgroupSize: 0,
};

export const LAUNCHES_NOTHING = 'a view: it launches nothing';

/** The float32 call that a sample stands for. */
export interface SampleCall {
  inputs: readonly Spec[];
  outputs: readonly Spec[];
  plan: KernelPlan;
}

/** Null for a view and for an empty result: neither launches anything. `variant` is one of the op's; default its first. */
export function callOf(op: Op, sample: Sample, variant?: string, limits = DEFAULT_LIMITS): SampleCall | null {
  if ('view' in op) return null;
  const inputs = specsOf(sample);
  const attrs = attrsFor(sample, 'float32');
  const outputs = op.infer(inputs, attrs);
  const written = [...outputs, ...(op.mutates ? inputs : [])];
  if (written.every(({ shape }) => sizeOf(shape) === 0)) return null;
  return { inputs, outputs, plan: op.kernel({ inputs, outputs, attrs, limits, variant }) };
}

/** The WGSL file and entry point of a launch, by name. */
export function entryPointOf({ module, entryPoint = 'main' }: Launch): string {
  return `${module.name} ${entryPoint}`;
}

/** A kernel as one set of overrides and tiles makes it. */
export interface Specialised {
  module: WgslModule;
  entryPoint: string;
  code: string;
  constants: Record<string, number>;
  /** The op and sample that launch it. */
  from: string;
}

export function specialise(op: Op, { module, entryPoint = 'main', overrides = {}, tiles = {} }: Launch, from: string): Specialised {
  const constants = Object.fromEntries(Object.entries(overrides).map(([name, value]) => [name, Number(value)]));
  return { module, entryPoint, code: rewriteTiles(op.name, module, tiles), constants, from };
}

/** A sample under one of its op's variants, as reports name it. */
export function labelOf(sample: Sample, variant: string | undefined): string {
  return variant === undefined ? sample.label : `${sample.label}, variant ${variant}`;
}

/** Every distinct kernel that the samples of `ops` launch. */
export function specialisedKernels(ops: readonly Op[]): Specialised[] {
  const found = new Map<string, Specialised>();
  for (const op of ops) {
    for (const sample of samplesOf(op.name)?.samples ?? []) {
      for (const variant of variantNames(op)) {
        for (const launch of callOf(op, sample, variant)?.plan.launches ?? []) {
          const kernel = specialise(op, launch, `${op.name} (${labelOf(sample, variant)})`);
          const key = JSON.stringify([kernel.module.name, kernel.entryPoint, kernel.constants, launch.tiles]);
          if (!found.has(key)) found.set(key, kernel);
        }
      }
    }
  }
  return [...found.values()];
}
