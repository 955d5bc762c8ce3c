import { type Backend, type DeviceName, type Operand, requireSupported } from './backend.js';
import { type BackwardOptions, backward } from './backward.js';
import { type DType, type TypedArray, allocate, dtypeOf } from './dtype.js';
import { backendFor, defaultBackend } from './device.js';
import { AutogradError, DTypeError, ShapeError, TapegradError } from './errors.js';
import { trackTensor, untrackTensor } from './memory.js';
import { readOptions, requireArray, requireFunction, show } from './options.js';
import { type Shape, checkShape, frozen, sameShape, sizeOf } from './shape.js';
import type { Storage } from './storage.js';
import { type Edge, type GradientHook, releaseEdge, retainEdge } from './tape.js';

/** Nested arrays of numbers, as `tensor()` takes them and `toArray()` gives them. */
export type NestedArray = number | NestedArray[];

export interface TensorOptions {
  /** Default float32, or what a typed array holds. */
  dtype?: DType;
  /** Default: the device chosen by `init()`. */
  device?: DeviceName;
  requiresGrad?: boolean;
}

/** The method that Node calls to show an object. */
export const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** For `readOptions`: what is not given is decided where the tensor is made. */
export const TENSOR_DEFAULTS = { dtype: undefined, device: undefined, requiresGrad: false };

/**
 * A multi-dimensional array on a device. Storage is contiguous and row-major.
 * Ops exist as functions (`add(a, b)`) and, where natural, as methods (`a.add(b)`); the op folders under `kernels/`
 * declare the methods. Calls return at once; only `data()`, `item()` and `toArray()` wait for the device.
 */
export class Tensor {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Shared memory; internal. */
  readonly storage: Storage;
  /** Where this value came from on the tape; internal. Null for a leaf. */
  readonly edge: Edge | null;
  /** The accumulated gradient of a leaf, set by `backward()`. */
  grad: Tensor | null = null;
  /** Called with the gradient of this leaf; internal, see `registerHook`. */
  readonly hooks: GradientHook[] = [];

  private leafRequiresGrad = false;
  private isDisposed = false;

  /** Takes over one reference to `storage`, and adds one to `edge`. Internal: use `tensor()` and the ops. */
  constructor(operand: Operand, edge: Edge | null = null) {
    this.shape = frozen(operand.shape);
    this.dtype = operand.dtype;
    this.storage = operand.storage;
    this.edge = edge;
    if (edge) retainEdge(edge);
    trackTensor(this);
  }

  get backend(): Backend {
    return this.storage.backend;
  }

