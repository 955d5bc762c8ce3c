import { DTYPES, type DType, type TypedArray, isDType } from './dtype.js';
import { DTypeError } from './errors.js';
import { type Shape, frozen } from './shape.js';
import type { Op } from './op.js';
import { show } from './options.js';
import type { Storage } from './storage.js';

export type DeviceName = 'cpu' | 'webgpu';

/** What is known of a tensor before it has values. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One argument or result of an op on a backend. */
export interface Operand extends Spec {
  readonly storage: Storage;
}

/** What is known of a tensor, or of one that an op will make, in a form that nobody can change afterwards. */
export function specOf({ shape, dtype }: Spec): Spec {
  return { shape: frozen(shape), dtype };
}

export interface BackendMemory {
  /** Bytes held by live storages. */
  liveBytes: number;
  /** Bytes kept in the pool for reuse. */
  pooledBytes: number;
  /** The most that live and pooled bytes have been together. */
  peakBytes: number;
}

/** A place where tensors live and ops run. */
export interface Backend {
  readonly name: DeviceName;
  /** One line for people: the adapter, or the CPU. */
  readonly description: string;
  /** Is the device gone, and with it every value? Then `init()` opens another. */
  readonly isLost: boolean;

  supports(dtype: DType): boolean;

  /** Uninitialised memory for an output; `op` is named should it fail. */
  allocate(op: string, spec: Spec): Storage;

  /** A storage that holds `data`. The array is copied. */
  upload(op: string, data: TypedArray, spec: Spec): Storage;

  /** Copies the values to the host. The one place where tapegrad waits for a device. */
  read(storage: Storage): Promise<TypedArray>;

  /** Runs `op`, or records it for a later batch. Operations on one storage keep their order. */
  run(op: Op, inputs: readonly Operand[], outputs: readonly Operand[], attrs: object): void;

  /** Resolves when everything recorded so far has been executed. */
  synchronize(): Promise<void>;

  memory(): BackendMemory;

  /** Gives pooled memory back to the system. */
  emptyPool(): void;

  /** Releases the device; the backend is unusable afterwards. */
  destroy(): void;
}

/** Throws, naming `op`, unless `backend` has `dtype`. */
export function requireSupported(op: string, backend: Backend, dtype: DType): void {
  if (backend.supports(dtype)) return;
  const there = DTYPES.filter((known) => backend.supports(known)).join(', ');
  const hint = isDType(dtype) ? `; use one of them, or the device 'cpu'` : '';
  throw new DTypeError(`${op}: ${backend.name} has no dtype ${show(dtype)}, it has ${there}${hint}`);
}
