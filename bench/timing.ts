import type { Clock } from './clock.js';
import { medianOf, summaryOf } from './statistics.js';

/** Microseconds of one repetition, each the mean over `repeats` of them. */
export interface Samples {
  readonly repeats: number;
  readonly microseconds: number[];
}

/** Below this, more samples of the same round would tell nothing new. */
const NOISE = 0.02;
const SAMPLES_FOR_NOISE = 5;
const MOST_REPEATS = 1 << 16;
/** Passes that are submitted together, so that the device does not idle in between: as many as fit in this time. */
const SUBMISSION_MICROSECONDS = 50_000;
const MOST_PASSES = 16;

/**
 * Times work that `encode` puts into a pass `repeats` times. After a warm-up, `repeats` grows until a sample is long enough for
 * the clock; then samples are taken until their noise is below 2 % or `milliseconds` are over, one in any case.
 */
export async function sampleOnDevice(
  clock: Clock, encode: (pass: GPUComputePassEncoder, repeats: number) => void, milliseconds: number,
): Promise<Samples> {
  const measure = (repeats: number, passes: number) =>
    clock.measure(Array.from({ length: passes }, () => (pass: GPUComputePassEncoder) => encode(pass, repeats)));
  await measure(1, 1);

  const began = performance.now();
  let repeats = 1;
  let [length] = await measure(repeats, 1);
  while (length < clock.shortestSample && repeats < MOST_REPEATS) {
    // Short passes are measured badly: no more than tenfold at once, and a little more than seems enough.
    const wanted = Math.ceil((1.1 * repeats * clock.shortestSample) / Math.max(length, clock.quantum));
    repeats = Math.min(MOST_REPEATS, Math.max(repeats + 1, Math.min(10 * repeats, wanted)));
    length = medianOf(await measure(repeats, 3));
  }
  const passes = Math.max(1, Math.min(MOST_PASSES, Math.floor(SUBMISSION_MICROSECONDS / length)));
  const microseconds: number[] = [];
  await until(microseconds, began + milliseconds, async () => {
    for (const time of await measure(repeats, passes)) microseconds.push(time / repeats);
  });
  return { repeats, microseconds };
}

/** Times `action` call by call, after one to warm up. */
export async function sampleOnHost({ now }: Clock, action: () => Promise<void>, milliseconds: number): Promise<Samples> {
  await action();
  const began = performance.now();
  const microseconds: number[] = [];
  await until(microseconds, began + milliseconds, async () => {
    const start = now();
    await action();
    microseconds.push(now() - start);
  });
  return { repeats: 1, microseconds };
}

async function until(samples: readonly number[], deadline: number, more: () => Promise<void>): Promise<void> {
  do await more();
  while (performance.now() < deadline && !(samples.length >= SAMPLES_FOR_NOISE && summaryOf(samples).noise < NOISE));
}
