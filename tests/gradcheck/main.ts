import { init, shutdown } from '../../index.js';
import { runProgram } from '../../examples/commandLine.js';
import type { SuiteOptions } from './check.js';
import { conclude } from './conclude.js';
import { runMutants } from './mutants.js';
import { type Options, USAGE, parseMerge, parseOptions } from './options.js';
import { WORKER, runInProcesses, serve, unitsOf } from './processes.js';
import { Progress } from './progress.js';
import { gapsOf, mergeReports, readReport } from './reports/merge.js';
import { countPlanned } from './reports/report.js';
import { type Planned, type Row, runCheck, shardOf } from './runChecks.js';
import { allChecks } from './suite.js';

/* npm run gradcheck: every check of the suite, a table, and reports. Exit code 1 if anything failed. */

/** Makes the devices ready; what the adapter is. */
async function openDevices({ devices }: SuiteOptions): Promise<string> {
  if (!devices.includes('webgpu')) return 'no adapter in use';
  const { backend } = await init({ device: 'webgpu' });
  await init({ device: 'cpu' });
  return `webgpu: ${backend.description}`;
}

async function runHere(checks: readonly Planned[], onRow: (row: Row) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { check, index } of checks) {
    const row = await runCheck(check, index);
    rows.push(row);
    onRow(row);
  }
  return rows;
}

async function runSuite({ suite, only, shard, jobs, ...outputs }: Options): Promise<number> {
  const checks = allChecks(suite, only);
  const mine = shardOf(checks, shard);
  const adapter = await openDevices(suite);
  const processes = Math.min(jobs, unitsOf(mine).length);
  console.log(`${mine.length} of ${checks.length} checks; ${adapter}; seed ${suite.seed}; ${processes} process${processes === 1 ? '' : 'es'}`);
  const progress = new Progress(mine.length);
  const onRow = (row: Row) => progress.step(row.op, row.verdict === 'FAIL');
  if (processes > 1) shutdown('webgpu');
  const rows = await (processes > 1 ? runInProcesses(mine, processes, onRow) : runHere(mine, onRow));
  progress.stop();
  const shards = [`${shard.index}/${shard.count}`];
  return conclude({ options: suite, ops: only, adapter, shards, planned: countPlanned(checks), rows, mutants: null }, outputs);
}

/** One of several processes that `runSuite` starts. */
async function runWorker({ suite, only }: Options): Promise<number> {
  const checks = allChecks(suite, only);
  await openDevices(suite);
  return serve(checks);
}

/** What the first flags can ask for besides a run of the suite. */
const MODES: Record<string, (args: readonly string[]) => number | Promise<number>> = {
  [WORKER]: (args) => runWorker(parseOptions(args.filter((arg) => arg !== WORKER))),
  '--help': () => (console.log(USAGE), 0),
  '--merge'(args) {
    const { files, outputs } = parseMerge(args);
    const report = mergeReports(files.map(readReport));
    return conclude(report, outputs, gapsOf(report));
  },
  '--mutants': (args) => runMutants(args.filter((arg) => arg !== '--mutants')),
};

runProgram('gradcheck', async () => {
  const args = process.argv.slice(2);
  const mode = Object.keys(MODES).find((name) => args.includes(name));
  return mode ? MODES[mode](args) : runSuite(parseOptions(args));
});
