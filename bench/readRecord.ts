import { UsageError } from '../examples/commandLine.js';
import { FIGURES } from './measure.js';
import type { BenchRecord } from './record.js';

/** Of a JSON value: null, or where it is not what it should be. */
type Check = (value: unknown, where: string) => string | null;

const expected = (what: string, holds: (value: unknown) => boolean): Check =>
  (value, where) => (holds(value) ? null : `${where} is no ${what}`);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const string = expected('string', (value) => typeof value === 'string');
const microseconds = expected('time', (value) => Number.isFinite(value) && (value as number) >= 0);

const orNull = (check: Check): Check => (value, where) => (value === null ? null : check(value, where));

/** An array of such elements, `least` or more. */
const listOf = (check: Check, least = 0): Check => (value, where) => {
  if (!Array.isArray(value) || value.length < least) return `${where} is no list${least > 0 ? ` of ${least} or more` : ''}`;
  return firstOf(value.map((element, i) => check(element, `${where}[${i}]`)));
};

/** An object with at least these members. */
const objectOf = (checks: Readonly<Record<string, Check>>): Check => (value, where) => {
  if (!isObject(value)) return `${where || 'it'} is no object`;
  return firstOf(Object.entries(checks).map(([name, check]) => check(value[name], where ? `${where}.${name}` : name)));
};

const firstOf = (problems: readonly (string | null)[]): string | null => problems.find((problem) => problem !== null) ?? null;

const figure = objectOf({ median: microseconds, rounds: listOf(listOf(microseconds, 1), 1) });

/** What `compare` needs of a report. */
const REPORT = objectOf({
  environment: objectOf({ adapter: orNull(string) }),
  clock: objectOf({ method: string }),
  drift: listOf(objectOf({ id: string, rounds: listOf(microseconds, 1) })),
  rows: listOf(objectOf({
    id: string, side: string, status: string, inputs: listOf(string),
    figures: orNull(objectOf(Object.fromEntries(FIGURES.map((name) => [name, figure])))),
  })),
});

/** The report that `text`, the contents of `file`, holds. Throws UsageError where it is none, or lacks what `compare` needs. */
export function readRecord(text: string, file: string): BenchRecord {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    // Falls through to the one message for both.
  }
  if (!isObject(record) || record.benchmark !== 'kernels') throw new UsageError(`compare: ${file} is no JSON report of npm run bench`);
  const problem = REPORT(record, '');
  if (problem) throw new UsageError(`compare: ${file} is damaged, or of an older bench: ${problem}; measure again`);
  return record as unknown as BenchRecord;
}
