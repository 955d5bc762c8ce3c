import { TapegradError, init, manualSeed, memory, tensor } from '../../index.js';
import { gradcheck } from '../../core/gradcheck.js';
import { DataLoader, normalize, readCsv, twoMoons } from '../../datasets/index.js';
import { Accuracy, Linear, ProgressBar, ReLU, Sequential, evaluate, fit, saveCheckpoint } from '../../nn/index.js';
import { AdamW } from '../../optim/index.js';

/* What a web page does with tapegrad: all five entries, bundled without any setting, on WebGPU. */

async function everyday() {
  const { backend } = await init({ device: 'webgpu' });
  manualSeed(1);
  const { points, labels } = twoMoons(400, { seed: 1 });
  const data = new DataLoader(
    { inputs: [{ data: points, shape: [400, 2] }], targets: [{ data: labels, shape: [400] }] }, { batchSize: 50, shuffle: true },
  );
  const model = new Sequential(new Linear(2, 32), new ReLU(), new Linear(32, 2));
  const optimizer = new AdamW(model.parameters(), { lr: 0.02 });
  await fit(model, { train: data, epochs: 12, optimizer, callbacks: [new ProgressBar()] });
  const { accuracy } = await evaluate(model, data, { metrics: { accuracy: new Accuracy() } });
  const square = await gradcheck((x) => x.mul(x), [tensor([1, -2], { dtype: 'float64', device: 'cpu', requiresGrad: true })]);
  const refusals: string[] = [];
  for (const call of [() => readCsv('table.csv'), () => saveCheckpoint('model.safetensors', model.stateDict())]) {
    await call().catch((error: Error) => refusals.push(`${error instanceof TapegradError}: ${error.message}`));
  }
  optimizer.dispose();
  model.dispose();
  return {
    adapter: backend.description, accuracy, verdict: square.verdict, refusals, liveTensors: memory().liveTensors,
    normalized: [...normalize(1, 2)(Float32Array.of(3), [1, 1, 1], undefined as never)],
  };
}

export type Everyday = Awaited<ReturnType<typeof everyday>>;

Object.assign(globalThis, { everyday });
