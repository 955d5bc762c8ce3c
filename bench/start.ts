import { init } from '../index.js';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import { UsageError } from '../examples/commandLine.js';
import { type Bench, openBench } from './device.js';
import { describeEnvironment } from './environment.js';
import { CLOCKS, type ClockChoice } from './processorClock.js';
import { ROUNDS, type Step } from './run.js';
import type { Environment } from './stamp.js';
import { duration } from './text.js';

/**
 * Opens the adapter with the clock asked for, and says where and of what will be measured: now, as the working tree may change
 * meanwhile. Throws UsageError if that clock cannot tell the adapter's time.
 */
export async function startBench(clock: ClockChoice): Promise<{ bench: Bench; environment: Environment }> {
  const adapter = (await init({ device: 'webgpu' })).backend as WebGpuBackend;
  if (clock === 'processor' && adapter.family !== 'software') {
    throw new UsageError(`--clock processor is for adapters that run on the processor; ${adapter.description} does not`);
  }
  const environment = describeEnvironment(adapter.description, adapter.device);
  console.error(`measuring what ${adapter.description} can do at most`);
  return { bench: await openBench(adapter, CLOCKS[clock]), environment };
}

/** Says on stderr how far a run is. */
export function sayStep({ round, position, total, name, problem, microseconds }: Step): void {
  console.error(`round ${round + 1}/${ROUNDS}, ${position}/${total}: ${name}: ${microseconds === null ? problem : duration(microseconds)}`);
}
