import { writeFileSync } from 'node:fs';
import { TapegradError, init, manualSeed, memory } from '../../index.js';
import { runTraining } from './train.js';
import { USAGE, UsageError, parseOptions } from './options.js';

/*
 * Trains the convolutional network on handwritten (or generated) digits.
 * Bad flags and unreadable files end with one line on stderr and exit code 2, a failed training with exit code 1.
 */

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

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (error instanceof UsageError || error instanceof TapegradError || (error as NodeJS.ErrnoException).syscall) {
      console.error(`tapegrad: ${(error as Error).message}`);
      const failedTraining = (error as Error).name === 'NonFiniteError';
      process.exit(failedTraining ? 1 : 2);
    }
    console.error(error);
    process.exit(1);
  },
);
