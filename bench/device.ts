import type { WebGpuBackend } from '../core/webgpu/backend.js';
import type { KernelPlan } from '../core/webgpu/kernel.js';
import { type Pipeline, PipelineCache } from '../core/webgpu/pipelines.js';
import { type Clock, type Encode, openClock } from './clock.js';
import { PreparedCall } from './preparedCall.js';
import { fmaRows } from './probes.js';

/** What all measurements of a run share: the device, the kernels compiled so far, and the clock. */
export interface Bench {
  readonly backend: WebGpuBackend;
  readonly compiler: Compiler;
  readonly clock: Clock;
}

/** `openClock` of clock.ts or processorClock.ts. */
export type OpenClock = (device: GPUDevice, reference: (repeats: number) => Encode) => Promise<Clock>;

export async function openBench(backend: WebGpuBackend, open: OpenClock = openClock): Promise<Bench> {
  const compiler = new Compiler(backend);
  const [row] = fmaRows(backend.family);
  const reference = await PreparedCall.create(backend, compiler.pipelines, row, 1);
  const clock = await open(backend.device, (repeats) => (pass) => reference.encode(pass, repeats));
  reference.dispose();
  return { backend, compiler, clock };
}

/** Compiles apart from the backend, so that it can be timed. */
export class Compiler {
  readonly pipelines: PipelineCache;
  private readonly milliseconds = new Map<Pipeline, number>();

  constructor({ device, limits }: WebGpuBackend) {
    this.pipelines = new PipelineCache(device, limits);
  }

  /** Compiles the kernels of a plan one after another. Milliseconds; of the first time, for one that was compiled before. */
  async compile(op: string, { launches }: KernelPlan): Promise<number> {
    const used = new Set<Pipeline>();
    for (const launch of launches) {
      const began = performance.now();
      const pipeline = this.pipelines.get(op, launch);
      await pipeline.pending;
      if (pipeline.error) throw pipeline.error;
      if (!this.milliseconds.has(pipeline)) this.milliseconds.set(pipeline, performance.now() - began);
      used.add(pipeline);
    }
    return [...used].reduce((total, pipeline) => total + this.milliseconds.get(pipeline)!, 0);
  }
}
