import { TapegradError } from './errors.js';

/*
 * Options and arguments come from JavaScript too, where no compiler looks: a misspelled name, or PyTorch's, would be ignored, and a
 * string taken for a number; the result would be wrong.
 */

/** Stands in `readOptions` where there is no default. */
export const REQUIRED = Symbol('required') as never;

type Defaults<Options> = { [Name in keyof Required<Options>]: Options[Name] | undefined };

/** Each option with its default or, where `undefined` stands for one, perhaps without value. */
type Read<Options, Given extends Defaults<Options>> = {
  [Name in keyof Required<Options>]: undefined extends Given[Name] ? Options[Name] : Exclude<Options[Name], undefined>;
};

/**
 * `options`, with `defaults` where they say nothing; `defaults` names them all. Throws where `options` is no object, as in
 * `x.sum(0)`, where it has a name that is none, as in `x.sum({ dim: 0 })`, where a required one is missing, and where a switch (its
 * default is a boolean) is given anything but true or false.
 */
export function readOptions<Options extends object, const Given extends Defaults<Options>>(
  where: string, options: Options, defaults: Given,
): Read<Options, Given> {
  const known = () => Object.keys(defaults).join(', ');
  requireOptions(where, options, known);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(defaults, name)) throw new TapegradError(`${where}: there is no option ${name}; it takes ${known()}`);
  }
  const read: Record<string, unknown> = {};
  for (const [name, fallback] of Object.entries(defaults)) {
    const given = (options as Record<string, unknown>)[name];
    const value = given === undefined ? fallback : given;
    if (value === REQUIRED) throw new TapegradError(`${where}: the option ${name} is missing; it has no default`);
    if (typeof fallback === 'boolean') requireBoolean(where, name, value);
    read[name] = value;
  }
  return read as Read<Options, Given>;
}

/** Throws unless `options` is an object: for functions that spread or take it apart before `readOptions` sees it. */
export function requireOptions(where: string, options: unknown, known?: () => string): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  throw new TapegradError(`${where}: options must be an object${known ? ` of ${known()}` : ''}, got ${show(options)}`);
}

const LONGEST_SHOWN = 60;

/** A value that was not expected, for a message: on one line, cut short where it is long. */
export function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  const text = String(value).replace(/\s+/g, ' ');
  const short = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text;
  if (typeof value === 'string') return `'${short}'`;
  return Array.isArray(value) ? `[${short}]` : short;
}

/** Throws unless `value` is an array: in `x.permute(1, 0)`, say, it is a number. */
export function requireArray(where: string, name: string, value: unknown): void {
  if (!Array.isArray(value)) throw new TapegradError(`${where}: ${name} must be an array, got ${show(value)}`);
}

/** Throws unless `value` is a number, and not NaN. */
export function requireNumber(where: string, name: string, value: unknown): void {
  if (typeof value !== 'number' || Number.isNaN(value)) throw new TapegradError(`${where}: ${name} must be a number, got ${show(value)}`);
}

/** Throws unless `value` is a whole number from `least` to `most`. */
export function requireWhole(where: string, name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  throw new TapegradError(`${where}: ${name} must be a whole number ${range}, got ${show(value)}`);
}

/** Throws unless `value` is true or false: the text 'false' would count as true. */
export function requireBoolean(where: string, name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new TapegradError(`${where}: ${name} must be true or false, got ${show(value)}`);
}

/** Throws unless `value` is a function. */
export function requireFunction(where: string, name: string, value: unknown): void {
  if (typeof value !== 'function') throw new TapegradError(`${where}: ${name} must be a function, got ${show(value)}`);
}

/** Throws unless `value`, an option or argument, is one of `choices`. */
export function requireChoice<Choice extends string>(where: string, name: string, value: Choice, choices: readonly Choice[]): void {
  if (!choices.includes(value)) throw new TapegradError(`${where}: ${name} must be one of ${choices.join(', ')}, got ${show(value)}`);
}
