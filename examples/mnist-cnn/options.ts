import { parseArgs } from 'node:util';

/** A mistake on the command line: one line on stderr and exit code 2. */
export class UsageError extends Error {}

/** What the flags of `npm start` say. `null`: not given. */
export interface Options {
  dataset: 'digits' | 'mnist';
  data: string | null;
  device: 'auto' | 'webgpu' | 'cpu';
  epochs: number;
  batch: number;
  /** Training examples to use, validation split included. */
  train: number;
  seed: number;
  lr: number;
  save: string | null;
  resume: string | null;
  json: string | null;
}

export const USAGE = `npm start -- [--dataset digits|mnist] [--data DIR] [--device auto|webgpu|cpu] [--epochs N] [--batch N]
             [--train N] [--seed N] [--lr X] [--save FILE] [--resume FILE] [--json FILE]`;

const FLAGS = {
  dataset: { type: 'string' },
  data: { type: 'string' },
  device: { type: 'string' },
  epochs: { type: 'string' },
  batch: { type: 'string' },
  train: { type: 'string' },
  seed: { type: 'string' },
  lr: { type: 'string' },
  save: { type: 'string' },
  resume: { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean' },
} as const;

function oneOf<T extends string>(flag: string, value: string | undefined, choices: readonly [T, ...T[]]): T {
  if (value === undefined) return choices[0];
  if (!(choices as readonly string[]).includes(value)) throw new UsageError(`--${flag} ${value}: choose one of ${choices.join(', ')}`);
  return value as T;
}

function wholeNumber(flag: string, value: string | undefined, fallback: number, least: number): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (value.trim() === '' || !Number.isInteger(number) || number < least || number > 2 ** 31) {
    throw new UsageError(`--${flag} ${value}: expected a whole number from ${least}`);
  }
  return number;
}

function positive(flag: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!(number > 0 && Number.isFinite(number))) throw new UsageError(`--${flag} ${value}: expected a number above 0`);
  return number;
}

/** Reads the command line; null means that help was asked for. `given` holds the flags that were really there. */
export function parseOptions(args: readonly string[]): { options: Options; given: Set<string> } | null {
  let values: Partial<Record<keyof typeof FLAGS, string | boolean>>;
  try {
    values = parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0].split('. To specify')[0]);
  }
  if (values.help) return null;
  const text = (flag: keyof typeof FLAGS) => values[flag] as string | undefined;
  const dataset = oneOf('dataset', text('dataset'), ['digits', 'mnist']);
  const options: Options = {
    dataset,
    data: text('data') ?? null,
    device: oneOf('device', text('device'), ['auto', 'webgpu', 'cpu']),
    epochs: wholeNumber('epochs', text('epochs'), 4, 1),
    batch: wholeNumber('batch', text('batch'), 128, 1),
    train: wholeNumber('train', text('train'), dataset === 'digits' ? 4_000 : 60_000, 10),
    seed: wholeNumber('seed', text('seed'), 1, 0),
    lr: positive('lr', text('lr'), 1e-3),
    save: text('save') ?? null,
    resume: text('resume') ?? null,
    json: text('json') ?? null,
  };
  return { options, given: new Set(Object.keys(values)) };
}
