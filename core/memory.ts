import type { Storage } from './storage.js';
import { initializedBackends } from './device.js';
import { endNested, leaveNested } from './nesting.js';
import { requireFunction } from './options.js';
import { type Tensor, requireTensor } from './tensor.js';

/** What the engine holds at this moment. */
export interface MemoryReport {
  /** Tensor handles neither disposed nor collected. */
  liveTensors: number;
  /** Bytes of live storages, all devices. */
  liveBytes: number;
  /** Bytes kept for reuse. */
  pooledBytes: number;
  /** The most that live and pooled bytes have been together; with several devices, the sum of what each had at most. */
  peakBytes: number;
}

/** Tensors made since the innermost `scope()` began, and still alive. */
type Scope = Set<Tensor>;

const scopes: Scope[] = [];
const scopeOf = new WeakMap<Tensor, Scope>();
let liveTensors = 0;

/** What has to be given back if a handle is collected without having been disposed. */
interface Remains {
  storage: Storage;
  made: string | undefined;
}

let leakListener: ((stack: string) => void) | null = null;

/**
 * The net under it all: a handle that was never disposed gives its memory back when JavaScript collects it. The node that it came
 * from is collected with it, unless something else leads there; see core/tape.ts.
 */
const net = new FinalizationRegistry<Remains>(({ storage, made }) => {
  liveTensors--;
  if (made) leakListener?.(made);
  storage.release();
});

/**
 * Calls `listener` with the creation stack of every tensor that was collected without `dispose()` or `scope()`.
 * Costs a stack trace a tensor; null switches it off.
 */
export function reportLeaks(listener: ((stack: string) => void) | null): void {
  if (listener !== null) requireFunction('reportLeaks', 'listener', listener);
  leakListener = listener;
}

/** Internal: called by the Tensor constructor. */
export function trackTensor(t: Tensor): void {
  liveTensors++;
  const made = leakListener ? new Error(`tensor [${t.shape}] ${t.dtype}`).stack : undefined;
  net.register(t, { storage: t.storage, made }, t);
  const scope = scopes.at(-1);
  if (scope) {
    scope.add(t);
    scopeOf.set(t, scope);
  }
}

/** Internal: called by `Tensor.dispose`. */
export function untrackTensor(t: Tensor): void {
  liveTensors--;
  net.unregister(t);
  scopeOf.get(t)?.delete(t);
}

/** Takes a tensor out of the scope that made it: it lives until it is disposed. */
export function keep<T extends Tensor>(t: T): T {
  requireTensor('keep', 't', t);
  scopeOf.get(t)?.delete(t);
  scopeOf.delete(t);
  return t;
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'storage' in value && 'gradientEdge' in value;
}

/** Tensors in a returned value: itself, or inside arrays, maps and plain objects; `seen` are those looked into already. */
function* tensorsIn(value: unknown, seen = new Set<object>()): Generator<Tensor> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (isTensor(value)) yield value;
  else if (Array.isArray(value) || value instanceof Map || value instanceof Set) {
    for (const entry of value.values()) yield* tensorsIn(entry, seen);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const entry of Object.values(value)) yield* tensorsIn(entry, seen);
  }
}

function freeAll(scope: Scope): void {
  for (const t of scope) t.dispose();
}

/** Gives what `result` holds to the scope around, and frees the rest; where scopes overlap, all. */
function endScope<T>(scope: Scope, result: T): T {
  try {
    endNested('scope: scopes', scopes, scope);
    const outer = scopes.at(-1);
    for (const t of tensorsIn(result)) {
      if (!scope.delete(t)) continue;
      if (outer) {
        outer.add(t);
        scopeOf.set(t, outer);
      } else {
        scopeOf.delete(t);
      }
    }
  } finally {
    freeAll(scope);
  }
  return result;
}

/** Ends a scope whose body failed. */
function failScope(scope: Scope, error: unknown): never {
  leaveNested(scopes, scope);
  freeAll(scope);
  throw error;
}

/**
 * Runs `body`, synchronous or asynchronous, and disposes every tensor made inside that is not returned.
 * Gradients of leaves and parameters survive, and so does what was given to `keep()`.
 * Until the promise of an asynchronous one settles, it takes in whatever is made, elsewhere too: await it before anything else.
 */
export function scope<T>(body: () => T): T {
  requireFunction('scope', 'body', body);
  const made: Scope = new Set();
  scopes.push(made);
  let result: T;
  try {
    result = body();
  } catch (error) {
    return failScope(made, error);
  }
  if (!(result instanceof Promise)) return endScope(made, result);
  return result.then((value) => endScope(made, value), (error) => failScope(made, error)) as T;
}

/** Live tensors, and live, pooled and peak bytes over all devices in use. */
export function memory(): MemoryReport {
  const report: MemoryReport = { liveTensors, liveBytes: 0, pooledBytes: 0, peakBytes: 0 };
  for (const backend of initializedBackends()) {
    const part = backend.memory();
    report.liveBytes += part.liveBytes;
    report.pooledBytes += part.pooledBytes;
    report.peakBytes += part.peakBytes;
  }
  return report;
}
