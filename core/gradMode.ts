import { AutogradError } from './errors.js';

/** A call of `withGrad` that has not ended, and the one around it. */
interface Mode {
  readonly enabled: boolean;
  outer: Mode | null;
}

let innermost: Mode | null = null;

export function isGradEnabled(): boolean {
  return innermost?.enabled ?? true;
}

/** Ends `mode`. Asynchronous ones that overlap would each switch the other's recording: that is an error, and no mode outlives its call. */
function end(mode: Mode): void {
  if (innermost === mode) {
    innermost = mode.outer;
    return;
  }
  for (let inner = innermost; inner; inner = inner.outer) if (inner.outer === mode) inner.outer = mode.outer;
  throw new AutogradError('noGrad: noGrad() or enableGrad() ended out of order; await an async one before starting another');
}

/** Runs `body` with recording switched on or off, and puts the switch back: at once, or when its promise settles. */
export function withGrad<T>(enabled: boolean, body: () => T): T {
  const mode: Mode = { enabled, outer: innermost };
  innermost = mode;
  let result: T;
  try {
    result = body();
  } catch (error) {
    end(mode);
    throw error;
  }
  if (result instanceof Promise) return result.finally(() => end(mode)) as T;
  end(mode);
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
