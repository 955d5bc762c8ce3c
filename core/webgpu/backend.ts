import { type Backend, type BackendMemory, type Operand, type Spec, requireSupported } from '../backend.js';
import { type DType, type TypedArray, allocate, bytesPerElement } from '../dtype.js';
import { DeviceError, TapegradError } from '../errors.js';
import { type Op, isView } from '../op.js';
import { sizeOf } from '../shape.js';
import type { Storage } from '../storage.js';
import { type AdapterFamily, type OpenDevice, openDevice } from './adapter.js';
import { BindGroupCache } from './bindGroups.js';
import type { LaunchCommand } from './commands.js';
import { BatchEncoder } from './encoder.js';
import type { KernelLimits, Launch } from './kernel.js';
import { CallArguments, resolveLaunch } from './launch.js';
import { LossGuard } from './loss.js';
import { Naps } from './naps.js';
import { PipelineCache } from './pipelines.js';
import { BufferPool } from './pool.js';
import { Readback } from './readback.js';
import { Recorder } from './recorder.js';
import { WebGpuStorage, bindingBytes } from './storage.js';
import { Tuning } from './tuning.js';
import { UniformArena } from './uniformArena.js';

export interface WebGpuOptions {
  /** Free memory beyond this many bytes is given back to the device; default 1 GiB. */
  maxPooledBytes?: number;
}

/** Opens an adapter. Throws DeviceError where there is none, or where Node lacks the package `webgpu`. */
export async function createWebGpuBackend(options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  return new WebGpuBackend(await openDevice(), options);
}

const DEFAULT_POOLED_BYTES = 2 ** 30;
const STAGING_POOLED_BYTES = 2 ** 26;

/**
 * Tensors in GPU buffers, ops as compute passes. The path of one call:
 * `run` asks the op for its plan -> `launch.ts` makes commands of it -> `recorder.ts` queues them ->
 * `encoder.ts` encodes and submits a batch. Memory comes from `pool.ts`, values come home through `readback.ts`.
 */
export class WebGpuBackend implements Backend {
  readonly name = 'webgpu';
  readonly description: string;
  readonly family: AdapterFamily;
  readonly device: GPUDevice;
  readonly limits: KernelLimits;
  readonly tuning: Tuning;
  private readonly maxStorageBytes: number;
  private readonly guard: LossGuard;
  private readonly pipelines: PipelineCache;
  private readonly recorder: Recorder;
  private readonly pool: BufferPool;
  private readonly staging: BufferPool;
  private readonly naps: Naps;
  private readonly readback: Readback;

  constructor(opened: OpenDevice, { maxPooledBytes = DEFAULT_POOLED_BYTES }: WebGpuOptions = {}) {
    const { device } = opened;
    this.device = device;
    this.description = opened.description;
    this.family = opened.family;
    this.tuning = new Tuning(opened.description, opened.family);
    this.limits = kernelLimits(device.limits, opened.subgroupSize);
    this.maxStorageBytes = wholeVec4s(Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize));

    this.guard = new LossGuard(device);
    this.pipelines = new PipelineCache(device, this.limits);
    const uniforms = new UniformArena(device);
    const bindGroups = new BindGroupCache(device, uniforms.buffer);
    const encoder = new BatchEncoder(device, bindGroups, uniforms, (verdict) => this.recorder.check(verdict));
    this.recorder = new Recorder(device, encoder);
    device.addEventListener('uncapturederror', (event) => {
      event.preventDefault();
      this.recorder.refuse(event.error);
    });

