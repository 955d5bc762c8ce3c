import { oneOf, positiveNumber, readFlags, wholeNumber } from '../commandLine.js';

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

const NAMES = ['dataset', 'data', 'device', 'epochs', 'batch', 'train', 'seed', 'lr', 'save', 'resume', 'json'] as const;

/** Examples of each set that are used unless told otherwise: enough generated ones for the CNN, all of MNIST. */
const TRAIN = { digits: 4_000, mnist: 60_000 } as const;

/** Reads the command line; null means that help was asked for. `given` holds the flags that were really there. */
export function parseOptions(args: readonly string[]): { options: Options; given: Set<string> } | null {
  if (args.includes('--help')) return null;
  const flags = readFlags(args, NAMES);
  const dataset = oneOf('dataset', flags.dataset, ['digits', 'mnist']);
  const options: Options = {
    dataset,
    data: flags.data ?? null,
    device: oneOf('device', flags.device, ['auto', 'webgpu', 'cpu']),
    epochs: wholeNumber('epochs', flags.epochs, 4, 1),
    batch: wholeNumber('batch', flags.batch, 128, 1),
    train: wholeNumber('train', flags.train, TRAIN[dataset], 10),
    seed: wholeNumber('seed', flags.seed, 1, 0),
    lr: positiveNumber('lr', flags.lr, 1e-3),
    save: flags.save ?? null,
    resume: flags.resume ?? null,
    json: flags.json ?? null,
  };
  return { options, given: new Set(Object.keys(flags)) };
}
