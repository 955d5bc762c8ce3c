import { endNested } from './nesting.js';

/** Calls of `withGrad` that have not ended, the innermost last. */
const modes: { readonly enabled: boolean }[] = [];

export function isGradEnabled(): boolean {
  return modes.at(-1)?.enabled ?? true;
}

/** Runs `body` with recording switched on or off, and puts the switch back: at once, or when its promise settles. */
export function withGrad<T>(enabled: boolean, body: () => T): T {
  const mode = { enabled };
  modes.push(mode);
  const end = () => endNested('noGrad: noGrad() or enableGrad()', modes, mode);
  let result: T;
  try {
    result = body();
  } catch (error) {
    end();
    throw error;
  }
  if (result instanceof Promise) return result.finally(end) as T;
  end();
  return result;
}

/** Runs `body` (synchronous or not) without recording. PyTorch's name: `torch.no_grad`. */
export function noGrad<T>(body: () => T): T {
  return withGrad(false, body);
}

/** Runs `body` with recording on, inside `noGrad` too. PyTorch's name: `torch.enable_grad`. */
export function enableGrad<T>(body: () => T): T {
  return withGrad(true, body);
}
