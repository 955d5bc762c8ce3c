import { DeviceError } from '../core/errors.js';
import type { Cost } from '../core/op.js';
import type { Bench } from './device.js';
import { meet } from './measure.js';
import { PreparedCall } from './preparedCall.js';
import { fmaRows, memoryRows } from './probes.js';
import type { Drift } from './record.js';
import { type Row, costOf } from './rows.js';
import { medianOf } from './statistics.js';
import { sampleOnDevice } from './timing.js';

/** A probe: its instruction mix, and what it reached. */
export interface ProbeResult {
  readonly id: string;
  readonly kind: 'fma' | 'copy' | 'read' | 'write';
  /** What it reads, or writes if it reads nothing; 0 for multiply-adds. */
  readonly bytes: number;
  readonly microseconds: number;
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
}

/** What this device can do at most: medians of probes over the whole run. */
export interface Roofline {
  /** The fastest mix of multiply-adds. */
  readonly gflops: number;
  /** The fastest copy of each size, the smallest first; bytes read plus bytes written a second. */
  readonly copies: readonly { bytes: number; gigabytesPerSecond: number }[];
  /** What no probe exceeded in any round, whether copying, reading or writing, at any size. */
  readonly ceilingGigabytesPerSecond: number;
  /** The same of multiply-adds. */
  readonly ceilingGflops: number;
  /** All mixes, as they were at the start. */
  readonly probes: readonly ProbeResult[];
}

/** A probe, ready to be taken again. */
interface PreparedProbe {
  readonly row: Row;
  readonly result: ProbeResult;
  readonly call: PreparedCall;
  /** Microseconds: at the start, and in each round. */
  readonly times: number[];
}

/**
 * What the device can do at most. All probes are taken at the start; those that decide the roofline again in each round, so that
 * it and the rows are medians of the same moments: machines that others use too are at times half as fast.
 */
export class RooflineProbes {
  private constructor(private readonly bench: Bench, private readonly all: readonly ProbeResult[], private readonly deciding: readonly PreparedProbe[]) {}

  /** Throws if a probe computes something wrong: then the device is not to be trusted with anything. */
  static async start(bench: Bench, millisecondsPerProbe: number): Promise<RooflineProbes> {
    const { family } = bench.backend;
    const multiplyAdds = fmaRows(family).map((row) => ({ row, kind: 'fma', bytes: 0 }) as const);
    const all: { row: Row; result: ProbeResult }[] = [];
    const verified = new Set<string>();
    for (const { row, kind, bytes } of [...multiplyAdds, ...memoryRows(family)]) {
      if (!verified.has(row.op.name)) await verifyProbe(bench, row); // at the smallest size; it is the same kernel at all
      verified.add(row.op.name);
      const call = await prepare(bench, row);
      all.push({ row, result: resultOf(row, kind, bytes, await medianTime(bench, call, millisecondsPerProbe)) });
      call.dispose();
    }
    const results = all.map(({ result }) => result);
    const decide = decidingProbes(results);
    const deciding: PreparedProbe[] = [];
    for (const { row, result } of all) {
      if (decide.has(result)) deciding.push({ row, result, call: await prepare(bench, row), times: [result.microseconds] });
    }
    return new RooflineProbes(bench, results, deciding);
  }

  async measureRound(millisecondsPerProbe: number): Promise<void> {
    for (const { call, times } of this.deciding) times.push(await medianTime(this.bench, call, millisecondsPerProbe));
  }

  /** From the medians of all that was measured so far. */
  roofline(): Roofline {
    const resultsAt = (pick: (times: readonly number[]) => number) =>
      this.deciding.map(({ row, result: { kind, bytes }, times }) => resultOf(row, kind, bytes, pick(times)));
    return rooflineOf(this.all, resultsAt(medianOf), resultsAt((times) => Math.min(...times)));
  }

  /** Of multiply-adds, and of the largest copy. */
  drift(): Drift[] {
    const copies = this.deciding.filter(({ result }) => result.kind === 'copy');
    const largest = Math.max(...copies.map(({ result }) => result.bytes));
    return this.deciding
      .filter(({ result: { kind, bytes } }) => kind === 'fma' || (kind === 'copy' && bytes === largest))
      .map(({ result: { id }, times }) => ({ id, rounds: times.slice(1) }));
  }

