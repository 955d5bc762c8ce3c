import type { DeviceMemory } from '../deviceMemory.js';
import { type Time, failureOf, rotated, timed } from '../lanes.js';
import type { Contender } from './contender.js';

/** One training step. */
export interface Sample extends Time {
  /** 0 is the first step, which compiles and warms up; it is kept out of all statistics. */
  readonly round: number;
  readonly loss: number;
  /** Until the call first waited: where all of a step is queued without waiting, as here, JavaScript's whole share of it. */
  readonly scriptMilliseconds: number;
}

/** What a contender did. */
export interface Run {
  readonly name: string;
  readonly version: string;
  readonly samples: Sample[];
  /** The most bytes of GPU buffers it held at once, over preparation and all steps; null on the CPU. */
  peakDeviceBytes: number | null;
  /** Why it stopped early; its samples stay. */
  failure: string | null;
}

/** Contenders whose first step takes longer than this are measured in one round only. */
const PATIENCE_MILLISECONDS = 30_000;

/**
 * Measures the contenders side by side in this process: after a first step of each, `rounds` rounds of one step each.
 * Whatever else the machine does then falls on all alike, and each round gives one ratio. The order rotates.
 * `memory` counts buffers; null on the CPU.
 */
export async function race(
  contenders: readonly Contender[], rounds: number, memory: DeviceMemory | null, onSample: (run: Run, sample: Sample) => void,
): Promise<Run[]> {
  const lanes: { contender: Contender; run: Run }[] = [];
  for (const contender of contenders) {
    const { name, version } = contender;
    memory?.charge(name);
    const failure = await failureOf(() => contender.prepare());
    lanes.push({ contender, run: { name, version, samples: [], peakDeviceBytes: null, failure } });
  }
  for (let round = 0; round <= rounds; round++) {
    for (const { contender, run } of rotated(lanes, round)) {
      if (run.failure || (round > 1 && run.samples[0].milliseconds > PATIENCE_MILLISECONDS)) continue;
      memory?.charge(run.name);
      run.failure = await failureOf(async () => {
        const sample = await measure(contender, round);
        run.samples.push(sample);
        onSample(run, sample);
      });
    }
  }
  for (const { contender, run } of lanes) {
    run.peakDeviceBytes = memory?.holdingsOf(run.name).peakBytes ?? null;
    if (!run.failure) contender.dispose();
  }
  return lanes.map(({ run }) => run);
}

async function measure(contender: Contender, round: number): Promise<Sample> {
  let loss = NaN;
  let scriptMilliseconds = NaN;
  const time = await timed(async () => {
    const began = performance.now();
    const pending = contender.step();
    scriptMilliseconds = performance.now() - began;
    loss = await pending;
  });
  return { round, loss, scriptMilliseconds, ...time };
}
