import type { Backend, Spec } from '../backend.js';
import { OutOfMemoryError, type TapegradError } from '../errors.js';
import { sizeOf } from '../shape.js';
import { Storage } from '../storage.js';
import type { Block, BufferPool } from './pool.js';

/**
 * A block of the pool while a tensor, or a scratch buffer, lives in it.
 *
 * Work is recorded long before the device takes it up, so a failure comes to light late. It then travels with the
 * values: what was computed from a missing value is missing too, and reading it throws the first cause.
 */
export class WebGpuStorage extends Storage {
  private cause: TapegradError | null = null;

  constructor(
    backend: Backend, readonly op: string, private readonly spec: Spec,
    private readonly pool: BufferPool, readonly block: Block,
  ) {
    super(backend, spec.dtype, sizeOf(spec.shape));
  }

  /** Why there are no values here, or null. */
  get failure(): TapegradError | null {
    if (this.cause === null && this.block.failure !== null) {
      this.cause = new OutOfMemoryError(this.op, this.spec.shape, this.bytes, this.block.failure);
    }
    return this.cause;
  }

  /** Marks the values as missing. The first cause stays. */
  poison(cause: TapegradError): void {
    this.cause ??= cause;
  }

  /** The part of the buffer that kernels see: whole vec4s, so that they may read the tail as one. */
  get bindingBytes(): number {
    return bindingBytes(this.bytes);
  }

  protected override free(): void {
    this.pool.release(this.block);
  }
}

export function bindingBytes(bytes: number): number {
  return Math.max(16, Math.ceil(bytes / 16) * 16);
}
