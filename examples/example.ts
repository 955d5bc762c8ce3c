import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DeviceName, FormatError, init, manualSeed, scope } from '../index.js';
import { UsageError, oneOf, readFlags, requireFolder, wholeNumber } from './commandLine.js';
import { currentCommit } from './commit.js';
import { type Section, htmlPage } from './plot.js';
import { ProgressBar } from './progress.js';

/* The frame around every example: flags, device, seed, the page at the end, and whether the number was reached. */

/** What an example is told. */
export interface Context {
  seed: number;
  /** Folder with data sets (`--data` or TAPEGRAD_DATA); null without one. */
  data: string | null;
  /** A short run for the tests: the same steps, fewer of them; its goal is `quickGoal`. */
  quick: boolean;
  /** A progress bar of `total` steps; the frame stops it. */
  progress(total: number, unit: string): ProgressBar;
}

/** What an example found. */
export interface Outcome {
  /** Figures by name; the goal names one of them. */
  metrics: Record<string, number>;
  /** What the page shows, top to bottom. */
  page: Section[];
  /** A few lines for the terminal: a sample of generated text, a table. */
  text?: string;
}

/** The number to reach: at least, or at most, `value`. */
export interface Goal {
  metric: string;
  direction: 'at least' | 'at most';
  value: number;
}

export interface Example {
  /** Its folder's name. */
  name: string;
  /** One line: what is learnt, by what. */
  title: string;
  goal: Goal;
  /** What a quick run must reach. */
  quickGoal: Goal;
  run(context: Context): Promise<Outcome>;
}

/** What `--json` writes, and `--record` adds to a list. */
export interface ExampleResult {
  example: string;
  /** Does the same again. */
  command: string;
  device: string;
  adapter: string;
  seed: number;
  quick: boolean;
  metrics: Record<string, number>;
  goal: Goal;
  reached: boolean;
  /** By the clock on the wall, and by the processor: user and system time of all threads. Start and page are not counted. */
  seconds: number;
  cpuSeconds: number;
  commit: string | null;
}

export const EXAMPLE_FLAGS = '[--device auto|webgpu|cpu] [--seed N] [--data DIR] [--out DIR] [--json FILE] [--record FILE] [--quick]';

function isReached({ metric, direction, value }: Goal, metrics: Record<string, number>): boolean {
  const found = metrics[metric];
  if (found === undefined) throw new Error(`the goal names ${metric}; the example reports ${Object.keys(metrics).join(', ')}`);
  return direction === 'at least' ? found >= value : found <= value;
}

/** The data folder, or a UsageError that says what to fetch. */
export function requireData({ data }: Context, what: string): string {
  if (data === null) throw new UsageError(`needs ${what}; name the folder with --data DIR or TAPEGRAD_DATA`);
  return data;
}

/** Throws FormatError unless `file`, a file or folder of the data, holds at least `least` of `what`. */
export function requireEnough(file: string, what: string, found: number, least: number): void {
  if (found < least) throw new FormatError({ file, offset: 0, expected: `at least ${least} ${what}`, found: String(found) });
}

/** The results in `file`; none where there is no such file. */
function readRecords(file: string): ExampleResult[] {
  if (!existsSync(file)) return [];
  try {
    const results = JSON.parse(readFileSync(file, 'utf8'));
    if (Array.isArray(results)) return results;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new UsageError(`--record ${file}: it holds no list of results; name another file, or remove it`);
}

/** Adds a result to the list in `file`, in place of one of the same command on the same adapter. */
export function record(file: string, result: ExampleResult): void {
  const others = readRecords(file).filter(({ command, adapter }) => command !== result.command || adapter !== result.adapter);
  const key = ({ device, adapter, seed }: ExampleResult) => `${device} ${adapter} ${String(seed).padStart(10)}`;
  const sorted = [...others, result].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}

/** Runs one example to its end: prints its figures, writes its page, and says whether its number was reached (exit code 1 if not). */
export async function runExample(example: Example, args: readonly string[]): Promise<number> {
  const quick = args.includes('--quick');
  const flags = readFlags(args.filter((arg) => arg !== '--quick'), ['device', 'seed', 'data', 'out', 'json', 'record']);
  const seed = wholeNumber('seed', flags.seed, 1, 0);
  const folder = flags.out ?? 'examples/out';
  requireFolder('out', folder);
  if (flags.record) readRecords(flags.record); // found out now, a wrong file costs no work
  const { backend, fallback } = await init({ device: oneOf<'auto' | DeviceName>('device', flags.device, ['auto', 'webgpu', 'cpu']) });
  console.log(`${example.name}: ${example.title}`);
  if (fallback) console.log(`No usable WebGPU adapter (${fallback}); computing on the CPU.`);
  console.log(`Device: ${backend.name}, ${backend.description}; seed ${seed}`);
  manualSeed(seed);

  const commit = currentCommit(); // of the code that runs, not of what may be checked out when it ends
  const bars: ProgressBar[] = [];
  const progress = (total: number, unit: string): ProgressBar => {
    bars.forEach((bar) => bar.stop());
    bars.push(new ProgressBar(total, unit));
    return bars.at(-1)!;
  };
  const began = performance.now();
  const cpuBegan = process.cpuUsage();
  const context: Context = { seed, quick, data: flags.data ?? (process.env.TAPEGRAD_DATA || null), progress };
  const { metrics, page, text } = await scope(() => example.run(context)).finally(() => bars.forEach((bar) => bar.stop()));
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpuBegan);

  const goal = quick ? example.quickGoal : example.goal;
  const reached = isReached(goal, metrics);
  const figures = Object.entries(metrics).map(([name, value]) => `${name} ${Number(value.toPrecision(5))}`).join(', ');
  const verdict = `${figures} (goal: ${goal.metric} ${goal.direction} ${goal.value}, ${reached ? 'reached' : 'MISSED'}; ${seconds.toFixed(0)} s)`;
  if (text) console.log(text);
  console.log(verdict);

  const file = join(folder, `${example.name}.html`);
  writeFileSync(file, htmlPage(`${example.name}: ${example.title}`, `${backend.description}, seed ${seed}: ${verdict}`, page));
  console.log(`see ${file}`);
  const result: ExampleResult = {
    example: example.name,
    command: `npm run example -- ${example.name} --device ${backend.name} --seed ${seed}${quick ? ' --quick' : ''}`,
    device: backend.name,
    adapter: backend.description,
    seed,
    quick,
    metrics,
    goal,
    reached,
    seconds: Math.round(seconds * 10) / 10,
    cpuSeconds: Math.round((user + system) / 1e5) / 10,
    commit,
  };
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(result, null, 2)}\n`);
  if (flags.record) record(flags.record, result);
  return reached ? 0 : 1;
}
