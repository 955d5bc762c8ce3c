import { availableParallelism } from 'node:os';
import { UsageError, oneOf, readFlags, wholeNumber } from '../../examples/commandLine.js';
import type { SuiteOptions } from './check.js';

export const USAGE = `npm run gradcheck -- [--op NAME,...] [--device cpu|webgpu] [--seed N] [--graphs N] [--seeds N] [--shard I/N]
                     [--jobs N] [--json FILE] [--html FILE] [--junit FILE]
npm run gradcheck -- --merge A.json B.json ... [--json FILE] [--html FILE] [--junit FILE]
npm run gradcheck -- --mutants [--op NAME,...] [--kind both|vjp|wgsl] [--limit N] [--shard I/N] [--json FILE]`;

/** Where the report goes, besides stdout. */
export interface Outputs {
  json?: string;
  html?: string;
  junit?: string;
}

export interface Options extends Outputs {
  suite: SuiteOptions;
  /** Ops, models or graphs by name; null for all. */
  only: readonly string[] | null;
  shard: { index: number; count: number };
  /** How many processes run the checks. */
  jobs: number;
}

/** A check of a fold holds up to a gigabyte, so that more cores do not mean more processes without end. */
const DEFAULT_JOBS = Math.min(4, availableParallelism());

const OUTPUTS = ['json', 'html', 'junit'] as const;

export function shardFrom(value = '1/1'): Options['shard'] {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(value)?.map(Number) ?? [];
  if (!(index >= 1 && index <= count)) throw new UsageError(`--shard ${value}: expected I/N with I from 1 to N`);
  return { index, count };
}

export function parseOptions(args: readonly string[]): Options {
  const flags = readFlags(args, ['op', 'device', 'seed', 'graphs', 'seeds', 'shard', 'jobs', ...OUTPUTS]);
  const { json, html, junit } = flags;
  const seeds = wholeNumber('seeds', flags.seeds, 0, 1);
  if (seeds > 0 && flags.device === 'webgpu') throw new UsageError('--seeds checks the CPU; leave --device webgpu out');
  return {
    suite: {
      seed: wholeNumber('seed', flags.seed, 1, 0),
      seeds,
      devices: seeds > 0 ? ['cpu'] : flags.device === undefined ? ['cpu', 'webgpu'] : [oneOf('device', flags.device, ['cpu', 'webgpu'])],
      graphs: wholeNumber('graphs', flags.graphs, 200, 0),
      slow: true,
    },
    only: flags.op?.split(',') ?? null,
    shard: shardFrom(flags.shard),
    jobs: wholeNumber('jobs', flags.jobs, DEFAULT_JOBS, 1),
    json,
    html,
    junit,
  };
}

/** The files, shards of the suite and of mutants, after `--merge`, and the flags around them. */
export function parseMerge(args: readonly string[]): { files: string[]; outputs: Outputs } {
  const at = args.indexOf('--merge');
  const after = args.slice(at + 1).findIndex((arg) => arg.startsWith('--'));
  const end = after < 0 ? args.length : at + 1 + after;
  const files = args.slice(at + 1, end);
  if (files.length === 0) throw new UsageError('--merge: name the JSON files of the shards, and of --mutants if there are any');
  return { files, outputs: readFlags([...args.slice(0, at), ...args.slice(end)], OUTPUTS) };
}
