import type { Op } from '../../core/op.js';
import type { Sample } from '../../core/samples.js';
import type { WebGpuBackend } from '../../core/webgpu/backend.js';
import type { KernelLimits, Launch, WgslModule } from '../../core/webgpu/kernel.js';
import { LayoutCache } from '../../core/webgpu/layouts.js';
import { Naps } from '../../core/webgpu/naps.js';
import { packParams } from '../../core/webgpu/uniforms.js';
import { type CallMemory, type Expectation, GARBAGE, NAN_GARBAGE, expectationOf, judgeMemory, memoryOf } from './callMemory.js';
import { DEFAULT_LIMITS, type SampleCall, callOf, labelOf } from './plans.js';
import { pruned } from './prune.js';
import { FUEL_GROUP, withFuel } from './wgslMutants.js';

/*
 * Samples straight on a device, past pool and recorder: memory is laid out by hand (callMemory.ts), grids are folded however
 * small they are, and loops that do not end are found. So a kernel is held to more than its values.
 */

type Grid = readonly [number, number, number];

/** How a call is run: what the memory holds before, and the grid where the plan has a flat one. */
interface Way {
  garbage: number;
  fold(workgroups: number): Grid;
}

export const WAYS: readonly Way[] = [
  { garbage: GARBAGE, fold: (workgroups) => [workgroups, 1, 1] },
  { garbage: NAN_GARBAGE, fold: (workgroups) => [Math.ceil(workgroups / 2), 2, 1] },
  // With workgroups to spare.
  { garbage: GARBAGE, fold: (workgroups) => [Math.max(2, Math.ceil(workgroups / 4)), 2, 2] },
];

/** Compiled kernels, of one mutant or of the right code. */
export class Kernels {
  private readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();

  constructor(readonly bench: Bench, private readonly replaced?: { module: WgslModule; code: string; others: Kernels }) {}

  get(op: Op, launch: Launch): Promise<GPUComputePipeline> {
    const { module, entryPoint = 'main', overrides, tiles = {} } = launch;
    if (this.replaced && module !== this.replaced.module) return this.replaced.others.get(op, launch);
    const key = JSON.stringify([module.name, entryPoint, overrides, tiles]);
    let pipeline = this.pipelines.get(key);
    if (!pipeline) {
      const code = pruned(this.replaced?.code ?? module.code, launch);
      this.pipelines.set(key, (pipeline = this.bench.compile(op, launch, code)));
    }
    return pipeline;
  }
}

/** A device, and what all calls on it share. */
export class Bench {
  readonly device: GPUDevice;
  /** What kernels are planned for: little memory, but the device's own subgroups. */
  readonly limits: KernelLimits;
  readonly layouts: LayoutCache;
  private readonly fuelLayout: GPUBindGroupLayout;
  /** Not 0 once a loop ran out of fuel. */
  readonly outOfFuel: GPUBuffer;
  readonly fuelGroup: GPUBindGroup;
  readonly naps: Naps;

  constructor({ device, limits, family }: WebGpuBackend) {
    this.device = device;
    this.limits = { ...DEFAULT_LIMITS, subgroupSize: limits.subgroupSize };
    this.layouts = new LayoutCache(device, limits);
    this.naps = new Naps(Naps.areUseful(family));
    this.fuelLayout = device.createBindGroupLayout({
      entries: [{ binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'storage' } }],
    });
    this.outOfFuel = device.createBuffer({ size: 16, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST });
    this.fuelGroup = device.createBindGroup({ layout: this.fuelLayout, entries: [{ binding: 0, resource: { buffer: this.outOfFuel } }] });
  }

  /** `code` has its overrides written in. Rejects where the device does not take the code. */
  compile(op: Op, { module, entryPoint = 'main' }: Launch, code: string): Promise<GPUComputePipeline> {
    const { gpu } = this.layouts.get(op.name, module, entryPoint);
    return this.device.createComputePipelineAsync({
      layout: this.device.createPipelineLayout({ bindGroupLayouts: [gpu, this.fuelLayout] }),
      compute: { module: this.device.createShaderModule({ code: withFuel(code) }), entryPoint },
    });
  }
}

/** One sample of an op, and its memory on the device. */
export class BareCall {
  private readonly work = new Map<string, GPUBuffer>();
  private readonly uniforms: GPUBuffer[] = [];
  private readonly groups: GPUBindGroup[];
  /** The memory before the call, by the garbage in it. */
  private readonly before: ReadonlyMap<number, GPUBuffer>;
  private readonly after: GPUBuffer;
  private readonly bytes: number;

