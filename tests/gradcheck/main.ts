import { writeFileSync } from 'node:fs';
import { init } from '../../index.js';
import { runProgram } from '../../examples/commandLine.js';
import { html } from './html.js';
import { junit } from './junit.js';
import { mergeReports, readReport } from './merge.js';
import { runMutants } from './mutants.js';
import { type Options, type Outputs, USAGE, parseMerge, parseOptions } from './options.js';
import { Progress } from './progress.js';
import { type Report, countPlanned, reportText, totalsOf } from './report.js';
import { type Row, runCheck, shardOf } from './runChecks.js';
import { allChecks } from './suite.js';

/* npm run gradcheck: every check of the suite, a table, and reports. Exit code 1 if anything failed. */

/** Writes what was asked for, prints the table, and gives the exit code. */
function conclude(report: Report, { json, html: page, junit: xml }: Outputs): number {
  if (json) writeFileSync(json, `${JSON.stringify(report, null, 1)}\n`);
  if (page) writeFileSync(page, html(report));
  if (xml) writeFileSync(xml, junit(report));
  console.log(reportText(report));
  const { failed, missing } = totalsOf(report);
  return failed.length > 0 || missing.length > 0 ? 1 : 0;
}

async function runSuite({ suite, only, shard, ...outputs }: Options): Promise<number> {
  const checks = allChecks(suite, only);
  let adapter = 'no adapter in use';
  if (suite.devices.includes('webgpu')) {
    const { backend } = await init({ device: 'webgpu' });
    adapter = `webgpu: ${backend.description}`;
    await init({ device: 'cpu' });
  }
  const mine = shardOf(checks, shard);
  console.log(`${mine.length} of ${checks.length} checks; ${adapter}; seed ${suite.seed}`);
  const progress = new Progress(mine.length);
  const rows: Row[] = [];
  for (const { check, index } of mine) {
    const row = await runCheck(check, index);
    rows.push(row);
    progress.step(row.op, row.verdict === 'FAIL');
  }
  progress.stop();
  const shards = [`${shard.index}/${shard.count}`];
  return conclude({ options: suite, ops: only, adapter, shards, planned: countPlanned(checks), rows }, outputs);
}

/** What the first flags can ask for besides a run of the suite. */
const MODES: Record<string, (args: readonly string[]) => number | Promise<number>> = {
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
