/** Enough for a few hundred launches: batches are shorter. */
const CAPACITY = 65_536;

/**
 * The uniforms of all launches of a batch, side by side in one buffer, bound by dynamic offset. Each batch starts over at
 * offset 0: the write and the submit keep their order in the device's queue, so nothing is overwritten too soon.
 */
export class UniformArena {
  readonly buffer: GPUBuffer;
  private readonly bytes = new Uint8Array(CAPACITY);
  private readonly alignment: number;
  private used = 0;

  constructor(private readonly device: GPUDevice) {
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    this.buffer = device.createBuffer({ label: 'uniforms', size: CAPACITY, usage });
    this.alignment = device.limits.minUniformBufferOffsetAlignment;
  }

  fits(params: ArrayBuffer): boolean {
    return this.used + params.byteLength <= CAPACITY;
  }

  /** Adds one uniform struct to the batch, and says at which offset. */
  add(params: ArrayBuffer): number {
    const offset = this.used;
    this.bytes.set(new Uint8Array(params), offset);
    this.used = Math.ceil((offset + params.byteLength) / this.alignment) * this.alignment;
    return offset;
  }

  /** Writes the batch's uniforms, ahead of its submit. */
  write(): void {
    if (this.used > 0) this.device.queue.writeBuffer(this.buffer, 0, this.bytes, 0, this.used);
    this.used = 0;
  }
}
