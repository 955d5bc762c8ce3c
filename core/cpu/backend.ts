import type { Backend, BackendMemory, Operand, Spec } from '../backend.js';
import { type DType, type TypedArray, allocate, bytesPerElement, isDType } from '../dtype.js';
import { OutOfMemoryError } from '../errors.js';
import { type CpuOperand, type Op, isView } from '../op.js';
import { sizeOf } from '../shape.js';
import { Storage } from '../storage.js';

/** A typed array, counted. */
class CpuStorage extends Storage {
  data: TypedArray;

  constructor(override readonly backend: CpuBackend, dtype: DType, data: TypedArray) {
    super(backend, dtype, data.length);
    this.data = data;
    backend.adjustLiveBytes(this.bytes);
  }

  protected free(): void {
    this.backend.adjustLiveBytes(-this.bytes);
    this.data = allocate(this.dtype, 0);
  }
}

function operand(operand: Operand): CpuOperand {
  return { data: (operand.storage as CpuStorage).data, shape: operand.shape };
}

/** Runs each op's reference at once, on the calling thread. JavaScript's own heap is the pool. */
export class CpuBackend implements Backend {
  readonly name = 'cpu';
  readonly description = 'CPU reference (JavaScript)';
  readonly isLost = false;
  private readonly usage: BackendMemory = { liveBytes: 0, pooledBytes: 0, peakBytes: 0 };

  supports(dtype: DType): boolean {
    return isDType(dtype);
  }

  allocate(op: string, spec: Spec): Storage {
    return this.store(op, spec, () => allocate(spec.dtype, sizeOf(spec.shape)));
  }

  upload(op: string, data: TypedArray, spec: Spec): Storage {
    return this.store(op, spec, () => data.slice());
  }

  async read(storage: Storage): Promise<TypedArray> {
    return (storage as CpuStorage).data.slice();
  }

  run(op: Op, inputs: readonly Operand[], outputs: readonly Operand[], attrs: object): void {
    if (isView(op)) return;
    op.cpu(inputs.map(operand), outputs.map(operand), attrs);
  }

  async synchronize(): Promise<void> {}

  memory(): BackendMemory {
    return { ...this.usage };
  }

  emptyPool(): void {}

  destroy(): void {}

  private store(op: string, { shape, dtype }: Spec, make: () => TypedArray): Storage {
    try {
      return new CpuStorage(this, dtype, make());
    } catch (error) {
      throw new OutOfMemoryError(op, shape, sizeOf(shape) * bytesPerElement(dtype), (error as Error).message);
    }
  }

  /** Internal: storages report what they take and give back. */
  adjustLiveBytes(bytes: number): void {
    this.usage.liveBytes += bytes;
    this.usage.peakBytes = Math.max(this.usage.peakBytes, this.usage.liveBytes);
  }
}
