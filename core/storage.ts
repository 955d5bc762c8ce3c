import type { Backend } from './backend.js';
import { AutogradError } from './errors.js';
import { type DType, bytesPerElement } from './dtype.js';

/**
 * The memory behind one or more tensors, counted by reference: reshapes, aliases and the tape share it.
 * When the last reference goes, the memory returns to its backend at once.
 */
export abstract class Storage {
  readonly bytes: number;
  private references = 1;
  private changes = 0;

  constructor(readonly backend: Backend, readonly dtype: DType, readonly length: number) {
    this.bytes = length * bytesPerElement(dtype);
  }

  /** Gives the memory back to the backend. */
  protected abstract free(): void;

  /** Counts in-place changes, so that the tape can tell that a saved value is no longer what it was. */
  get version(): number {
    return this.changes;
  }

  markChanged(): void {
    this.changes++;
  }

  get freed(): boolean {
    return this.references === 0;
  }

  /** Does another tensor, or the tape, refer to it too? */
  get isShared(): boolean {
    return this.references > 1;
  }

  retain(): this {
    if (this.freed) throw new AutogradError('storage: used after it was freed');
    this.references++;
    return this;
  }

  release(): void {
    if (this.freed) throw new AutogradError('storage: released more often than it was retained');
    if (--this.references === 0) this.free();
  }
}
