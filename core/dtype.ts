import { DTypeError } from './errors.js';

/** Element types. `float64` exists on the CPU only: WGSL has no 64-bit floats. */
export type DType = 'float32' | 'float64' | 'int32';

/** The largest finite float32. */
export const MAX_FLOAT32 = 3.4028234663852886e38;

/** Host storage of one tensor. */
export type TypedArray = Float32Array | Float64Array | Int32Array;

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

export const DTYPES = Object.keys(ARRAYS) as readonly DType[];

/** Is `name` one of ours? */
export function isDType(name: string): name is DType {
  return Object.hasOwn(ARRAYS, name);
}

export function bytesPerElement(dtype: DType): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

export function isFloat(dtype: DType): boolean {
  return dtype !== 'int32';
}

/** A zero-filled host array of `length` elements. */
export function allocate(dtype: DType, length: number): TypedArray {
  return new ARRAYS[dtype](length);
}

/** A host array of `dtype` over bytes that hold such elements. */
export function viewBytes(dtype: DType, bytes: ArrayBuffer, length: number): TypedArray {
  return new ARRAYS[dtype](bytes, 0, length);
}

/** The dtype that a host array holds, or null where it is not one of ours (a plain array, Uint8Array ...). */
export function dtypeOf(data: ArrayLike<number>): DType | null {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  return null;
}

/**
 * The dtype of a result of `a` and `b`: a float wins over int32, float64 over float32.
 * PyTorch's name: `promote_types`.
 */
export function promoteTypes(a: DType, b: DType): DType {
  if (a === b) return a;
  if (a === 'float64' || b === 'float64') return 'float64';
  return 'float32';
}

/** Throws unless `dtype` is a float. */
export function requireFloat(op: string, argument: string, dtype: DType): void {
  if (!isFloat(dtype)) {
    throw new DTypeError(`${op}: ${argument} must be a float tensor, got ${dtype}; convert with .to('float32')`);
  }
}

/** Throws unless `dtype` is int32 (indices, class labels). */
export function requireInt(op: string, argument: string, dtype: DType): void {
  if (dtype !== 'int32') {
    throw new DTypeError(`${op}: ${argument} must be an int32 tensor, got ${dtype}; convert with .to('int32')`);
  }
}

/** Throws unless all dtypes agree; tapegrad converts nothing behind your back. */
export function requireSameDType(op: string, dtypes: readonly DType[]): DType {
  for (const dtype of dtypes) {
    if (dtype !== dtypes[0]) {
      throw new DTypeError(`${op}: inputs have dtypes ${dtypes.join(' and ')}; convert one with .to(dtype)`);
    }
  }
  return dtypes[0];
}
