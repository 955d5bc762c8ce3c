import { type MemoryReport, init, manualSeed, memory } from '../../index.js';
import { DataLoader, generateDigits } from '../../datasets/index.js';
import { oneOf, readFlags, runProgram, wholeNumber } from '../../examples/commandLine.js';
import { createCnn } from '../../examples/mnist-cnn/model.js';
import { fit } from '../../nn/index.js';
import { Adam } from '../../optim/index.js';

/*
 * npm run soak -- [--device webgpu|cpu] [--steps 5000] [--batch 4]
 *
 * Trains the CNN of `npm start` for thousands of steps and compares live tensors, live bytes and pooled bytes after every
 * step with those after step 10. Exit code 1 if any of them ever differs.
 */

const show = ({ liveTensors, liveBytes, pooledBytes }: MemoryReport) => `${liveTensors} tensors, ${liveBytes} live bytes, ${pooledBytes} pooled bytes`;

async function main(): Promise<number> {
  const flags = readFlags(process.argv.slice(2), ['device', 'steps', 'batch']);
  const device = oneOf('device', flags.device, ['webgpu', 'cpu']);
  const steps = wholeNumber('steps', flags.steps, 5000, 11);
  const batchSize = wholeNumber('batch', flags.batch, 4, 1);

  const { backend } = await init({ device });
  manualSeed(1);
  console.log(`Device: ${backend.name}, ${backend.description}; ${steps} steps, batch ${batchSize}`);

  const model = createCnn();
  const optimizer = new Adam(model.parameters());
  const train = new DataLoader(generateDigits('train', 100 * batchSize), { batchSize, shuffle: true, seed: 1 });
  const stop = new AbortController();
  let done = 0;
  let settled: MemoryReport | null = null;
  let grown = '';

  await fit(model, {
    train,
    epochs: Math.ceil(steps / train.batchCount),
    optimizer,
    signal: stop.signal,
    callbacks: [{
      name: 'memory watch',
      onStep({ loss }) {
        done++;
        const now = memory();
        if (done === 10) settled = now;
        if (settled && show(now) !== show(settled)) grown ||= `step ${done}: ${show(now)}; after step 10: ${show(settled)}`;
        if (done % 500 === 0 || done === 10) console.log(`step ${done}: ${show(now)}, loss ${loss.toFixed(4)}, rss ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`);
        if (done === steps || grown) stop.abort();
      },
    }],
  });
  console.log(grown || `${done} steps: unchanged since step 10`);
  return grown ? 1 : 0;
}

runProgram('soak', main);
