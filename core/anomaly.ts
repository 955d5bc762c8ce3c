import { isFloat } from './dtype.js';
import { NonFiniteError } from './errors.js';
import type { Op } from './op.js';
import type { Tensor } from './tensor.js';

/*
 * Anomaly mode reads every float result back and remembers the first that is not finite. Reading is asynchronous,
 * so the fault surfaces where the user next waits: at the end of `detectAnomaly`. Slow on purpose; for diagnosis.
 */

interface Watch {
  checks: Promise<void>;
  fault: NonFiniteError | null;
}

let watch: Watch | null = null;

export function isAnomalyModeOn(): boolean {
  return watch !== null;
}

/** Queues a check of one output of `op`. Internal. */
export function checkFinite(op: Op, output: Tensor): void {
  if (!watch || !isFloat(output.dtype)) return;
  const current = watch;
  const shape = output.shape;
  const values = output.backend.read(output.storage);
  current.checks = current.checks.then(async () => {
    const index = (await values).findIndex((value) => !Number.isFinite(value));
    if (index >= 0 && !current.fault) {
      current.fault = new NonFiniteError(
        `${op.name}: the first result that is not finite: element ${index} of shape [${shape}] is ${(await values)[index]}`,
      );
    }
  });
}

/**
 * Runs `body` and throws NonFiniteError naming the first op (forward or backward) whose result is not finite.
 * PyTorch's name: `torch.autograd.detect_anomaly`.
 */
export async function detectAnomaly<T>(body: () => T | Promise<T>): Promise<T> {
  const mine: Watch = { checks: Promise.resolve(), fault: null };
  const outer = watch;
  watch = mine;
  try {
    return await body();
  } finally {
    watch = outer;
    await mine.checks;
    if (mine.fault) throw mine.fault;
  }
}
