import { writeFileSync } from 'node:fs';
import { type DeviceName, init } from '../index.js';
import { describeEnvironment } from './environment.js';
import { UsageError, oneOf, pattern, readFlags, runProgram, wholeNumber } from '../examples/commandLine.js';
import { DeviceMemory } from './peers/deviceMemory.js';
import { PEERS_MISSING, peersInstalled } from './peers/installed.js';
import type { ContenderFactory } from './peers/step/contender.js';
import { jax } from './peers/step/jax.js';
import { race } from './peers/step/race.js';
import { LEGEND, agreementLine, agreementOf, lossesTable, summarize, timesTable } from './peers/step/report.js';
import { tapegrad } from './peers/step/tapegrad.js';
import { tfjs } from './peers/step/tfjs.js';
import { BATCH } from './peers/step/workload.js';
import { provideWebGpu } from './peers/webgpu.js';

/*
 * npm run bench:step -- [--device webgpu|cpu] [--steps N] [--filter RE] [--json FILE]
 *
 * One training step of the mission's network, tapegrad and its peers in turn; without `npm ci --prefix bench/peers`,
 * tapegrad alone. Exit code 2 for a mistake on the command line or a missing adapter, 1 if the contenders disagree or one
 * of them fails. TAPEGRAD_ADAPTER chooses the adapter.
 */

const PEERS: readonly ContenderFactory[] = [jax, tfjs];

/** A step on the CPU takes the slowest peers many seconds. */
const DEFAULT_STEPS: Record<DeviceName, number> = { webgpu: 7, cpu: 3 };

async function main(): Promise<number> {
  const flags = readFlags(process.argv.slice(2), ['device', 'steps', 'filter', 'json']);
  const device = oneOf('device', flags.device, ['webgpu', 'cpu']);
  const steps = wholeNumber('steps', flags.steps, DEFAULT_STEPS[device], 1);
  const filter = pattern('filter', flags.filter);
  const installed = peersInstalled();
  if (!installed) console.error(`bench: ${PEERS_MISSING}`);
  const peers = installed ? PEERS : [];
  const contenders = [tapegrad, ...peers].map((create) => create(device)).filter(({ name }) => filter.test(name));
  if (contenders.length === 0) throw new UsageError(`--filter ${flags.filter}: no contender has such a name`);

  if (device === 'webgpu') provideWebGpu(); // one entry object, hence one adapter, for all
  const memory = device === 'webgpu' ? new DeviceMemory() : null;
  memory?.charge(tapegrad(device).name); // its device is opened here
  const { backend } = await init({ device });
  const environment = describeEnvironment(device === 'webgpu' ? backend.description : null);
  console.log(`One training step of the CNN, batch ${BATCH}, on ${environment.adapter ?? 'the CPU'}`);
  console.log(`${environment.cpu}, ${environment.cores} cores, Node ${environment.node}, ${environment.date}`);

  const runs = await race(contenders, steps, memory, ({ name }, { round, loss, milliseconds }) => {
    const when = round === 0 ? 'first step' : `round ${round}/${steps}`;
    console.error(`${when}: ${name}, loss ${loss.toFixed(4)}, ${milliseconds.toFixed(0)} ms`);
  });
  const baseline = runs.find(({ name }) => name.startsWith('tapegrad'));
  const agreement = agreementOf(runs);
  console.log(`\n${timesTable(runs, baseline)}\n${LEGEND}\n\n${lossesTable(runs)}\n${agreementLine(agreement)}`);

  if (flags.json) {
    const results = runs.map((run) => ({ ...run, summary: summarize(run, baseline) }));
    const record = { benchmark: 'step', device, batch: BATCH, environment, agreement, contenders: results };
    writeFileSync(flags.json, `${JSON.stringify(record, null, 2)}\n`);
  }
  return agreement?.agrees !== false && runs.every(({ failure }) => failure === null) ? 0 : 1;
}

runProgram('bench', main);
