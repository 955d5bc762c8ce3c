import { UsageError, oneOf, pattern, positiveNumber, readFlags, wholeNumber } from '../examples/commandLine.js';
import { type Axis, parseAxes } from './axes.js';
import type { ClockChoice } from './processorClock.js';
import { FIGURES, type FigureName } from './measure.js';

export const USAGE = `npm run bench -- [--list] [--filter RE] [--axis n=256:4096:*2] [--variant NAME,NAME] [--against COMMIT] [--tune]
               [--peers] [--seconds X] [--clock auto|processor] [--json FILE] [--csv FILE] [--html FILE] [--md FILE]
npm run bench -- compare A.json B.json [--figure hot|cold|endToEnd]
npm run bench -- --ladder NAME [--axis ...] [--seconds X] [--clock auto|processor] [--json FILE] [--csv FILE] [--html FILE] [--md FILE]
npm run bench -- --browser [--port N]`;

/** Where the report goes, besides stdout. */
export const OUTPUTS = ['json', 'csv', 'html', 'md'] as const;
export type Outputs = Partial<Record<(typeof OUTPUTS)[number], string>>;

export interface Options {
  readonly list: boolean;
  readonly filter: RegExp;
  readonly axes: readonly Axis[];
  /** Variants to measure in turn, on the ops that have all of them; none: what is tuned for the adapter. */
  readonly variants: readonly string[];
  /** A commit whose kernels are measured in turn with these; null for none. */
  readonly against: string | null;
  /** All variants of every op that has several, into the adapter's tuning table. */
  readonly tune: boolean;
  /** Other engines as well, on the rows of `bench/peers/ops/rows.ts` that match the filter. */
  readonly peers: boolean;
  /** For all figures of a row, over all rounds. */
  readonly secondsPerRow: number;
  readonly clock: ClockChoice;
  readonly outputs: Outputs;
}

/** Flags without an argument. */
const SWITCHES = ['--list', '--tune', '--peers'];
const FLAGS = ['filter', 'axis', 'variant', 'against', 'seconds', 'clock', ...OUTPUTS] as const;

function readOptionFlags(args: readonly string[]): ReturnType<typeof readFlags<(typeof FLAGS)[number]>> {
  try {
    return readFlags(args.filter((arg) => !SWITCHES.includes(arg)), FLAGS);
  } catch (error) {
    const known = FLAGS.map((name) => `--${name}`).join(' ');
    // Its list of flags knows of none without an argument.
    if (error instanceof UsageError && error.message.endsWith(known)) throw new UsageError(`${error.message} ${SWITCHES.join(' ')}`);
    throw error;
  }
}

function parseVariants(text: string | undefined): string[] {
  const variants = text?.split(',') ?? [];
  const twice = variants.find((variant, i) => variants.indexOf(variant) !== i);
  if (twice !== undefined) throw new UsageError(`--variant ${text}: ${twice} is given twice`);
  return variants;
}

export function parseOptions(args: readonly string[]): Options {
  const flags = readOptionFlags(args);
  const { json, csv, html, md } = flags;
  const options: Options = {
    list: args.includes('--list'),
    filter: pattern('filter', flags.filter),
    axes: parseAxes(flags.axis),
    variants: parseVariants(flags.variant),
    against: flags.against ?? null,
    tune: args.includes('--tune'),
    peers: args.includes('--peers'),
    secondsPerRow: positiveNumber('seconds', flags.seconds, 1),
    clock: oneOf('clock', flags.clock, ['auto', 'processor']),
    outputs: { json, csv, html, md },
  };
  const kinds = [options.variants.length > 0, options.against !== null, options.tune].filter(Boolean).length;
  if (kinds > 1) throw new UsageError('--variant, --against and --tune each choose what is measured in turn; take one of them');
  return options;
}

/** The two files after `compare`, and the figure to compare. */
export function parseComparison(args: readonly string[]): { files: readonly [string, string]; figure: FigureName } {
  const at = args.findIndex((arg) => arg.startsWith('--'));
  const [a, b, ...more] = at < 0 ? args : args.slice(0, at);
  if (a === undefined || b === undefined || more.length > 0) throw new UsageError('compare: name two JSON files, before and after');
  const flags = readFlags(at < 0 ? [] : args.slice(at), ['figure']);
  return { files: [a, b], figure: oneOf('figure', flags.figure, FIGURES) };
}

/** The port after `--browser`; 0 lets the system choose one. */
export function parseBrowser(args: readonly string[]): number {
  const flags = readFlags(args.filter((arg) => arg !== '--browser'), ['port']);
  const port = wholeNumber('port', flags.port, 0, 0);
  if (port > 65_535) throw new UsageError(`--port ${port}: expected at most 65535`);
  return port;
}
