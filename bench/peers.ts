import { writeFileSync } from 'node:fs';
import { init } from '../index.js';
import { UsageError, pattern, readFlags, runProgram, wholeNumber } from '../examples/commandLine.js';
import { describeEnvironment } from './environment.js';
import { PEERS_MISSING, peersInstalled } from './peers/installed.js';
import { jax } from './peers/ops/jax.js';
import { type RowResult, enter, leave, raceRow } from './peers/ops/race.js';
import { geometricMean, opsReport, summarizeRow } from './peers/ops/report.js';
import { ROWS } from './peers/ops/rows.js';
import { tapegrad } from './peers/ops/tapegrad.js';
import { tfjs } from './peers/ops/tfjs.js';
import { provideWebGpu } from './peers/webgpu.js';

/*
 * npm run bench:peers -- [--filter RE] [--rounds N] [--json FILE]
 *
 * Single ops on WebGPU, tapegrad and its peers in turn; without `npm ci --prefix bench/peers`, tapegrad alone. Exit code 2 for
 * a mistake on the command line or a missing adapter, 1 if tapegrad fails in a row. TAPEGRAD_ADAPTER chooses the adapter.
 */

async function main(): Promise<number> {
  const flags = readFlags(process.argv.slice(2), ['filter', 'rounds', 'json']);
  const rounds = wholeNumber('rounds', flags.rounds, 9, 1);
  const filter = pattern('filter', flags.filter);
  const rows = ROWS.filter(({ name }) => filter.test(name));
  if (rows.length === 0) throw new UsageError(`--filter ${flags.filter}: no row has such a name`);
  const installed = peersInstalled();
  if (!installed) console.error(`bench: ${PEERS_MISSING}`);

  provideWebGpu(); // one entry object, hence one adapter, for all
  const { backend } = await init({ device: 'webgpu' });
  const environment = describeEnvironment(backend.description);
  console.log(`Single ops on ${environment.adapter}`);
  console.log(`${environment.cpu}, ${environment.cores} cores, Node ${environment.node}, ${environment.date}\n`);

  const entrants = await enter(installed ? [tapegrad(), jax(), tfjs()] : [tapegrad()]);
  const results: RowResult[] = [];
  for (const row of rows) {
    const result = await raceRow(row, entrants, tapegrad('cpu', 'float64'), rounds);
    results.push(result);
    const { milliseconds, ratio, cpuRatio } = summarizeRow(result);
    const figures = Object.entries(milliseconds).map(([name, value]) => `${name} ${value?.toFixed(2) ?? '-'}`);
    console.error(`${results.length}/${rows.length} ${row.name}: ${figures.join(', ')}, ratio ${ratio?.toFixed(2) ?? '-'}, of CPU time ${cpuRatio?.toFixed(2) ?? '-'}`);
  }
  leave(entrants);
  console.log(opsReport(results));

  if (flags.json) {
    const summaries = results.map(summarizeRow);
    const record = { benchmark: 'peers', environment, rounds, geometricMean: geometricMean(summaries), summaries, rows: results };
    writeFileSync(flags.json, `${JSON.stringify(record, null, 2)}\n`);
  }
  return results.some(({ lanes }) => lanes[0].missing) ? 1 : 0; // the first lane is tapegrad's
}

runProgram('bench', main);
