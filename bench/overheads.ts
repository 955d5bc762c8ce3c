import { scope } from '../core/memory.js';
import { noGrad } from '../core/gradMode.js';
import { tensor } from '../index.js';
import type { Bench } from './device.js';
import { PreparedCall } from './preparedCall.js';
import { smallestRow } from './probes.js';
import { medianOf } from './statistics.js';
import { sampleOnDevice } from './timing.js';

/** What everything costs besides the kernels themselves, in microseconds. */
export interface Overheads {
  /** One more dispatch in a pass, of a kernel that does next to nothing. */
  readonly dispatch: number;
  /** An empty submission, until the device says that it is done. */
  readonly roundTrip: number;
  /** One op in JavaScript: shape rule, plan, memory, recording, encoding; nothing is waited for. */
  readonly opCall: number;
  /** Reading a tensor of one element, computed by one op. */
  readonly read: number;
  /** A buffer of 16 MiB that the device has not had before, and one that the pool has kept. */
  readonly freshBuffer: number;
  readonly pooledBuffer: number;
}

const ALLOCATION = { shape: [2 ** 22], dtype: 'float32' } as const;
const CALLS = 512;

export async function measureOverheads(bench: Bench): Promise<Overheads> {
  const { backend, clock, compiler } = bench;
  const call = await PreparedCall.create(backend, compiler.pipelines, smallestRow, 1);
  const dispatches = await sampleOnDevice(clock, (pass, repeats) => call.encode(pass, repeats), 100);
  call.dispose();

  const fresh: number[] = [];
  const pooled: number[] = [];
  for (let i = 0; i < 5; i++) {
    await backend.synchronize();
    backend.emptyPool();
    for (const times of [fresh, pooled]) {
      const began = performance.now();
      const storage = backend.allocate('bench', ALLOCATION);
      await storage.block.pending;
      times.push(1000 * (performance.now() - began));
      storage.release();
    }
  }
  return {
    dispatch: medianOf(dispatches.microseconds), roundTrip: clock.roundTrip, ...(await engineOverheads(bench)),
    freshBuffer: medianOf(fresh), pooledBuffer: medianOf(pooled),
  };
}

function engineOverheads({ backend }: Bench): Promise<Pick<Overheads, 'opCall' | 'read'>> {
  return scope(async () => {
    const x = tensor([1], { device: 'webgpu' });
    const calls: number[] = [];
    const reads: number[] = [];
    for (let round = 0; round < 10; round++) {
      await noGrad(() => x.neg()).item(); // warm, and an empty queue
      let began = performance.now();
      scope(() => noGrad(() => {
        for (let i = 0; i < CALLS; i++) x.neg();
      }));
      calls.push((1000 * (performance.now() - began)) / CALLS);
      await backend.synchronize();
      began = performance.now();
      await scope(() => noGrad(() => x.neg()).item());
      reads.push(1000 * (performance.now() - began));
    }
    return { opCall: medianOf(calls), read: medianOf(reads) };
  });
}
