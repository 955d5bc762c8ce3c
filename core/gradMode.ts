let gradEnabled = true;

export function isGradEnabled(): boolean {
  return gradEnabled;
}

/** Runs `body` with recording switched on or off, and puts the switch back: at once, or when its promise settles. */
export function withGrad<T>(enabled: boolean, body: () => T): T {
  const before = gradEnabled;
  gradEnabled = enabled;
  const restore = () => {
    gradEnabled = before;
  };
  let result: T;
  try {
    result = body();
  } catch (error) {
    restore();
    throw error;
  }
  if (result instanceof Promise) return result.finally(restore) as T;
  restore();
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
