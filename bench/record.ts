import type { Axes } from '../core/samples.js';
import type { ClockReport } from './clock.js';
import type { Environment } from './stamp.js';
import type { Contact, FigureName } from './measure.js';
import type { Overheads } from './overheads.js';
import type { PeersRecord } from './peers/ops/report.js';
import type { Roofline, RooflineShare } from './roofline.js';
import type { Summary } from './statistics.js';

/* What one run writes as JSON. Times of figures are microseconds. */

export interface Figure extends Summary {
  /** The samples, round by round. */
  readonly rounds: readonly (readonly number[])[];
}

/** A figure on the device, against what the device can do. */
export interface Speed extends RooflineShare {
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
}

export interface RowRecord {
  readonly id: string;
  /** Whose kernels: the working tree's, a variant, a commit. */
  readonly side: string;
  readonly op: string;
  readonly label: string;
  readonly axes: Axes | null;
  readonly inputs: readonly string[];
  readonly flops: number;
  readonly bytes: number;
  /** `wrong` kernels get no figures, nor do calls that `failed`, nor rows that a side lacks. */
  readonly status: 'measured' | 'wrong' | 'failed' | 'absent';
  readonly problem: string | null;
  readonly method: ClockReport['method'];
  readonly contact: Contact | null;
  readonly rotatedBytes: number;
  readonly figures: Readonly<Record<FigureName, Figure>> | null;
  /** `cold` is null where its buffers may have stayed within the caches: no probe says what is possible there. */
  readonly speeds: { readonly hot: Speed; readonly cold: Speed | null } | null;
}

/** The probes, again in each round: how much faster or slower the machine was then. Microseconds. */
export interface Drift {
  readonly id: string;
  readonly rounds: readonly number[];
}

export interface BenchRecord {
  readonly benchmark: 'kernels';
  readonly environment: Environment;
  readonly clock: ClockReport;
  readonly overheads: Overheads;
  readonly roofline: Roofline;
  readonly drift: readonly Drift[];
  readonly rounds: number;
  readonly secondsPerRow: number;
  readonly rows: readonly RowRecord[];
  /** Single ops beside other engines, with `--peers`. */
  readonly peers: PeersRecord | null;
}

/** Five digits are more than any figure is good for. */
export function toJson(record: BenchRecord): string {
  const shorten = (_key: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
  return `${JSON.stringify(record, shorten, 1).replace(/\[\s+([-\d.e,\s]+?)\s+\]/g, (_, list: string) => `[${list.replace(/\s+/g, ' ')}]`)}\n`;
}
