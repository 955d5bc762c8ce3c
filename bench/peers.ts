import { writeFileSync } from 'node:fs';
import { init } from '../index.js';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import { UsageError, pattern, readFlags, runProgram, wholeNumber } from '../examples/commandLine.js';
import { describeEnvironment } from './environment.js';
import { PEERS_MISSING, peersInstalled } from './peers/installed.js';
import { opsReport, peersRecord, rowLine, weFailed } from './peers/ops/report.js';
import { ROWS } from './peers/ops/rows.js';
import { racePeers } from './peers/ops/run.js';
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
  if (!peersInstalled()) console.error(`bench: ${PEERS_MISSING}`);

  provideWebGpu(); // one entry object, hence one adapter, for all
  const { backend } = await init({ device: 'webgpu' });
  const environment = describeEnvironment(backend.description, (backend as WebGpuBackend).device);
  console.log(`Single ops on ${environment.adapter}`);
  console.log(`${environment.cpu}, ${environment.cores} cores, Node ${environment.node}, ${environment.date}\n`);

  let done = 0;
  const results = await racePeers({ rows, rounds, onRow: (result) => console.error(`${++done}/${rows.length} ${rowLine(result)}`) });
  console.log(opsReport(results));

  if (flags.json) {
    writeFileSync(flags.json, `${JSON.stringify({ benchmark: 'peers', environment, ...peersRecord(results, rounds) }, null, 2)}\n`);
  }
  return weFailed({ rows: results }) ? 1 : 0;
}

runProgram('bench', main);
