import { isFloat } from './dtype.js';
import { NonFiniteError } from './errors.js';
import { observeOps } from './observe.js';
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

/** Queues a check of one output of `op`. */
function checkFinite(watch: Watch, op: Op, output: Tensor): void {
  if (!isFloat(output.dtype)) return;
  const shape = output.shape;
  const values = output.backend.read(output.storage);
  watch.checks = watch.checks.then(async () => {
    const index = (await values).findIndex((value) => !Number.isFinite(value));
    if (index >= 0 && !watch.fault) {
      watch.fault = new NonFiniteError(
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
  const watch: Watch = { checks: Promise.resolve(), fault: null };
  const stop = observeOps((op, outputs) => outputs.forEach((output) => checkFinite(watch, op, output)));
  try {
    return await body();
  } finally {
    stop();
    await watch.checks;
    if (watch.fault) throw watch.fault;
  }
}
