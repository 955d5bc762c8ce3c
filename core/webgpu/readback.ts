import { type TypedArray, viewBytes } from '../dtype.js';
import { DeviceLostError } from '../errors.js';
import type { CopyCommand } from './commands.js';
import type { Naps } from './naps.js';
import type { Block, BufferPool } from './pool.js';
import type { Recorder } from './recorder.js';
import type { WebGpuStorage } from './storage.js';

/** Brings values to the host, through pooled staging buffers. Any number of reads may be under way. */
export class Readback {
  constructor(private readonly recorder: Recorder, private readonly staging: BufferPool, private readonly naps: Naps) {}

  /** The values as they are when this is called: later in-place changes, or disposal, do not matter. */
  async read(storage: WebGpuStorage): Promise<TypedArray> {
    const target = this.staging.take(storage.bytes);
    const copy: CopyCommand = { kind: 'copy', source: storage, target, failure: null };
    this.recorder.record(copy);
    try {
      await this.recorder.flush();
      if (copy.failure) throw copy.failure;
      const bytes = await this.naps.during(mapped(target, storage.bytes));
      await this.recorder.verify();
      return viewBytes(storage.dtype, bytes, storage.length);
    } finally {
      this.staging.release(target);
    }
  }
}

async function mapped({ buffer }: Block, size: number): Promise<ArrayBuffer> {
  try {
    await buffer.mapAsync(GPUMapMode.READ, 0, size);
  } catch (error) {
    // A staging buffer is never destroyed while it is in use, so it went with its device.
    throw new DeviceLostError(`read: the device went away during a read: ${(error as Error).message}`);
  }
  const bytes = buffer.getMappedRange(0, size).slice(0);
  buffer.unmap();
  return bytes;
}
