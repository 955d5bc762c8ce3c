import type { Cost } from '../core/op.js';
import type { Bench } from './device.js';
import { FIGURES, type Contact, type FigureName, ROTATED_BYTES, type RoundSamples } from './measure.js';
import type { BenchRecord, Figure, RowRecord, Speed } from './record.js';
import { type Roofline, RooflineProbes, bandwidthAt, shareOf, speedOf } from './roofline.js';
import { type Row, costOf, inputsOf } from './rows.js';
import { measureOverheads } from './overheads.js';
import type { Side } from './side.js';
import { medianOf, summaryOf } from './statistics.js';

/**
 * Every row comes up in each round, so that its samples are spread over the whole run: rounds then differ by as much as the
 * machine does from minute to minute, which the samples of one moment never show. See `compare.ts` for why five.
 */
export const ROUNDS = 5;

/** For each probe of the roofline, at the start and in each round. */
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
  const probes = await RooflineProbes.start(bench, probeMilliseconds);
  const overheads = await measureOverheads(bench);
  const lanes = rows.map((row) => sidesOf(row).map((side): Lane => ({ row, side, contact: null, status: 'measured', problem: null, rounds: [] })));
  const all = lanes.flat();
  for (let round = 0; round < ROUNDS; round++) {
    await probes.measureRound(probeMilliseconds);
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
  probes.dispose();
  const roofline = probes.roofline();
  const { method, reason, quantum, shortestSample, roundTrip } = bench.clock;
  return {
    benchmark: 'kernels', clock: { method, reason, quantum, shortestSample, roundTrip }, overheads, roofline,
    drift: probes.drift(), rounds: ROUNDS, secondsPerRow,
    rows: all.map((lane) => recordOf(lane, bench, roofline)),
  };
}

/** Of kernels that were right at first, and computed something else when they were run again and again. */
const UNSTEADY = 'right when run once, but its timed runs left other bits: a race, or it relies on what scratch held before';

/** One round of a lane; the first one also compiles and verifies. A wrong kernel is not timed any further, and gets no number. */
async function advance(lane: Lane, milliseconds: number): Promise<void> {
  const { side, row } = lane;
  try {
    if (!lane.contact) {
      const contact = await side.meet(row);
      if ('absent' in contact) return refuse(lane, 'absent', contact.absent);
      lane.contact = contact;
      if (lane.contact.problem !== null) return refuse(lane, 'wrong', lane.contact.problem);
    }
    const samples = await side.measureRound(row, milliseconds);
    if (samples.bits !== lane.contact.bits) return refuse(lane, 'wrong', UNSTEADY);
    lane.rounds.push(samples);
  } catch (error) {
    refuse(lane, 'failed', String((error as Error).message ?? error).split('\n')[0]);
  }
}

function refuse(lane: Lane, status: Lane['status'], problem: string): void {
  lane.status = status;
  lane.problem = problem;
}

function recordOf({ row, side, contact, status, problem, rounds }: Lane, { clock }: Bench, roofline: Roofline): RowRecord {
  const cost = status === 'failed' && !contact ? { flops: 0, bytes: 0 } : costOf(row);
  const figureOf = (name: FigureName): Figure => {
    const samples = rounds.map((round) => round.samples[name].microseconds);
    return { ...summaryOf(samples.flat()), rounds: samples };
  };
  const figures = status === 'measured' ? (Object.fromEntries(FIGURES.map((name) => [name, figureOf(name)])) as Record<FigureName, Figure>) : null;
  const rotatedBytes = rounds[0]?.rotatedBytes ?? 0;
  return {
    id: row.id, side: side.name, op: row.op.name, label: row.shape.label, axes: row.shape.axes ?? null,
    inputs: inputsOf(row), flops: cost.flops, bytes: cost.bytes, status, problem, method: clock.method, contact,
    rotatedBytes, figures, speeds: figures && speedsOf(figures, cost, rotatedBytes, roofline),
  };
}

/** The figures on the device against the roofline; cold ones only if their buffers were more than caches hold. */
export function speedsOf(
  figures: Readonly<Record<'hot' | 'cold', Figure>>, cost: Cost, rotatedBytes: number, roofline: Roofline,
): NonNullable<RowRecord['speeds']> {
  const speed = ({ median, rounds }: Figure, bandwidth: number): Speed =>
    ({ ...speedOf(cost, median), ...shareOf(roofline, cost, median, bandwidth, Math.max(...rounds.map(medianOf))) });
  const largest = roofline.copies[roofline.copies.length - 1].gigabytesPerSecond;
  return {
    hot: speed(figures.hot, bandwidthAt(roofline, cost.bytes)),
    cold: rotatedBytes < ROTATED_BYTES ? null : speed(figures.cold, largest),
  };
}
