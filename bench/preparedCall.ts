import type { Operand, Spec } from '../core/backend.js';
import { type TypedArray, allocate } from '../core/dtype.js';
import { sizeOf } from '../core/shape.js';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import { BindGroupCache } from '../core/webgpu/bindGroups.js';
import type { KernelPlan } from '../core/webgpu/kernel.js';
import { CallArguments, resolveLaunch } from '../core/webgpu/launch.js';
import type { PipelineCache } from '../core/webgpu/pipelines.js';
import type { WebGpuStorage } from '../core/webgpu/storage.js';
import { UniformArena } from '../core/webgpu/uniformArena.js';
import { drawInput } from './inputs.js';
import { type Row, type RowCall, callOf } from './rows.js';

/** A dispatch, ready to be encoded any number of times. */
interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly offsets: readonly number[];
  readonly workgroups: readonly [number, number, number];
}

/** An operand on the device. */
interface DeviceOperand extends Operand {
  readonly storage: WebGpuStorage;
}

/** Memory of one call. */
class BufferSet {
  readonly inputs: readonly DeviceOperand[];
  /** Like scratch filled with NaN, so that an element that no kernel writes is noticed. */
  readonly outputs: readonly DeviceOperand[];
  readonly scratch: ReadonlyMap<string, WebGpuStorage>;

  constructor(backend: WebGpuBackend, row: Row, call: RowCall, plan: KernelPlan) {
    const { name } = row.op;
    const scratch = Object.entries(plan.scratch ?? {});
    // Asked for before anything is drawn: the device's refusal says more than JavaScript's.
    for (const spec of [...call.inputs, ...call.outputs, ...scratch.map(([, spec]) => spec)]) backend.allocate(name, spec).release();
    const place = (spec: Spec, data: TypedArray): DeviceOperand => ({ ...spec, storage: backend.upload(name, data, spec) });
    this.inputs = call.inputs.map((spec, i) => place(spec, drawInput(row.shape.inputs[i], i, 'float32')));
    this.outputs = call.outputs.map((spec) => place(spec, garbage(spec)));
    this.scratch = new Map(scratch.map(([scratchName, spec]) => [scratchName, place(spec, garbage(spec)).storage]));
  }

  get storages(): WebGpuStorage[] {
    return [...[...this.inputs, ...this.outputs].map(({ storage }) => storage), ...this.scratch.values()];
  }
}

/** NaN in float32; as an integer a number that no op gives. */
function garbage({ shape, dtype }: Spec): TypedArray {
  return allocate(dtype, sizeOf(shape)).fill(dtype === 'int32' ? 0x7fc00000 : NaN);
}

/**
 * The call of a row as the device gets it: the very plan that the op makes for this adapter, with its pipelines, buffers and
 * uniforms in place.
 */
export class PreparedCall {
  private next = 0;

  private constructor(
    private readonly backend: WebGpuBackend, private readonly sets: readonly BufferSet[], private readonly uniforms: UniformArena,
    private readonly dispatches: readonly (readonly Dispatch[])[],
  ) {}

  /** Throws what the op or the device has against the call. */
  static async create(backend: WebGpuBackend, pipelines: PipelineCache, row: Row, setCount: number): Promise<PreparedCall> {
    const { name } = row.op;
    const call = callOf(row);
    const plan = planOf(backend, row, call);
    await pipelines.warmUp(name, plan.launches);
    const sets = Array.from({ length: setCount }, () => new BufferSet(backend, row, call, plan));
    await backend.synchronize();
    for (const storage of sets.flatMap((set) => set.storages)) if (storage.failure) throw storage.failure;

    const uniforms = new UniformArena(backend.device);
    const bindGroups = new BindGroupCache(backend.device, uniforms.buffer);
    const offsets: number[][] = []; // of each launch; all sets share them
    const dispatches = sets.map(({ inputs, outputs, scratch }) => {
      const storages = (operands: readonly DeviceOperand[]) => operands.map(({ storage }) => storage);
      const args = new CallArguments(row.op, storages(inputs), storages(outputs), scratch);
      return plan.launches.flatMap((launch, i): Dispatch[] => {
        const command = resolveLaunch(name, launch, args, pipelines, backend.limits);
        if (!command) return [];
        const { pipeline, params, workgroups } = command;
        offsets[i] ??= params ? [uniforms.add(params)] : [];
        return [{ pipeline: pipeline.compiled!, bindGroup: bindGroups.get(pipeline.layout, command.storages), offsets: offsets[i], workgroups }];
      });
    });
    uniforms.write();
    return new PreparedCall(backend, sets, uniforms, dispatches);
  }

  /** Dispatches of one repetition. */
  get dispatchCount(): number {
    return this.dispatches[0].length;
  }

  /** Encodes the call `repeats` times: `hot` on the first set of buffers, `cold` on each set in turn. */
  encode(pass: GPUComputePassEncoder, repeats: number, buffers: 'hot' | 'cold' = 'hot'): void {
    for (let i = 0; i < repeats; i++) {
      const set = buffers === 'hot' ? 0 : (this.next = (this.next + 1) % this.dispatches.length);
      for (const { pipeline, bindGroup, offsets, workgroups } of this.dispatches[set]) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup, offsets);
        pass.dispatchWorkgroups(...workgroups);
      }
    }
  }

  /** Executes the call on the first set of buffers. */
  async runOnce(): Promise<void> {
    const { device } = this.backend;
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    this.encode(pass, 1);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
  }

  /** What the first set holds now: inputs, as ops may change them, and outputs. */
  async read(): Promise<{ inputs: TypedArray[]; outputs: TypedArray[] }> {
    const [{ inputs, outputs }] = this.sets;
    return { inputs: await this.valuesOf(inputs), outputs: await this.valuesOf(outputs) };
  }

  /** Outputs of the first set, and of the one that `cold` came to last. */
  async lastOutputs(): Promise<TypedArray[][]> {
    const sets = [...new Set([this.sets[0], this.sets[this.next]])];
    return Promise.all(sets.map(({ outputs }) => this.valuesOf(outputs)));
  }

  dispose(): void {
    for (const storage of this.sets.flatMap((set) => set.storages)) storage.release();
    this.uniforms.buffer.destroy();
  }

  private valuesOf(operands: readonly DeviceOperand[]): Promise<TypedArray[]> {
    return Promise.all(operands.map(({ storage }) => this.backend.read(storage)));
  }
}

/** What the backend launches for a row: of an op's variants, the one that is tuned or forced. */
export function planOf({ limits, tuning }: WebGpuBackend, row: Row, call = callOf(row)): KernelPlan {
  return tuning.plan(row.op, { ...call, limits });
}

/** The name of that variant; null for an op that has but one kernel. */
export function variantOf({ limits, tuning }: WebGpuBackend, row: Row): string | null {
  return tuning.variantOf(row.op, { ...callOf(row), limits });
}