  private constructor(
    private readonly bench: Bench, readonly name: string, private readonly op: Op, readonly call: SampleCall,
    private readonly expectation: Expectation, memories: ReadonlyMap<number, CallMemory>,
  ) {
    const { device } = bench;
    const { STORAGE, UNIFORM, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    const [memory] = memories.values();
    for (const [name, bytes] of memory) {
      this.work.set(name, device.createBuffer({ size: bytes.byteLength, usage: STORAGE | COPY_SRC | COPY_DST }));
    }
    this.bytes = [...memory.values()].reduce((total, { byteLength }) => total + byteLength, 0);
    this.before = new Map([...memories].map(([garbage, parts]) => [garbage, this.filled(COPY_SRC, [...parts.values()])]));
    this.after = device.createBuffer({ size: this.bytes + bench.outOfFuel.size, usage: MAP_READ | COPY_DST });
    this.groups = call.plan.launches.map((launch) => {
      const { gpu, storages, params } = bench.layouts.get(op.name, launch.module, launch.entryPoint ?? 'main');
      const entries: GPUBindGroupEntry[] = storages.map(({ name, binding }) => (
        { binding, resource: { buffer: this.work.get(launch.bind?.[name] ?? name)! } }));
      if (params) {
        const uniform = this.filled(UNIFORM, [packParams(op.name, launch.module, launch.params ?? {}).buffer]);
        this.uniforms.push(uniform);
        entries.push({ binding: params.binding, resource: { buffer: uniform } });
      }
      return device.createBindGroup({ layout: gpu, entries });
    });
  }

  /** Of a sample that launches something. */
  static async of(bench: Bench, op: Op, sample: Sample, variant: string | undefined): Promise<BareCall> {
    const call = callOf(op, sample, variant, bench.limits)!;
    const memories = new Map<number, CallMemory>();
    for (const { garbage } of WAYS) memories.set(garbage, await memoryOf(op, sample, call, garbage));
    return new BareCall(bench, `${op.name} (${labelOf(sample, variant)})`, op, call, await expectationOf(op, sample), memories);
  }

  /** What is wrong with the result, or null. Rejects where a kernel does not compile. */
  async run(kernels: Kernels, way: Way): Promise<string | null> {
    const { launches } = this.call.plan;
    const pipelines = await Promise.all(launches.map((launch) => kernels.get(this.op, launch)));
    const encoder = this.bench.device.createCommandEncoder();
    let at = 0;
    for (const buffer of this.work.values()) {
      encoder.copyBufferToBuffer(this.before.get(way.garbage)!, at, buffer, 0, buffer.size);
      at += buffer.size;
    }
    encoder.clearBuffer(this.bench.outOfFuel);
    const pass = encoder.beginComputePass();
    launches.forEach(({ workgroups: [x, y, z], params }, i) => {
      pass.setPipeline(pipelines[i]);
      pass.setBindGroup(0, this.groups[i], params ? [0] : []);
      pass.setBindGroup(FUEL_GROUP, this.bench.fuelGroup);
      pass.dispatchWorkgroups(...(y === 1 && z === 1 ? way.fold(x) : ([x, y, z] as const)));
    });
    pass.end();
    at = 0;
    for (const buffer of this.work.values()) {
      encoder.copyBufferToBuffer(buffer, 0, this.after, at, buffer.size);
      at += buffer.size;
    }
    encoder.copyBufferToBuffer(this.bench.outOfFuel, 0, this.after, at, this.bench.outOfFuel.size);
    this.bench.device.queue.submit([encoder.finish()]);
    return this.judge();
  }

  destroy(): void {
    for (const buffer of [...this.work.values(), ...this.uniforms, ...this.before.values(), this.after]) buffer.destroy();
  }

  private async judge(): Promise<string | null> {
    await this.bench.naps.during(this.after.mapAsync(GPUMapMode.READ));
    const all = this.after.getMappedRange().slice(0);
    this.after.unmap();
    if (new Uint32Array(all, this.bytes)[0] !== 0) return 'a loop without end';
    let at = 0;
    const memory = new Map([...this.work].map(([name, { size }]) => [name, all.slice(at, (at += size))]));
    const { verdict, message } = judgeMemory(this.op, this.call, memory, this.expectation);
    return verdict === 'FAIL' ? message : null;
  }

  private filled(usage: GPUBufferUsageFlags, parts: readonly ArrayBuffer[]): GPUBuffer {
    const size = parts.reduce((total, { byteLength }) => total + byteLength, 0);
    const buffer = this.bench.device.createBuffer({ size: Math.ceil(size / 16) * 16, usage, mappedAtCreation: true });
    const mapped = new Uint8Array(buffer.getMappedRange());
    let at = 0;
    for (const part of parts) {
      mapped.set(new Uint8Array(part), at);
      at += part.byteLength;
    }
    buffer.unmap();
    return buffer;
  }
}
