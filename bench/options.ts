import { oneOf, pattern, positiveNumber, readFlags } from '../examples/commandLine.js';
import { type Axis, parseAxes } from './axes.js';
import type { ClockChoice } from './device.js';

export const USAGE = `npm run bench -- [--list] [--filter RE] [--axis n=256:4096:*2] [--seconds X] [--clock auto|processor]
               [--json FILE] [--csv FILE] [--md FILE]`;

/** Where the report goes, besides stdout. */
export const OUTPUTS = ['json', 'csv', 'md'] as const;
export type Outputs = Partial<Record<(typeof OUTPUTS)[number], string>>;

export interface Options {
  readonly list: boolean;
  readonly filter: RegExp;
  readonly axes: readonly Axis[];
  /** For all figures of a row, over all rounds. */
  readonly secondsPerRow: number;
  readonly clock: ClockChoice;
  readonly outputs: Outputs;
}

export function parseOptions(args: readonly string[]): Options {
  const list = args.includes('--list');
  const flags = readFlags(args.filter((arg) => arg !== '--list'), ['filter', 'axis', 'seconds', 'clock', ...OUTPUTS]);
  const { json, csv, md } = flags;
  return {
    list,
    filter: pattern('filter', flags.filter),
    axes: parseAxes(flags.axis),
    secondsPerRow: positiveNumber('seconds', flags.seconds, 1),
    clock: oneOf('clock', flags.clock, ['auto', 'processor']),
    outputs: { json, csv, md },
  };
}