  get device(): DeviceName {
    return this.backend.name;
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. PyTorch's name: `numel()`. */
  get size(): number {
    return sizeOf(this.shape);
  }

  get disposed(): boolean {
    return this.isDisposed;
  }

  /** Is this a value that the user made (or an alias of one), rather than the result of a recorded op? */
  get isLeaf(): boolean {
    return this.edge === null || this.edge.source instanceof Tensor;
  }

  get requiresGrad(): boolean {
    return this.edge !== null || this.leafRequiresGrad;
  }

  /** Only a leaf can be told whether it wants a gradient, by its first handle; use `detach()` on a result. */
  set requiresGrad(value: boolean) {
    if (this.edge !== null) {
      throw new AutogradError('requiresGrad: can be set on leaf tensors only; use detach() to cut a result off the tape');
    }
    if (value) requireGradientDType(this.dtype);
    this.leafRequiresGrad = value;
  }

  /** Copies the values to the host, in row-major order. Waits for the device. */
  async data(): Promise<TypedArray> {
    this.assertAlive('data');
    return this.backend.read(this.storage);
  }

  /** The value of a tensor with one element. */
  async item(): Promise<number> {
    if (this.size !== 1) throw new ShapeError(`item: needs one element, shape [${this.shape}] has ${this.size}; use data()`);
    return (await this.data())[0];
  }

  /** The values as nested arrays. */
  async toArray(): Promise<NestedArray> {
    const values = await this.data();
    const nest = (axis: number, start: number, length: number): NestedArray => {
      if (axis === this.rank) return values[start];
      const step = length / this.shape[axis];
      return Array.from({ length: this.shape[axis] }, (_, i) => nest(axis + 1, start + i * step, step));
    };
    return nest(0, 0, this.size);
  }

  /**
   * Computes d(this)/d(leaf) for every leaf that requires a gradient and adds it to the leaf's `grad`, which becomes a new tensor;
   * the one before is disposed. `gradient` (same shape) is the upstream gradient; it may be left out for a scalar.
   */
  backward(gradient?: Tensor, options: BackwardOptions = {}): void {
    backward(this, gradient, options);
  }

  /** The same values, off the tape. Shares the storage. */
  detach(): Tensor {
    this.assertAlive('detach');
    return new Tensor({ shape: this.shape, dtype: this.dtype, storage: this.storage.retain() });
  }

  /** Another handle on the same value and the same place on the tape; each handle is disposed by itself. */
  alias(): Tensor {
    this.assertAlive('alias');
    return new Tensor({ shape: this.shape, dtype: this.dtype, storage: this.storage.retain() }, this.gradientEdge());
  }

  /** The values on another device, off the tape; on the same device it shares the storage, as `detach()` does. */
  async toDevice(device: DeviceName): Promise<Tensor> {
    const backend = backendFor(device);
    if (backend === this.backend) return this.detach();
    return fromHost('toDevice', await this.data(), this.shape, this.dtype, backend);
  }

  /**
   * Calls `hook` with the gradient of this tensor when `backward()` or `grad()` has it complete.
   * A returned tensor (same shape and dtype) replaces the gradient. What the hook is given and makes is freed after it:
   * to hold the gradient, `keep(gradient.alias())`. Returns a function that removes the hook.
   */
  registerHook(hook: GradientHook): () => void {
    requireFunction('registerHook', 'hook', hook);
    if (!this.requiresGrad) throw new AutogradError('registerHook: the tensor does not require a gradient');
    const source = this.edge?.source ?? this;
    const hooks = source instanceof Tensor ? source.hooks : source.hooksOf(this.edge!.output);
    hooks.push(hook);
    return () => {
      const at = hooks.indexOf(hook);
      if (at >= 0) hooks.splice(at, 1);
    };
  }

  /** Drops the gradient. The default `null` is PyTorch's `set_to_none=True`. */
  zeroGrad(): void {
    this.grad?.dispose();
    this.grad = null;
  }

  /** Frees this handle; the memory goes when no other handle and no tape node needs it. Safe to call twice. */
  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    untrackTensor(this);
    this.storage.release();
    if (this.edge) releaseEdge(this.edge);
    this.zeroGrad();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Throws if the tensor was disposed; `op` is named in the message. */
  assertAlive(op: string): void {
    if (this.isDisposed) {
      throw new AutogradError(`${op}: a tensor of shape [${this.shape}] was used after dispose(), or after its scope() ended`);
    }
  }

  /** Where a gradient for this tensor goes; null if it wants none. Internal. */
  gradientEdge(): Edge | null {
    if (this.edge) return this.edge;
    return this.leafRequiresGrad ? { source: this, output: 0 } : null;
  }

  toString(): string {
    const origin = this.edge && !(this.edge.source instanceof Tensor) ? `, from ${this.edge.source.op.name}` : '';
    return `Tensor([${this.shape}], ${this.dtype}, ${this.device}${this.requiresGrad ? ', requiresGrad' : ''}${origin})`;
  }

  /** What `console.log` shows in Node. The values may still be on their way: `console.log(await t.toArray())`. */
  [INSPECT](): string {
    return String(this);
  }
}

/** Have both the same shape and dtype, and are they on the same device? */
export function isLike(a: Tensor, b: Tensor): boolean {
  return sameShape(a.shape, b.shape) && a.dtype === b.dtype && a.device === b.device;
}

/** `float32 [2,3] on cpu`, for a message. */
export function describeTensor({ dtype, shape, device }: Tensor): string {
  return `${dtype} [${shape}] on ${device}`;
}

/** Throws unless values of `dtype` can have a gradient. */
export function requireGradientDType(dtype: DType): void {
  if (dtype === 'int32') throw new DTypeError('requiresGrad: int32 tensors have no gradient');
}

/** Throws unless `value`, an argument of `op`, is a tensor. */
export function requireTensor(op: string, name: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor)) throw new TapegradError(`${op}: ${name} must be a tensor, got ${show(value)}; make one with tensor()`);
}

