import { writeFileSync } from 'node:fs';
import { init, manualSeed, memory } from '../../index.js';
import { runProgram } from '../commandLine.js';
import { USAGE, parseOptions } from './options.js';
import { runTraining } from './train.js';

/* Trains the convolutional network on handwritten (or generated) digits. */

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2));
  if (!parsed) {
    console.log(USAGE);
    return 0;
  }
  const { options, given } = parsed;
  const { backend, fallback } = await init({ device: options.device });
  if (fallback) console.log(`No usable WebGPU adapter (${fallback}); training on the CPU.`);
  console.log(`Device: ${backend.name}, ${backend.description}`);
  manualSeed(options.seed);

  const interrupt = new AbortController();
  process.once('SIGINT', () => {
    console.error('\nStopping after this step ...');
    interrupt.abort();
    process.once('SIGINT', () => process.exit(130));
  });
  const result = await runTraining(options, given, interrupt.signal);
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ ...result, memory: memory() }, null, 2)}\n`);
  return result.interrupted ? 130 : 0;
}

runProgram('tapegrad', main);
