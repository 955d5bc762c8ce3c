import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Philox, getRandomState, init, manualSeed } from '../../index.js';
import { DataLoader, randomSplit } from '../../datasets/index.js';
import { oneOf, readFlags, runProgram } from '../../examples/commandLine.js';
import {
  Accuracy, CSVLogger, Dropout, EarlyStopping, LRScheduler, Linear, ModelCheckpoint, ReLU, Sequential, fit, loadTraining, readTensors,
} from '../../nn/index.js';
import { Adam, CosineAnnealingLR, ReduceLROnPlateau } from '../../optim/index.js';

/*
 * A small training with everything that a checkpoint must hold: it saves after every step, and continues where its folder says.
 * At its end it writes what came out, `result.json`: a hash of every bit of model and optimiser, and the history.
 */

/** Points, and whether one is inside a circle. */
function points(count: number) {
  const random = new Philox(3);
  const data = Float32Array.from({ length: 2 * count }, () => 2 * random.uniform() - 1);
  const labels = Int32Array.from({ length: count }, (_, i) => (Math.hypot(data[2 * i], data[2 * i + 1]) < 0.7 ? 1 : 0));
  return { inputs: [{ data, shape: [count, 2] }], targets: [{ data: labels, shape: [count] }] };
}

async function main(): Promise<number> {
  const { folder = '.', ...flags } = readFlags(process.argv.slice(2), ['folder', 'device']);
  await init({ device: oneOf<'cpu' | 'webgpu'>('device', flags.device, ['cpu', 'webgpu']) });
  const file = join(folder, 'run.safetensors');
  manualSeed(1);
  const model = new Sequential(new Linear(2, 24), new ReLU(), new Dropout(0.1), new Linear(24, 2));
  const optimizer = new Adam(model.parameters(), { lr: 0.1 });
  const [train, validation] = randomSplit(points(130), 0.2, 1).map((part) => new DataLoader(part, { batchSize: 8, shuffle: true, seed: 5 }));
  const checkpoint = new ModelCheckpoint({ file, everySteps: 1, keepBest: 2 });
  const training = await fit(model, {
    train, validation, epochs: 9, optimizer, accumulate: 2, clipNorm: 2, metrics: { accuracy: new Accuracy() },
    callbacks: [
      new LRScheduler(new CosineAnnealingLR(optimizer, { tMax: 50 }), { every: 'step' }),
      new LRScheduler(new ReduceLROnPlateau(optimizer, { patience: 1 }), { monitor: 'valLoss' }),
      new EarlyStopping({ patience: 1 }),
      new CSVLogger(join(folder, 'log.csv')),
      checkpoint,
    ],
    from: existsSync(file) ? await loadTraining(file) : null,
  });
  const tensors = await readTensors({ ...model.stateDict(), ...optimizer.stateDict().tensors });
  const hash = createHash('sha256');
  for (const { data } of Object.values(tensors)) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const result = {
    sha256: hash.digest('hex'),
    random: getRandomState(),
    lr: optimizer.lr,
    steps: training.position.steps,
    history: training.history.map(({ seconds, ...figures }) => figures),
    best: checkpoint.best.map(({ epoch, value }) => ({ epoch, value })),
  };
  writeFileSync(join(folder, 'result.json'), JSON.stringify(result));
  return 0;
}

runProgram('killed run', main);
