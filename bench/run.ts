import type { Bench } from './device.js';
import { FIGURES, type Contact, type FigureName, type RoundSamples } from './measure.js';
import { PreparedCall } from './preparedCall.js';
import { fmaRows, memoryRows } from './probes.js';
import type { BenchRecord, Drift, Figure, RowRecord, Speed } from './record.js';
import { type Roofline, bandwidthAt, measureRoofline, shareOf, speedOf } from './roofline.js';
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

export interface RunOptions {
  readonly rows: readonly Row[];
  readonly sides: readonly Side[];
  readonly secondsPerRow: number;
  /** Called when a side is done with a row in a round; `problem` if it is out. */
  onStep(step: { round: number; side: string; row: Row; problem: string | null; microseconds: number | null }): void;
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

export async function runBench(bench: Bench, options: RunOptions): Promise<Omit<BenchRecord, 'environment'>> {
  const { rows, sides, secondsPerRow, onStep } = options;
  const roofline = await measureRoofline(bench);
  const overheads = await measureOverheads(bench);
  const drift = driftProbes(bench, roofline);
  const lanes = rows.map((row) => sides.map((side): Lane => ({ row, side, contact: null, status: 'measured', problem: null, rounds: [] })));
  for (let round = 0; round < ROUNDS; round++) {
    for (const probe of drift) await probe.measure();
    for (const sidesOfRow of lanes) {
      // Who comes first alternates: what a neighbour leaves behind in caches and clocks falls on all alike.
      for (const lane of round % 2 === 0 ? sidesOfRow : [...sidesOfRow].reverse()) {
        if (lane.status !== 'measured') continue;
        await advance(lane, (1000 * secondsPerRow) / ROUNDS);
        const microseconds = lane.status === 'measured' ? medianOf(lane.rounds[round].samples.hot.microseconds) : null;
        onStep({ round, side: lane.side.name, row: lane.row, problem: lane.problem, microseconds });
      }
    }
  }
  const { method, reason, quantum, shortestSample, roundTrip } = bench.clock;
  return {
    benchmark: 'kernels', clock: { method, reason, quantum, shortestSample, roundTrip }, overheads, roofline,
    drift: drift.map(({ id, rounds }) => ({ id, rounds })), rounds: ROUNDS, secondsPerRow,
    rows: lanes.flat().map((lane) => recordOf(lane, bench, roofline)),
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

/** The fastest multiply-adds and the fastest large copy, once more in each round. */
function driftProbes(bench: Bench, { probes }: Roofline): (Drift & { rounds: number[]; measure(): Promise<void> })[] {
  const largest = Math.max(...probes.map(({ bytes }) => bytes));
  const fastest = [
    probes.filter(({ kind }) => kind === 'fma').reduce((best, probe) => (probe.gflops > best.gflops ? probe : best)),
    probes.filter(({ kind, bytes }) => kind === 'copy' && bytes === largest).reduce((best, probe) => (probe.microseconds < best.microseconds ? probe : best)),
  ];
  const rows = [...fmaRows(bench.backend.family), ...memoryRows(bench.backend.family).map(({ row }) => row)];
  return fastest.map(({ id }) => {
    const row = rows.find((candidate) => candidate.id === id)!;
    const rounds: number[] = [];
    return {
      id, rounds,
      async measure() {
        const call = await PreparedCall.create(bench.backend, bench.compiler.pipelines, row, 1);
        const { microseconds } = await sampleOnDevice(bench.clock, (pass, repeats) => call.encode(pass, repeats), 100);
        call.dispose();
        rounds.push(medianOf(microseconds));
      },
    };
  });
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
