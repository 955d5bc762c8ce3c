/** Enough for a few hundred launches: batches are shorter. */
const CAPACITY = 65_536;

/**
 * The uniforms of all launches of a batch, side by side in one buffer, bound by dynamic offset. Each batch starts over at
 * offset 0: the write and the submit keep their order in the device's queue, so nothing is overwritten too soon.
 */
export class UniformArena {
  readonly buffer: GPUBuffer;
  private readonly words = new Uint32Array(CAPACITY / 4);
  private readonly alignment: number;
  private used = 0;

  constructor(private readonly device: GPUDevice) {
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.buffer = device.createBuffer({ label: 'uniforms', size: CAPACITY, usage });
    this.alignment = device.limits.minUniformBufferOffsetAlignment;
  }

  fits(params: Uint32Array): boolean {
    return this.used + params.byteLength <= CAPACITY;
  }

  /** Adds one uniform struct to the batch, and says at which offset. */
  add(params: Uint32Array): number {
    const offset = this.used;
    this.words.set(params, offset / 4);
    this.used = Math.ceil((offset + params.byteLength) / this.alignment) * this.alignment;
    return offset;
  }

  /** Writes the batch's uniforms, ahead of its submit. */
  write(): void {
    if (this.used > 0) this.device.queue.writeBuffer(this.buffer, 0, this.words, 0, this.used / 4);
    this.used = 0;
  }
}