    const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    const reclaim = (): void => this.emptyPool();
    this.pool = new BufferPool(device, {
      label: 'storage', usage: STORAGE | COPY_SRC | COPY_DST, maxBufferBytes: this.maxStorageBytes, maxPooledBytes, reclaim,
      onDestroy: (blocks) => bindGroups.forget(blocks),
    });
    this.staging = new BufferPool(device, {
      label: 'staging', usage: MAP_READ | COPY_DST, maxBufferBytes: wholeVec4s(device.limits.maxBufferSize),
      maxPooledBytes: STAGING_POOLED_BYTES, reclaim,
    });
    this.naps = new Naps(Naps.areUseful(opened.family));
    this.readback = new Readback(this.recorder, this.staging, this.naps);
  }

  get isLost(): boolean {
    return this.guard.isLost;
  }

  supports(dtype: DType): boolean {
    return dtype === 'float32' || dtype === 'int32';
  }

  allocate(op: string, spec: Spec): WebGpuStorage {
    this.guard.check();
    requireSupported(op, this, spec.dtype);
    const bytes = bindingBytes(sizeOf(spec.shape) * bytesPerElement(spec.dtype));
    if (bytes > this.maxStorageBytes) {
      throw new DeviceError(
        `${op}: a tensor of shape [${spec.shape}] takes ${bytes} bytes, this adapter binds at most ` +
          `${this.maxStorageBytes}; split it, or use a smaller batch`,
      );
    }
    return new WebGpuStorage(this, op, spec, this.pool, this.pool.take(bytes));
  }

  upload(op: string, data: TypedArray, spec: Spec): WebGpuStorage {
    const storage = this.allocate(op, spec);
    this.recorder.upload(storage, data);
    return storage;
  }

  async read(storage: Storage): Promise<TypedArray> {
    this.guard.check();
    if (storage.length === 0) return allocate(storage.dtype, 0);
    return this.guard.race(this.readback.read(this.own('read', storage)));
  }

  run(op: Op, inputs: readonly Operand[], outputs: readonly Operand[], attrs: object): void {
    this.guard.check();
    if (isView(op)) throw new TapegradError(`${op.name}: a view shares its input's storage and runs nothing`);
    const plan = this.tuning.plan(op, { inputs, outputs, attrs, limits: this.limits });
    const scratch = new Map<string, WebGpuStorage>();
    try {
      for (const [name, spec] of Object.entries(plan.scratch ?? {})) scratch.set(name, this.allocate(op.name, spec));
      const own = ({ storage }: Operand): WebGpuStorage => this.own(op.name, storage);
      const args = new CallArguments(op, inputs.map(own), outputs.map(own), scratch);
      const commands: LaunchCommand[] = [];
      for (const launch of plan.launches) {
        const command = resolveLaunch(op.name, launch, args, this.pipelines, this.limits);
        if (command) commands.push(command);
      }
      for (const command of commands) this.recorder.record(command);
    } finally {
      // The queue keeps its order, so whoever gets this memory next writes it after these launches.
      for (const storage of scratch.values()) storage.release();
    }
  }

  async synchronize(): Promise<void> {
    this.guard.check();
    await this.guard.race(this.finish());
  }

  /** Compiles the kernels of `launches` ahead of their first use. */
  async warmUp(op: string, launches: readonly Launch[]): Promise<void> {
    this.guard.check();
    await this.guard.race(this.pipelines.warmUp(op, launches));
  }

  /** Bytes of tensors and scratch, as the pool rounds them; staging for reads is not counted. */
  memory(): BackendMemory {
    const { liveBytes, pooledBytes, peakBytes } = this.pool;
    return { liveBytes, pooledBytes, peakBytes };
  }

  /** Buffers that recorded work still waits to use stay pooled. */
  emptyPool(): void {
    this.recorder.submitReady();
    this.pool.trim(0);
    this.staging.trim(0);
  }

  destroy(): void {
    this.guard.lose('destroyed');
    this.device.destroy();
  }

  private async finish(): Promise<void> {
    await this.recorder.flush();
    await this.naps.during(this.device.queue.onSubmittedWorkDone());
    await this.recorder.verify();
  }

  private own(op: string, storage: Storage): WebGpuStorage {
    if (storage instanceof WebGpuStorage && storage.backend === this) return storage;
    throw new DeviceError(`${op}: got a tensor of device ${storage.backend.name} on webgpu; move it with await t.toDevice('webgpu')`);
  }
}

function wholeVec4s(bytes: number): number {
  return Math.floor(bytes / 16) * 16;
}

function kernelLimits(limits: GPUSupportedLimits, subgroupSize: number): KernelLimits {
  const {
    maxComputeWorkgroupsPerDimension, maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupStorageSize,
    maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage,
  } = limits;
  return {
    maxComputeWorkgroupsPerDimension, maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupStorageSize,
    maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage, subgroupSize,
  };
}
