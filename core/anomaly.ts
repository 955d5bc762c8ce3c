import { isFloat } from './dtype.js';
import { NonFiniteError } from './errors.js';
import { observeOps } from './observe.js';
import type { Op } from './op.js';
import { requireFunction } from './options.js';
import type { Tensor } from './tensor.js';

/*
 * Anomaly mode reads every float result back and remembers the first that is not finite. Reading is asynchronous,
 * so the fault surfaces where the user next waits: at the end of `detectAnomaly`. Slow on purpose; for diagnosis.
 */

interface Watch {
  checks: Promise<void>;
  /** The first result that is not finite, or the first that could not be read. */
  fault: unknown;
}

/** Queues a check of one output of `op`. */
function checkFinite(watch: Watch, op: Op, output: Tensor): void {
  if (!isFloat(output.dtype)) return;
  const shape = output.shape;
  const check = output.backend.read(output.storage).then(
    (values) => {
      const index = values.findIndex((value) => !Number.isFinite(value));
      if (index < 0) return null;
      return new NonFiniteError(`${op.name}: the first result that is not finite: element ${index} of shape [${shape}] is ${values[index]}`);
    },
    (error: unknown) => error, // a lost device, say
  );
  watch.checks = watch.checks.then(async () => {
    const fault = await check;
    watch.fault ??= fault;
  });
}

/**
 * Runs `body` and throws NonFiniteError naming the first op (forward or backward) whose result is not finite.
 * PyTorch's name: `torch.autograd.detect_anomaly`.
 */
export async function detectAnomaly<T>(body: () => T | Promise<T>): Promise<T> {
  requireFunction('detectAnomaly', 'body', body);
  const watch: Watch = { checks: Promise.resolve(), fault: null };
  const stop = observeOps((op, outputs) => outputs.forEach((output) => checkFinite(watch, op, output)));
  let failure: { error: unknown } | null = null;
  let result: T | undefined;
  try {
    result = await body();
  } catch (error) {
    failure = { error };
  }
  stop();
  await watch.checks;
  if (watch.fault instanceof NonFiniteError) throw watch.fault; // it may be what made the body fail
  if (failure) throw failure.error;
  if (watch.fault) throw watch.fault;
  return result as T;
}
