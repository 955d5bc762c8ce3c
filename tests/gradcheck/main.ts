import { writeFileSync } from 'node:fs';
import { init, shutdown } from '../../index.js';
import { runProgram } from '../../examples/commandLine.js';
import type { SuiteOptions } from './check.js';
import { runMutants } from './mutants.js';
import { type Options, type Outputs, USAGE, parseMerge, parseOptions } from './options.js';
import { WORKER, runInProcesses, serve, unitsOf } from './processes.js';
import { Progress } from './progress.js';
import { html } from './reports/html.js';
import { junit } from './reports/junit.js';
import { mergeReports, readReport } from './reports/merge.js';
import { type Report, countPlanned, isGood, totalsOf } from './reports/report.js';
import { reportText } from './reports/text.js';
import { type Planned, type Row, runCheck, shardOf } from './runChecks.js';
import { allChecks } from './suite.js';

/* npm run gradcheck: every check of the suite, a table, and reports. Exit code 1 if anything failed. */

/** Writes what was asked for, prints the table, and gives the exit code. */
function conclude(report: Report, { json, html: page, junit: xml }: Outputs): number {
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`);
  if (page) writeFileSync(page, html(report));
  if (xml) writeFileSync(xml, junit(report));
  console.log(reportText(report));
  return isGood(totalsOf(report)) ? 0 : 1;
}

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
    return conclude(mergeReports(files.map(readReport)), outputs);
  },
  '--mutants': (args) => runMutants(args.filter((arg) => arg !== '--mutants')),
};

runProgram('gradcheck', async () => {
  const args = process.argv.slice(2);
  const mode = Object.keys(MODES).find((name) => args.includes(name));
  return mode ? MODES[mode](args) : runSuite(parseOptions(args));
});
