import type { BindGroupCache } from './bindGroups.js';
import type { CopyCommand, LaunchCommand } from './commands.js';
import type { UniformArena } from './uniformArena.js';

/**
 * Turns ready commands into one command buffer. Consecutive launches share a compute pass; WebGPU makes each dispatch
 * see what the ones before it wrote.
 */
export class BatchEncoder {
  private encoder: GPUCommandEncoder | null = null;
  private pass: GPUComputePassEncoder | null = null;
  private pipeline: GPUComputePipeline | null = null;

  constructor(
    private readonly device: GPUDevice, private readonly bindGroups: BindGroupCache, private readonly uniforms: UniformArena,
    private readonly onSubmit: (problem: Promise<GPUError | null>) => void,
  ) {}

  launch({ pipeline, storages, params, workgroups }: LaunchCommand): void {
    const { layout, compiled } = pipeline;
    if (params && !this.uniforms.fits(params)) this.submit();
    const pass = this.openPass();
    if (compiled !== this.pipeline) {
      pass.setPipeline(compiled!);
      this.pipeline = compiled;
    }
    pass.setBindGroup(0, this.bindGroups.get(layout, storages), params ? [this.uniforms.add(params)] : []);
    pass.dispatchWorkgroups(...workgroups);
  }

  copy({ source, target }: CopyCommand): void {
    this.closePass();
    this.open().copyBufferToBuffer(source.block.buffer, 0, target.buffer, 0, source.bytes);
  }

  /** Hands the batch to the device, if there is anything in it. */
  submit(): void {
    if (!this.encoder) return;
    this.closePass();
    this.uniforms.write();
    this.device.queue.submit([this.encoder.finish()]);
    this.encoder = null;
    this.onSubmit(this.device.popErrorScope());
  }

  /** Validation errors come to light only when a batch is finished, so one error scope spans all of it. */
  private open(): GPUCommandEncoder {
    if (!this.encoder) {
      this.device.pushErrorScope('validation');
      this.encoder = this.device.createCommandEncoder();
    }
    return this.encoder;
  }

  private openPass(): GPUComputePassEncoder {
    this.pass ??= this.open().beginComputePass();
    return this.pass;
  }

  private closePass(): void {
    this.pass?.end();
    this.pass = null;
    this.pipeline = null;
  }
}
