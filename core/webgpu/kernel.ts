import type { Spec } from '../backend.js';
import { type DType, bytesPerElement } from '../dtype.js';
import { sizeOf } from '../shape.js';
import type { AdapterFamily } from './adapter.js';

/** What the build reflected from one `.wgsl` file; see `scripts/wgslPlugin.mjs`. */
export interface WgslModule {
  /** Path from the repository's root. */
  readonly name: string;
  readonly code: string;
  readonly entryPoints: Readonly<Record<string, {
    /** A number, or the name of the `const` or `override` that holds it. */
    workgroupSize: readonly (number | string)[];
    bindings: readonly string[];
  }>>;
  readonly bindings: readonly {
    name: string;
    group: number;
    binding: number;
    kind: 'uniform' | 'read' | 'read_write';
  }[];
  /** Layout of each uniform by binding name. `count` is the number of scalars in a member: vec4u has 4. */
  readonly uniforms: Readonly<Record<string, {
    size: number;
    members: readonly { name: string; offset: number; type: 'u32' | 'i32' | 'f32'; count: number }[];
  }>>;
  readonly overrides: readonly { name: string; type: 'bool' | 'u32' | 'i32' | 'f32'; id?: number }[];
  /** Lines marked `// tile`: `const NAME: u32 = 8; // tile` or `alias Element = f32; // tile`. */
  readonly tiles: readonly { name: string; value: number | string }[];
}

/** The adapter's limits that decide how a kernel is launched. */
export interface KernelLimits {
  maxComputeWorkgroupsPerDimension: number;
  maxComputeInvocationsPerWorkgroup: number;
  maxComputeWorkgroupStorageSize: number;
  maxStorageBufferBindingSize: number;
  maxStorageBuffersPerShaderStage: number;
  /** Invocations of a subgroup, where kernels may use them and all have the same size; else 0. */
  subgroupSize: number;
}

/** What an op's `kernel` knows when it plans a launch. */
export interface KernelCall<Attrs> {
  readonly inputs: readonly Spec[];
  readonly outputs: readonly Spec[];
  readonly attrs: Attrs;
  readonly limits: KernelLimits;
  /** Which of the op's variants is wanted; default the first. */
  readonly variant?: string;
}

/** Several kernels for one op, all of which serve every call. */
export interface KernelVariants<Attrs> {
  /** The first is the default. */
  readonly names: readonly string[];
  /** What a family of adapters takes where nothing was measured, if not the first. */
  readonly untuned?: Readonly<Partial<Record<AdapterFamily, string>>>;
  /** A name for calls of about this shape: those of one bucket share their best variant. */
  bucket(call: KernelCall<Attrs>): string;
}

/** One dispatch, as plain data. */
export interface Launch {
  readonly module: WgslModule;
  /** Default `main`. */
  readonly entryPoint?: string;
  /** Values of `override` declarations. */
  readonly overrides?: Readonly<Record<string, number | boolean>>;
  /** New initialisers of constants and aliases marked `// tile`. */
  readonly tiles?: Readonly<Record<string, number | string>>;
  /** Members of the uniform struct `params`; vectors and arrays of them flat. */
  readonly params?: Readonly<Record<string, number | readonly number[]>>;
  /** WGSL binding name -> argument, output or scratch name, where they differ. */
  readonly bind?: Readonly<Record<string, string>>;
  readonly workgroups: readonly [number, number, number];
}

/** Everything that one call of an op does on the GPU, in order. */
export interface KernelPlan {
  readonly launches: readonly Launch[];
  /** Buffers that live only during this plan. */
  readonly scratch?: Readonly<Record<string, Spec>>;
}

/** Can the device bind every scratch of the plan? */
export function scratchFits({ scratch = {} }: KernelPlan, limits: KernelLimits): boolean {
  return Object.values(scratch).every(({ shape, dtype }) => sizeOf(shape) * bytesPerElement(dtype) <= limits.maxStorageBufferBindingSize);
}

const MAX_WORKGROUPS = 65_535;

/**
 * A grid of at least `count` workgroups, folded into y and z past 65,535 (WebGPU's limit per dimension).
 * Kernels flatten it again: `(wg.z * nwg.y + wg.y) * nwg.x + wg.x`, and ignore the surplus.
 */
export function foldGrid(count: number): [number, number, number] {
  if (count <= MAX_WORKGROUPS) return [Math.max(count, 1), 1, 1];
  const y = Math.ceil(count / MAX_WORKGROUPS);
  if (y <= MAX_WORKGROUPS) return [Math.ceil(count / y), y, 1];
  const z = Math.ceil(count / MAX_WORKGROUPS ** 2);
  return [MAX_WORKGROUPS, Math.ceil(count / (MAX_WORKGROUPS * z)), z];
}

/** The grid for one invocation per item. */
export function gridFor(items: number, workgroupSize: number): [number, number, number] {
  return foldGrid(Math.ceil(items / workgroupSize));
}

/** `values` filled up with `fill` to `length`: extents and strides for an `array<vec4u, 2>`. */
export function padTo(values: readonly number[], length: number, fill: number): number[] {
  return [...values, ...new Array<number>(length - values.length).fill(fill)];
}

/** The WGSL scalar that holds a dtype, for `alias Element = f32; // tile`. float64 never reaches a GPU. */
export function wgslType(dtype: DType): string {
  return dtype === 'int32' ? 'i32' : 'f32';
}
