import { writeFileSync } from 'node:fs';
import { init } from '../index.js';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import { UsageError, runProgram } from '../examples/commandLine.js';
import { csv } from './csv.js';
import { openBench } from './device.js';
import { describeEnvironment } from './environment.js';
import { markdown } from './markdown.js';
import { type Options, type Outputs, USAGE, parseOptions } from './options.js';
import { type BenchRecord, toJson } from './record.js';
import { type Row, callOf, costOf, selectRows } from './rows.js';
import { ROUNDS, runBench } from './run.js';
import { ownSide } from './side.js';
import { table } from './table.js';
import { duration, reportText } from './text.js';

/* npm run bench: times every op of the registry at its bench shapes; see USAGE. Exit code 1 if a kernel is wrong or failed. */

/** The first few of a list in words. */
function shorten(words: readonly string[], most = 4): string {
  return words.length > most ? `${words.slice(0, most - 1).join(' ')} ... ${words.length} in all` : words.join(' ');
}

function listText(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const { flops, bytes } = costOf(row);
    const inputs = callOf(row).inputs.map(({ shape, dtype }) => `${dtype === 'float32' ? '' : dtype}[${shape}]`);
    const axes = Object.entries(row.shape.axes ?? {}).map(([name, value]) => `${name}=${value}`).join(' ');
    return [row.id, (flops / 1e6).toPrecision(3), (bytes / 1e6).toPrecision(3), axes || '-', shorten(inputs)];
  });
  return `${table([['row', 'Mflop', 'MB', 'axes', 'inputs'], ...lines])}\n${rows.length} rows`;
}

const WRITERS: Record<keyof Outputs, (record: BenchRecord) => string> = { json: toJson, csv, md: markdown };

async function runRows({ filter, axes, list, secondsPerRow, clock, outputs }: Options): Promise<number> {
  const rows = selectRows(filter, axes);
  if (rows.length === 0) {
    throw new UsageError(`no row matches ${filter}${axes.length > 0 ? ` and has the axes ${axes.map(({ name }) => name).join(', ')}` : ''}; --list shows what there is`);
  }
  if (list) {
    console.log(listText(rows));
    return 0;
  }
  const { backend } = await init({ device: 'webgpu' });
  if (clock === 'processor' && (backend as WebGpuBackend).family !== 'software') {
    throw new UsageError(`--clock processor is for adapters that run on the processor; ${backend.description} does not`);
  }
  const bench = await openBench(backend as WebGpuBackend, clock);
  const sides = [ownSide(bench)];
  const lanes = rows.length * sides.length;
  let steps = 0;
  console.error(`measuring what ${backend.description} can do at most`);
  const measured = await runBench(bench, {
    rows, sides, secondsPerRow,
    onStep({ round, row, problem, microseconds }) {
      const result = microseconds === null ? problem : duration(microseconds);
      console.error(`round ${round + 1}/${ROUNDS}, row ${(steps++ % lanes) + 1}/${lanes}: ${row.id}: ${result}`);
    },
  });
  const record: BenchRecord = { ...measured, environment: describeEnvironment(backend.description, bench.backend.device) };
  for (const [name, write] of Object.entries(WRITERS)) {
    const file = outputs[name as keyof Outputs];
    if (file) writeFileSync(file, write(record));
  }
  console.log(reportText(record));
  return record.rows.every(({ status }) => status === 'measured') ? 0 : 1;
}

runProgram('bench', async () => {
  const args = process.argv.slice(2);
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  return runRows(parseOptions(args));
});
