import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A mistake on the command line: one line on stderr and exit code 2. */
export class UsageError extends Error {}

/** The values of the flags that `names` lists, each with one argument. Throws UsageError for any other. */
export function readFlags<Name extends string>(args: readonly string[], names: readonly Name[]): Partial<Record<Name, string>> {
  const options: ParseArgsConfig['options'] = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  try {
    return parseArgs({ args: [...args], options }).values as Partial<Record<Name, string>>;
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(/\.? To specify|\n/)[0]}; flags: ${names.map((name) => `--${name}`).join(' ')}`);
  }
}

export function oneOf<Choice extends string>(flag: string, value: string | undefined, choices: readonly [Choice, ...Choice[]]): Choice {
  if (value === undefined) return choices[0];
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new UsageError(`--${flag} ${value}: choose one of ${choices.join(', ')}`);
  return found;
}

export function countOf(flag: string, value: string | undefined, fallback: number): number {
  const count = Number(value ?? fallback);
  if (!Number.isInteger(count) || count < 1 || count > 1e6) throw new UsageError(`--${flag} ${value}: expected a whole number from 1`);
  return count;
}

export function patternOf(flag: string, value: string | undefined): RegExp {
  try {
    return new RegExp(value ?? '');
  } catch (error) {
    throw new UsageError(`--${flag} ${value}: ${(error as Error).message}`);
  }
}
