import { medianOf } from './statistics.js';

/** Work of one compute pass. */
export type Encode = (pass: GPUComputePassEncoder) => void;

export type ClockMethod = 'gpu timestamps' | 'wall clock' | 'processor time';

/** What `openClock` found out. Times in microseconds. */
export interface ClockReport {
  readonly method: ClockMethod;
  /** Why it is not GPU timestamps; else null. */
  readonly reason: string | null;
  /** The smallest difference that the clock shows. */
  readonly quantum: number;
  /** A sample must be at least this long: 100 quanta, and on the wall clock 50 times the way to the device and back. */
  readonly shortestSample: number;
  /** An empty submission, until the device says that it is done. */
  readonly roundTrip: number;
}

/** Tells how long compute passes take on the device. */
export interface Clock extends ClockReport {
  /** Runs one pass after another and gives the microseconds of each. */
  measure(passes: readonly Encode[]): Promise<number[]>;
  /** Microseconds since some moment, for work that is not a pass. */
  now(): number;
}

const wallNow = () => 1000 * performance.now();

const QUANTA = 100;
/** The round trip is part of every sample on the wall clock; it must stay within 2 % of it. */
const ROUND_TRIPS = 50;
const MOST_PASSES = 64;
/** GPU timestamps and the wall clock must tell the same story, to this share. */
const DISAGREEMENT = 0.2;

/**
 * The better clock of a device: GPU timestamps where it has them and they agree with the wall clock on `reference`, a pass that
 * should take `referenceLength` microseconds or more; else the wall clock around a submission.
 */
export async function openClock(device: GPUDevice, reference: (repeats: number) => Encode): Promise<Clock> {
  const wall = await openWallClock(device);
  if (!device.features.has('timestamp-query')) return { ...wall, reason: 'the device has no timestamp-query' };
  const gpu = await openTimestamps(device, reference, wall.roundTrip);
  const problem = await disagreement(gpu, wall, reference);
  return problem === null ? gpu : { ...wall, reason: problem };
}

async function openWallClock(device: GPUDevice): Promise<Clock> {
  return openHostClock(device, { method: 'wall clock', reason: null }, wallNow);
}

/** A clock of the host, read before and after each submission. */
export async function openHostClock(device: GPUDevice, kind: Pick<ClockReport, 'method' | 'reason'>, now: () => number): Promise<Clock> {
  const { queue } = device;
  const measure = async (passes: readonly Encode[]): Promise<number[]> => {
    const times: number[] = [];
    for (const encode of passes) {
      const commands = encodePasses(device, [encode], null).finish();
      const began = now();
      queue.submit([commands]);
      await queue.onSubmittedWorkDone();
      times.push(now() - began);
    }
    return times;
  };
  const roundTrip = medianOf(await measure(Array.from({ length: 20 }, () => () => {})));
  const quantum = quantumOf(now);
  return { ...kind, quantum, roundTrip, shortestSample: Math.max(QUANTA * quantum, ROUND_TRIPS * roundTrip), measure, now };
}

/** The smallest step that is seen: browsers coarsen `performance.now()` to 5 to 100 microseconds. */
function quantumOf(now: () => number): number {
  let quantum = Infinity;
  for (let i = 0; i < 50; i++) {
    const began = now();
    let later = began;
    while (later === began) later = now();
    quantum = Math.min(quantum, later - began);
  }
  return quantum;
}

async function openTimestamps(device: GPUDevice, reference: (repeats: number) => Encode, roundTrip: number): Promise<Clock> {
  const bytes = 16 * MOST_PASSES;
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 * MOST_PASSES });
  const resolved = device.createBuffer({ label: 'timestamps', size: bytes, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  const staging = device.createBuffer({ label: 'timestamps', size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });

  const measure = async (passes: readonly Encode[]): Promise<number[]> => {
    if (passes.length > MOST_PASSES) return [...(await measure(passes.slice(0, MOST_PASSES))), ...(await measure(passes.slice(MOST_PASSES)))];
    const encoder = encodePasses(device, passes, querySet);
    encoder.resolveQuerySet(querySet, 0, 2 * passes.length, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16 * passes.length);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ, 0, 16 * passes.length);
    const nanoseconds = new BigUint64Array(staging.getMappedRange(0, 16 * passes.length).slice(0));
    staging.unmap();
    return passes.map((_, i) => Number(nanoseconds[2 * i + 1] - nanoseconds[2 * i]) / 1000);
  };

  const quantum = await timestampQuantum(measure, reference);
  return { method: 'gpu timestamps', reason: null, quantum, roundTrip, shortestSample: QUANTA * quantum, measure, now: wallNow };
}

/** The smallest difference between passes of growing length. Dawn, and with it Chrome, rounds to 2^16 nanoseconds. */
async function timestampQuantum(measure: Clock['measure'], reference: (repeats: number) => Encode): Promise<number> {
  const times = await measure(Array.from({ length: MOST_PASSES }, (_, i) => reference(1 + (i % 8))));
  const sorted = [0, ...times].sort((a, b) => a - b);
  const steps = sorted.map((time, i) => time - sorted[i - 1]).filter((step) => step > 0);
  return Math.min(...steps);
}

/** Null, or how far the two clocks are apart on a pass long enough for both. */
async function disagreement(gpu: Clock, wall: Clock, reference: (repeats: number) => Encode): Promise<string | null> {
  let repeats = 1;
  let [time] = await wall.measure([reference(repeats)]);
  while (time < Math.max(gpu.shortestSample, wall.shortestSample) && repeats < 1 << 16) {
    repeats *= 2;
    [time] = await wall.measure([reference(repeats)]);
  }
  const rounds: { gpu: number; wall: number }[] = [];
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    const [onGpu] = await gpu.measure([reference(repeats)]);
    rounds.push({ gpu: onGpu, wall: 1000 * (performance.now() - began) });
  }
  // A busy machine makes the wall clock's interval longer, never shorter.
  const ratio = Math.max(...rounds.map((round) => round.gpu / round.wall));
  if (ratio > 1 - DISAGREEMENT && ratio < 1 + DISAGREEMENT) return null;
  return `GPU timestamps show ${ratio.toFixed(2)} times what the wall clock does`;
}

function encodePasses(device: GPUDevice, passes: readonly Encode[], querySet: GPUQuerySet | null): GPUCommandEncoder {
  const encoder = device.createCommandEncoder();
  passes.forEach((encode, i) => {
    const timestampWrites = querySet && { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
    const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
    encode(pass);
    pass.end();
  });
  return encoder;
}
