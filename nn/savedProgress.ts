import { FormatError } from '../core/errors.js';
import { show } from '../core/options.js';
import type { RandomState } from '../core/random.js';
import type { Position } from './training.js';

/** What the metadata of a saved training hold beside its tensors. */
export interface Progress {
  position: Position;
  random: RandomState;
  optimizer: Record<string, number>;
  callbacks: { name: string; values: unknown }[];
}

/** JSON has no NaN and no infinity: they are written as strings, and a string that reads like one with an apostrophe more. */
const NON_FINITE = /^'*(NaN|-?Infinity)$/;

export function writeProgress(progress: Progress): string {
  return JSON.stringify(progress, (_, value) => {
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    return typeof value === 'string' && NON_FINITE.test(value) ? `'${value}` : value;
  });
}

function parse(text: string): unknown {
  return JSON.parse(text, (_, value) => {
    if (typeof value !== 'string' || !NON_FINITE.test(value)) return value;
    return value.startsWith("'") ? value.slice(1) : Number(value);
  });
}

type Check = (value: unknown) => boolean;

const isNumber: Check = (value) => typeof value === 'number';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const listOf = (check: Check): Check => (value) => Array.isArray(value) && value.every(check);
const mapOf = (check: Check): Check => (value) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(check);

const isNamed: Check = (value) => mapOf(() => true)(value) && typeof (value as { name: unknown }).name === 'string';

const COUNT = [isCount, 'a whole number from 0'] as const;
const NUMBER = [isNumber, 'a number'] as const;

/** By its path in `Progress`: what each field must be. The values of a callback are checked by the callback. */
const FIELDS: Readonly<Record<string, readonly [check: Check, expected: string]>> = {
  'position.epoch': COUNT,
  'position.batch': COUNT,
  'position.steps': COUNT,
  'position.lossSum': NUMBER,
  'position.examples': COUNT,
  'position.seconds': NUMBER,
  'position.metricSums': [mapOf(listOf(isNumber)), 'lists of numbers by name'],
  'position.history': [listOf(mapOf(isNumber)), 'a list of figures by name'],
  'position.stopped': [(value) => value === null || typeof value === 'string', 'null or a string'],
  'random.seed': [(value) => isCount(value) && (value as number) < 2 ** 32, 'a whole number from 0 to below 2^32'],
  'random.offset': COUNT,
  optimizer: [mapOf(isNumber), 'numbers by name'],
  callbacks: [listOf(isNamed), 'a list of states with names'],
};

/** Reads what `writeProgress` wrote into `file`. Throws FormatError, naming the field, where something is missing or of another kind. */
export function readProgress(text: string, file: string): Progress {
  const fail = (expected: string, found: string): never => {
    throw new FormatError({ file, offset: 8, expected, found }); // in the header
  };
  let progress: unknown;
  try {
    progress = parse(text);
  } catch (error) {
    fail('a training as JSON', show((error as Error).message));
  }
  for (const [path, [check, expected]] of Object.entries(FIELDS)) {
    const value = path.split('.').reduce((object, key) => (object as Record<string, unknown> | null | undefined)?.[key], progress);
    if (!check(value)) fail(`${expected} as ${path} of the training`, value === undefined ? 'nothing' : show(value));
  }
  return progress as Progress;
}
