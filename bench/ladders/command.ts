import { writeFileSync } from 'node:fs';
import type { BenchShape } from '../../core/samples.js';
import { UsageError, oneOf, positiveNumber, readFlags } from '../../examples/commandLine.js';
import { parseAxes } from '../axes.js';
import { csv } from '../csv.js';
import type { Bench } from '../device.js';
import { markdown } from '../markdown.js';
import { OUTPUTS } from '../options.js';
import type { ClockChoice } from '../processorClock.js';
import { toJson } from '../record.js';
import { sweep } from '../rows.js';
import { type RunOptions, runBench } from '../run.js';
import { ownSide } from '../side.js';
import type { Environment } from '../stamp.js';
import { sayStep, startBench } from '../start.js';
import { hasFailed } from '../text.js';
import { LADDERS } from './index.js';
import type { Ladder } from './ladder.js';
import { ladderPage } from './page.js';
import { type LadderRun, rowsOf, stepsAt } from './run.js';
import { ladderText } from './text.js';

interface Options {
  readonly ladder: Ladder;
  readonly shapes: readonly BenchShape[];
  readonly secondsPerRow: number;
  readonly clock: ClockChoice;
  readonly outputs: Partial<Record<(typeof OUTPUTS)[number], string>>;
}

export function parseLadder(args: readonly string[]): Options {
  const { ladder: name, axis, seconds, clock, ...outputs } = readFlags(args, ['ladder', 'axis', 'seconds', 'clock', ...OUTPUTS]);
  const [first, ...names] = LADDERS.map((ladder) => ladder.name);
  const chosen = oneOf('ladder', name, [first, ...names]);
  const ladder = LADDERS.find((candidate) => candidate.name === chosen)!;
  const shapes = ladder.shapes.flatMap((shape) => sweep(shape, parseAxes(axis)));
  if (shapes.length === 0) {
    throw new UsageError(`--axis ${axis}: the ladder ${ladder.name} has the axes ${Object.keys(ladder.shapes[0].axes ?? {}).join(', ')}`);
  }
  return { ladder, shapes, secondsPerRow: positiveNumber('seconds', seconds, 1), clock: oneOf('clock', clock, ['auto', 'processor']), outputs };
}

/** Checks every step against the CPU in float64, then times in turn those that are right, and the engine's own kernel. */
export async function measureLadder(
  bench: Bench, environment: Environment, { ladder, shapes, secondsPerRow }: Pick<Options, 'ladder' | 'shapes' | 'secondsPerRow'>, onStep: RunOptions['onStep'],
): Promise<LadderRun> {
  const { features } = bench.backend.device;
  const rows = rowsOf(ladder, shapes, features);
  const measured = await runBench(bench, { rows, secondsPerRow, sidesOf: () => [ownSide(bench)], onStep });
  const record = { ...measured, peers: null, environment };
  return { ladder, record, sizes: shapes.map((shape) => stepsAt(ladder, shape, record, features)) };
}

/** npm run bench -- --ladder NAME. Exit code 1 if a step is wrong or failed. */
export async function runLadder(args: readonly string[]): Promise<number> {
  const options = parseLadder(args);
  const { bench, environment } = await startBench(options.clock);
  const run = await measureLadder(bench, environment, options, sayStep);
  const writers = { json: () => toJson(run.record), csv: () => csv(run.record), md: () => markdown(run.record), html: () => ladderPage(run) };
  for (const name of OUTPUTS) {
    const file = options.outputs[name];
    if (file) writeFileSync(file, writers[name]());
  }
  console.log(ladderText(run));
  return hasFailed(run.record) ? 1 : 0;
}