/** Throws unless all `values`, arguments of `op` by their names, are tensors. For functions that look at them before an op does. */
export function requireTensors(op: string, values: Readonly<Record<string, unknown>>): void {
  for (const name in values) requireTensor(op, name, values[name]);
}

/** Throws unless `values`, an argument of `op`, is an array of tensors. */
export function requireTensorArray(op: string, name: string, values: unknown): asserts values is readonly Tensor[] {
  requireArray(op, name, values);
  (values as unknown[]).forEach((value, i) => requireTensor(op, `${name}[${i}]`, value));
}

function requireNested(value: unknown): void {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return;
  throw new TapegradError(`tensor: values must be numbers, or nested arrays of numbers, got ${show(value)}`);
}

function flatten(value: NestedArray | ArrayLike<number>, out: number[], shape: number[], depth: number): void {
  if (typeof value === 'number') {
    if (depth !== shape.length) throw new ShapeError('tensor: nested arrays have unequal depths');
    out.push(value);
    return;
  }
  requireNested(value);
  if (depth === shape.length && out.length === 0) shape.push(value.length);
  else if (value.length !== shape[depth]) {
    throw new ShapeError(`tensor: nested arrays are ragged: axis ${depth} has extents ${shape[depth]} and ${value.length}`);
  }
  for (let i = 0; i < value.length; i++) flatten(value[i] as NestedArray, out, shape, depth + 1);
}

function fromHost(op: string, values: ArrayLike<number>, shape: Shape, dtype: DType, backend: Backend): Tensor {
  checkShape(op, shape);
  if (values.length !== sizeOf(shape)) {
    throw new ShapeError(`${op}: ${values.length} values do not fill the shape [${shape}] (${sizeOf(shape)} elements)`);
  }
  requireSupported(op, backend, dtype);
  let data: TypedArray;
  if (dtypeOf(values) === dtype) {
    data = values as TypedArray;
  } else {
    data = allocate(dtype, values.length);
    data.set(values);
    if (dtype === 'int32') {
      for (let i = 0; i < data.length; i++) {
        if (data[i] !== values[i]) throw new DTypeError(`${op}: value ${values[i]} at ${i} is not a 32-bit integer`);
      }
    }
  }
  return new Tensor({ shape, dtype, storage: backend.upload(op, data, { shape, dtype }) });
}

/**
 * Makes a tensor from nested arrays, or from flat values and a shape. PyTorch's name: `torch.tensor`.
 *
 *     tensor([[1, 2], [3, 4]], { requiresGrad: true })
 *     tensor(new Float32Array(6), [2, 3])
 *
 * Throws ShapeError for ragged arrays, or values that do not fill the shape.
 */
export function tensor(values: NestedArray | ArrayLike<number>, options?: TensorOptions): Tensor;
export function tensor(values: NestedArray | ArrayLike<number>, shape?: Shape, options?: TensorOptions): Tensor;
export function tensor(values: NestedArray | ArrayLike<number>, second?: Shape | TensorOptions, third?: TensorOptions): Tensor {
  const shape = Array.isArray(second) ? (second as Shape) : undefined;
  const options = third ?? (shape ? {} : ((second as TensorOptions | undefined) ?? {}));
  const { dtype: wanted, device, requiresGrad } = readOptions('tensor', options, TENSOR_DEFAULTS);
  const found: number[] = [];
  let flat: ArrayLike<number>;
  if (typeof values !== 'number' && typeof values?.[0] === 'number') {
    flat = values as ArrayLike<number>;
    const odd = Array.isArray(values) ? values.findIndex((value) => typeof value !== 'number') : -1;
    if (odd >= 0) {
      requireNested((values as NestedArray[])[odd]);
      throw new ShapeError('tensor: nested arrays have unequal depths');
    }
    found.push(flat.length);
  } else {
    const list: number[] = [];
    flatten(values, list, found, 0);
    flat = list;
  }
  const dtype = wanted ?? dtypeOf(values as ArrayLike<number>) ?? 'float32';
  if (requiresGrad) requireGradientDType(dtype);
  const backend = device ? backendFor(device) : defaultBackend();
  const made = fromHost('tensor', flat, shape ?? found, dtype, backend);
  if (requiresGrad) made.requiresGrad = true;
  return made;
}
