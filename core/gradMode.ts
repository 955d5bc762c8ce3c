import { endNested, leaveNested } from './nesting.js';
import { requireFunction } from './options.js';

/** Calls of `withGrad` that have not ended, the innermost last. */
const modes: { readonly enabled: boolean }[] = [];

export function isGradEnabled(): boolean {
  return modes.at(-1)?.enabled ?? true;
}

/**
 * Runs `body` with recording switched on or off, and puts the switch back: at once, or when its promise settles. Until then it holds
 * for all code, not for `body` alone: await it before anything else.
 */
export function withGrad<T>(enabled: boolean, body: () => T): T {
  requireFunction(enabled ? 'enableGrad' : 'noGrad', 'body', body);
  const mode = { enabled };
  modes.push(mode);
  const end = <Value>(value: Value): Value => {
    endNested('noGrad: noGrad() or enableGrad()', modes, mode);
    return value;
  };
  const fail = (error: unknown): never => {
    leaveNested(modes, mode);
    throw error;
  };
  let result: T;
  try {
    result = body();
  } catch (error) {
    return fail(error);
  }
  return result instanceof Promise ? (result.then(end, fail) as T) : end(result);
}

/**
 * Runs `body` (synchronous or not) without recording. PyTorch's name: `torch.no_grad`, which holds for a thread; here an asynchronous
 * one holds for whatever runs until its promise settles.
 */
export function noGrad<T>(body: () => T): T {
  return withGrad(false, body);
}

/** Runs `body` with recording on, inside `noGrad` too. PyTorch's name: `torch.enable_grad`. */
export function enableGrad<T>(body: () => T): T {
  return withGrad(true, body);
}
