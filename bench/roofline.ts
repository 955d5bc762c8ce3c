import { DeviceError } from '../core/errors.js';
import type { Cost } from '../core/op.js';
import type { Bench } from './device.js';
import { meet } from './measure.js';
import { PreparedCall } from './preparedCall.js';
import { fmaRows, memoryRows } from './probes.js';
import { type Row, costOf } from './rows.js';
import { medianOf } from './statistics.js';
import { sampleOnDevice } from './timing.js';

/** One probe: its instruction mix, and what it reached. */
export interface ProbeResult {
  readonly id: string;
  readonly kind: 'fma' | 'copy' | 'read' | 'write';
  /** What it reads, or writes if it reads nothing; 0 for multiply-adds. */
  readonly bytes: number;
  readonly microseconds: number;
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
}

/** What this device can do at most, as measured by probes. */
export interface Roofline {
  /** The fastest mix of multiply-adds. */
  readonly gflops: number;
  /** The fastest copy of each size, the smallest first; bytes read plus bytes written a second. */
  readonly copies: readonly { bytes: number; gigabytesPerSecond: number }[];
  /** Nothing moved bytes faster, whether copying, reading or writing, at any size. */
  readonly ceilingGigabytesPerSecond: number;
  readonly probes: readonly ProbeResult[];
}

/** Measures the probes. Throws if one computes something wrong: then the device is not to be trusted with anything. */
export async function measureRoofline(bench: Bench, millisecondsPerProbe: number): Promise<Roofline> {
  const { family } = bench.backend;
  const probes: ProbeResult[] = [];
  for (const row of fmaRows(family)) {
    await verifyProbe(bench, row);
    probes.push(await measureProbe(bench, row, 'fma', 0, millisecondsPerProbe));
  }
  const verified = new Set<string>();
  for (const { row, kind, bytes } of memoryRows(family)) {
    if (!verified.has(row.op.name)) await verifyProbe(bench, row); // at the smallest size; it is the same kernel at all
    verified.add(row.op.name);
    probes.push(await measureProbe(bench, row, kind, bytes, millisecondsPerProbe));
  }
  return rooflineOf(probes);
}

async function verifyProbe(bench: Bench, row: Row): Promise<void> {
  const { problem } = await meet(bench, row);
  if (problem) throw new DeviceError(`bench: ${row.id} computes something wrong on this adapter: ${problem}`);
}

async function measureProbe(bench: Bench, row: Row, kind: ProbeResult['kind'], bytes: number, milliseconds: number): Promise<ProbeResult> {
  const call = await PreparedCall.create(bench.backend, bench.compiler.pipelines, row, 1);
  const samples = await sampleOnDevice(bench.clock, (pass, repeats) => call.encode(pass, repeats), milliseconds);
  call.dispose();
  const microseconds = medianOf(samples.microseconds);
  return { id: row.id, kind, bytes, microseconds, ...speedOf(costOf(row), microseconds) };
}

export function rooflineOf(probes: readonly ProbeResult[]): Roofline {
  const sizes = [...new Set(probes.filter(({ kind }) => kind === 'copy').map(({ bytes }) => bytes))].sort((a, b) => a - b);
  const best = (kinds: readonly string[], pick: (probe: ProbeResult) => number, bytes?: number) =>
    Math.max(...probes.filter((probe) => kinds.includes(probe.kind) && (bytes === undefined || probe.bytes === bytes)).map(pick));
  const speed = ({ gigabytesPerSecond }: ProbeResult) => gigabytesPerSecond;
  return {
    gflops: best(['fma'], ({ gflops }) => gflops),
    copies: sizes.map((bytes) => ({ bytes, gigabytesPerSecond: best(['copy'], speed, bytes) })),
    ceilingGigabytesPerSecond: best(['copy', 'read', 'write'], speed),
    probes,
  };
}

/** Operations and bytes a second of work that takes `microseconds`. */
export function speedOf({ flops, bytes }: Cost, microseconds: number): { gflops: number; gigabytesPerSecond: number } {
  return { gflops: flops / microseconds / 1000, gigabytesPerSecond: bytes / microseconds / 1000 };
}

/**
 * The bandwidth that the best copy reaches when source and target together hold `bytes`: between measured sizes on a straight
 * line over the logarithm of the size, beyond them that of the nearest. Small calls stay in caches, and are not free to launch.
 */
export function bandwidthAt({ copies }: Roofline, bytes: number): number {
  const above = copies.findIndex((copy) => 2 * copy.bytes >= bytes);
  if (above === 0) return copies[0].gigabytesPerSecond;
  if (above < 0) return copies[copies.length - 1].gigabytesPerSecond;
  const [low, high] = [copies[above - 1], copies[above]];
  const share = Math.log(bytes / (2 * low.bytes)) / Math.log(high.bytes / low.bytes);
  return low.gigabytesPerSecond + share * (high.gigabytesPerSecond - low.gigabytesPerSecond);
}

/** How a measured time relates to the roofline. */
export interface RooflineShare {
  /** The time that the roofline allows, over the time measured. */
  readonly share: number;
  readonly bound: 'compute' | 'memory';
  /** Faster than any probe: the compiler, or the kernel, has left work out. */
  readonly deadWork: boolean;
}

/** Rows and probes are medians with noise of their own; dead work exceeds the ceiling by more. */
const ABOVE_CEILING = 1.1;

/** `bandwidth` in GB/s: `bandwidthAt` the call's size for hot buffers, that of the largest copy for cold ones. */
export function shareOf(roofline: Roofline, cost: Cost, microseconds: number, bandwidth: number): RooflineShare {
  const { gflops, gigabytesPerSecond } = speedOf(cost, microseconds);
  const compute = gflops / roofline.gflops;
  const memory = gigabytesPerSecond / bandwidth;
  const ceiling = gigabytesPerSecond / roofline.ceilingGigabytesPerSecond;
  return {
    share: Math.max(compute, memory),
    bound: compute > memory ? 'compute' : 'memory',
    deadWork: Math.max(compute, ceiling) > ABOVE_CEILING,
  };
}