  dispose(): void {
    for (const { call } of this.deciding) call.dispose();
  }
}

async function verifyProbe(bench: Bench, row: Row): Promise<void> {
  const { problem } = await meet(bench, row);
  if (problem) throw new DeviceError(`bench: ${row.id} computes something wrong on this adapter: ${problem}`);
}

function prepare({ backend, compiler }: Bench, row: Row): Promise<PreparedCall> {
  return PreparedCall.create(backend, compiler.pipelines, row, 1);
}

async function medianTime({ clock }: Bench, call: PreparedCall, milliseconds: number): Promise<number> {
  return medianOf((await sampleOnDevice(clock, (pass, repeats) => call.encode(pass, repeats), milliseconds)).microseconds);
}

function resultOf(row: Row, kind: ProbeResult['kind'], bytes: number, microseconds: number): ProbeResult {
  return { id: row.id, kind, bytes, microseconds, ...speedOf(costOf(row), microseconds) };
}

const copySizes = (probes: readonly ProbeResult[]) =>
  [...new Set(probes.filter(({ kind }) => kind === 'copy').map(({ bytes }) => bytes))].sort((a, b) => a - b);

/** The fastest multiply-adds, the fastest copy of each size, and whatever moves bytes fastest. */
function decidingProbes(probes: readonly ProbeResult[]): Set<ProbeResult> {
  const fastest = (among: (probe: ProbeResult) => boolean, speed: (probe: ProbeResult) => number) =>
    probes.filter(among).reduce((best, probe) => (speed(probe) > speed(best) ? probe : best));
  const bandwidth = ({ gigabytesPerSecond }: ProbeResult) => gigabytesPerSecond;
  return new Set([
    fastest(({ kind }) => kind === 'fma', ({ gflops }) => gflops),
    ...copySizes(probes).map((size) => fastest(({ kind, bytes }) => kind === 'copy' && bytes === size, bandwidth)),
    fastest(({ kind }) => kind !== 'fma', bandwidth),
  ]);
}

/** `deciding`: those of `probes` that decide, where they have been taken again; `fastest`: the same in their fastest rounds. */
export function rooflineOf(
  probes: readonly ProbeResult[], deciding: readonly ProbeResult[] = [...decidingProbes(probes)], fastest = deciding,
): Roofline {
  const find = (bytes: number) => deciding.find((probe) => probe.kind === 'copy' && probe.bytes === bytes)!.gigabytesPerSecond;
  return {
    gflops: deciding.find(({ kind }) => kind === 'fma')!.gflops,
    copies: copySizes(deciding).map((bytes) => ({ bytes, gigabytesPerSecond: find(bytes) })),
    ceilingGigabytesPerSecond: Math.max(...fastest.map(({ gigabytesPerSecond }) => gigabytesPerSecond)),
    ceilingGflops: Math.max(...fastest.map(({ gflops }) => gflops)),
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
  /** Faster than any probe, beyond doubt: the compiler, or the kernel, has left work out. */
  readonly deadWork: boolean;
}

/**
 * A machine that others use too may be twice as fast in one round as in the next. So a row is accused only if it beats the ceiling, the
 * fastest round of any probe, by a tenth in its own slowest round.
 */
const ABOVE_CEILING = 1.1;

/**
 * `bandwidth` in GB/s: `bandwidthAt` the call's size for hot buffers, that of the largest copy for cold ones. `slowest`: microseconds of
 * the slowest round, where there are several.
 */
export function shareOf(roofline: Roofline, cost: Cost, microseconds: number, bandwidth: number, slowest = microseconds): RooflineShare {
  const { gflops, gigabytesPerSecond } = speedOf(cost, microseconds);
  const compute = gflops / roofline.gflops;
  const memory = gigabytesPerSecond / bandwidth;
  const least = speedOf(cost, slowest);
  return {
    share: Math.max(compute, memory),
    bound: compute > memory ? 'compute' : 'memory',
    deadWork: least.gflops > ABOVE_CEILING * roofline.ceilingGflops ||
      least.gigabytesPerSecond > ABOVE_CEILING * roofline.ceilingGigabytesPerSecond,
  };
}
