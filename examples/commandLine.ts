import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { NonFiniteError, TapegradError } from '../index.js';
import { UsageError } from './usageError.js';

export { UsageError };

/* Flags and exit codes of the programs; examples, bench and the long tests share them. */

/**
 * Runs a program to its exit code. Bad flags, unreadable files and missing adapters end with one line on stderr and exit
 * code 2, a training that went wrong with one line and exit code 1.
 */
export function runProgram(name: string, main: () => Promise<number>): void {
  main().then(
    (code) => process.exit(code),
    (error: unknown) => {
      const isFileError = (error as NodeJS.ErrnoException).syscall !== undefined;
      const isExplained = error instanceof UsageError || error instanceof TapegradError || isFileError;
      console.error(isExplained ? `${name}: ${(error as Error).message}` : error);
      process.exit(isExplained && !(error instanceof NonFiniteError) ? 2 : 1);
    },
  );
}

/** Flags that name a file to be written, in every program. */
const WRITTEN = ['json', 'csv', 'html', 'md', 'junit', 'record', 'save'];

/** Throws UsageError unless `file` can be written: found out now, it costs no work. */
function requireWritable(flag: string, file: string): void {
  const isNew = !existsSync(file);
  try {
    closeSync(openSync(file, 'a'));
    if (isNew) rmSync(file);
  } catch (error) {
    throw new UsageError(`--${flag} ${file}: it cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Makes the folder if it is not there. Throws UsageError unless files can be put into it. */
export function requireFolder(flag: string, folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    throw new UsageError(`--${flag} ${folder}: it is no folder to write to (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** `--seed -1` as `--seed=-1`, for `parseArgs` takes `-1` for a flag of its own. */
function joinNegativeNumbers(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    if (/^-\d/.test(arg) && joined.at(-1)?.startsWith('--')) joined.push(`${joined.pop()}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

/** The values of the flags that `names` lists, each with one argument. Throws UsageError for any other, and for files that cannot be written. */
export function readFlags<Name extends string>(args: readonly string[], names: readonly Name[]): Partial<Record<Name, string>> {
  const options: ParseArgsConfig['options'] = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  let values: Partial<Record<Name, string>>;
  try {
    values = parseArgs({ args: joinNegativeNumbers(args), options }).values as typeof values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(/\.? To specify|\n/)[0]}; flags: ${names.map((name) => `--${name}`).join(' ')}`);
  }
  for (const name of names) if (WRITTEN.includes(name) && values[name] !== undefined) requireWritable(name, values[name]);
  return values;
}

/** `value`, if it is one of `choices`; the first of them if it was not given. */
export function oneOf<Choice extends string>(flag: string, value: string | undefined, choices: readonly [Choice, ...Choice[]]): Choice {
  if (value === undefined) return choices[0];
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new UsageError(`--${flag} ${value}: choose one of ${choices.join(', ')}`);
  return found;
}

/** The largest seed; no other number that a program takes comes near. */
const LARGEST = 2 ** 32 - 1;

/** A whole number from `least`. */
export function wholeNumber(flag: string, value: string | undefined, fallback: number, least: number): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (value.trim() === '' || !Number.isInteger(number) || number < least || number > LARGEST) {
    throw new UsageError(`--${flag} ${value}: expected a whole number from ${least} to ${LARGEST}`);
  }
  return number;
}

/** A finite number above 0. */
export function positiveNumber(flag: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!(number > 0 && Number.isFinite(number))) throw new UsageError(`--${flag} ${value}: expected a number above 0`);
  return number;
}

/** A regular expression; without the flag one that matches everything. */
export function pattern(flag: string, value: string | undefined): RegExp {
  try {
    return new RegExp(value ?? '');
  } catch (error) {
    throw new UsageError(`--${flag} ${value}: ${(error as Error).message}`);
  }
}
