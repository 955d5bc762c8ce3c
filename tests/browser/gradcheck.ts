import { runProgram } from '../../examples/commandLine.js';
import { conclude } from '../gradcheck/conclude.js';
import { parseOptions } from '../gradcheck/options.js';
import { Progress } from '../gradcheck/progress.js';
import { countPlanned } from '../gradcheck/reports/report.js';
import { shardOf } from '../gradcheck/runChecks.js';
import { allChecks } from '../gradcheck/suite.js';
import { runInChromium } from './suite.js';

/*
 * npm run gradcheck:browser -- [flags of npm run gradcheck]
 *
 * The gradient-check suite in Chromium: its WebGPU axes, or those of --device.
 */

runProgram('gradcheck:browser', async () => {
  const args = process.argv.slice(2);
  const { suite, only, shard, jobs: _jobs, ...outputs } = parseOptions(args.includes('--device') ? args : [...args, '--device', 'webgpu']);
  const checks = allChecks(suite, only);
  const mine = shardOf(checks, shard);
  const progress = new Progress(mine.length);
  const { rows, adapter } = await runInChromium(mine, suite, only, (row) => progress.step(row.op, row.verdict === 'FAIL'));
  progress.stop();
  const shards = [`${shard.index}/${shard.count}`];
  return conclude({ options: suite, ops: only, adapter: `webgpu in Chromium: ${adapter}`, shards, planned: countPlanned(checks), rows, mutants: null }, outputs);
});
