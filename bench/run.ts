import type { Bench } from './device.js';
import { FIGURES, type Contact, type FigureName, type RoundSamples } from './measure.js';
import { PreparedCall } from './preparedCall.js';
import { fmaRows, memoryRows } from './probes.js';
import type { BenchRecord, Drift, Figure, RowRecord, Speed } from './record.js';
import { type ProbeResult, type Roofline, bandwidthAt, measureRoofline, shareOf, speedOf } from './roofline.js';
import { type Row, costOf } from './rows.js';
import { measureOverheads } from './overheads.js';
import type { Side } from './side.js';
import { medianOf, summaryOf } from './statistics.js';
import { sampleOnDevice } from './timing.js';

/**
 * Every row comes up in each round, so that its samples are spread over the whole run: rounds then differ by as much as the
 * machine does from minute to minute, which the samples of one moment never show. See `compare.ts` for why five.
 */
export const ROUNDS = 5;

/** For each probe of the roofline, and for the two that are taken again in each round. */
const PROBE_SECONDS = 0.15;

export interface RunOptions {
  readonly rows: readonly Row[];
  /** On which sides a row is measured, one after the other in each round. */
  sidesOf(row: Row): readonly Side[];
  readonly secondsPerRow: number;
  /** Called when a side is done with a row in a round: with the time on hot buffers, or why there is none. */
  onStep(step: Step): void;
}

export interface Step {
  readonly round: number;
  /** From 1 to `total`, in each round. */
  readonly position: number;
  readonly total: number;
  readonly name: string;
  readonly problem: string | null;
  readonly microseconds: number | null;
}

/** A row on one side, on its way through the rounds. */
interface Lane {
  readonly row: Row;
  readonly side: Side;
  contact: Contact | null;
  status: RowRecord['status'];
  problem: string | null;
  readonly rounds: RoundSamples[];
}

export async function runBench(bench: Bench, options: RunOptions): Promise<Omit<BenchRecord, 'environment' | 'peers'>> {
  const { rows, sidesOf, secondsPerRow, onStep } = options;
  const probeMilliseconds = 1000 * Math.min(secondsPerRow, PROBE_SECONDS);
  const roofline = await measureRoofline(bench, probeMilliseconds);
  const overheads = await measureOverheads(bench);
  const drift = await prepareDriftProbes(bench, roofline);
  const lanes = rows.map((row) => sidesOf(row).map((side): Lane => ({ row, side, contact: null, status: 'measured', problem: null, rounds: [] })));
  const all = lanes.flat();
  for (let round = 0; round < ROUNDS; round++) {
    for (const probe of drift) await probe.measure(probeMilliseconds);
    for (const sidesOfRow of lanes) {
      // Who comes first alternates: what a neighbour leaves behind in caches and clocks falls on all alike.
      for (const lane of round % 2 === 0 ? sidesOfRow : [...sidesOfRow].reverse()) {
        if (lane.status !== 'measured') continue;
        await advance(lane, (1000 * secondsPerRow) / ROUNDS);
        const microseconds = lane.status === 'measured' ? medianOf(lane.rounds[round].samples.hot.microseconds) : null;
        const name = sidesOfRow.length > 1 ? `${lane.row.id} [${lane.side.name}]` : lane.row.id;
        onStep({ round, position: all.indexOf(lane) + 1, total: all.length, name, problem: lane.problem, microseconds });
      }
    }
  }
  for (const probe of drift) probe.call.dispose();
  const { method, reason, quantum, shortestSample, roundTrip } = bench.clock;
  return {
    benchmark: 'kernels', clock: { method, reason, quantum, shortestSample, roundTrip }, overheads, roofline,
    drift: drift.map(({ id, rounds }) => ({ id, rounds })), rounds: ROUNDS, secondsPerRow,
    rows: all.map((lane) => recordOf(lane, bench, roofline)),
  };
}

/** One round of a lane; the first one also compiles and verifies. A wrong kernel is never timed. */
async function advance(lane: Lane, milliseconds: number): Promise<void> {
  const { side, row } = lane;
  try {
    if (!lane.contact) {
      lane.contact = await side.meet(row);
      if (lane.contact.problem !== null) {
        lane.status = 'wrong';
        lane.problem = lane.contact.problem;
        return;
      }
    }
    lane.rounds.push(await side.measureRound(row, milliseconds));
  } catch (error) {
    lane.status = 'failed';
    lane.problem = String((error as Error).message ?? error).split('\n')[0];
  }
}

/** A probe that is taken again in each round. */
class DriftProbe implements Drift {
  readonly rounds: number[] = [];

  constructor(readonly id: string, readonly call: PreparedCall, private readonly bench: Bench) {}

  async measure(milliseconds: number): Promise<void> {
    const { microseconds } = await sampleOnDevice(this.bench.clock, (pass, repeats) => this.call.encode(pass, repeats), milliseconds);
    this.rounds.push(medianOf(microseconds));
  }
}

/** The fastest multiply-adds, and the fastest copy of the largest size. */
async function prepareDriftProbes(bench: Bench, { probes }: Roofline): Promise<DriftProbe[]> {
  const { backend, compiler } = bench;
  const largest = Math.max(...probes.map(({ bytes }) => bytes));
  const fastest = (kind: string, bytes: number) =>
    probes.filter((probe) => probe.kind === kind && probe.bytes === bytes).reduce((best, probe) => (speed(probe) > speed(best) ? probe : best));
  const speed = ({ gflops, gigabytesPerSecond }: ProbeResult) => gflops || gigabytesPerSecond;
  const rows = [...fmaRows(backend.family), ...memoryRows(backend.family).map(({ row }) => row)];
  const prepared: DriftProbe[] = [];
  for (const { id } of [fastest('fma', 0), fastest('copy', largest)]) {
    const row = rows.find((candidate) => candidate.id === id)!;
    prepared.push(new DriftProbe(id, await PreparedCall.create(backend, compiler.pipelines, row, 1), bench));
  }
  return prepared;
}

function recordOf({ row, side, contact, status, problem, rounds }: Lane, { clock }: Bench, roofline: Roofline): RowRecord {
  const cost = status === 'failed' && !contact ? { flops: 0, bytes: 0 } : costOf(row);
  const figureOf = (name: FigureName): Figure => {
    const samples = rounds.map((round) => round.samples[name].microseconds);
    return { ...summaryOf(samples.flat()), rounds: samples };
  };
  const figures = status === 'measured' ? (Object.fromEntries(FIGURES.map((name) => [name, figureOf(name)])) as Record<FigureName, Figure>) : null;
  const speed = (microseconds: number, bandwidth: number): Speed =>
    ({ ...speedOf(cost, microseconds), ...shareOf(roofline, cost, microseconds, bandwidth) });
  const largest = roofline.copies[roofline.copies.length - 1].gigabytesPerSecond;
  return {
    id: row.id, side: side.name, op: row.op.name, label: row.shape.label, axes: row.shape.axes ?? null,
    inputs: row.shape.inputs.map(({ shape, dtype = 'float32' }) => `${dtype}[${shape}]`),
    flops: cost.flops, bytes: cost.bytes, status, problem, method: clock.method, contact,
    rotatedBytes: rounds[0]?.rotatedBytes ?? 0, figures,
    speeds: figures && {
      hot: speed(figures.hot.median, bandwidthAt(roofline, cost.bytes)),
      cold: speed(figures.cold.median, largest),
    },
  };
}
