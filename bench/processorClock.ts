import { availableParallelism } from 'node:os';
import { type Clock, openClock, openHostClock } from './clock.js';
import type { OpenClock } from './device.js';

/**
 * Processor time of all threads of this process, divided by the number of cores: what a software adapter would take if nobody else wanted the
 * processor. On a busy machine it is much steadier than any other clock; on a GPU it says nothing.
 */
export async function openProcessorClock(device: GPUDevice): Promise<Clock> {
  const cores = availableParallelism();
  const now = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / cores;
  };
  return openHostClock(device, { method: 'processor time', reason: `asked for; of all threads, divided by ${cores} cores` }, now);
}

export type ClockChoice = 'auto' | 'processor';

/** `auto` takes the device's own clock where it can. */
export const CLOCKS: Record<ClockChoice, OpenClock> = { auto: openClock, processor: openProcessorClock };
