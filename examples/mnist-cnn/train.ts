import { defaultBackend, manualSeed } from '../../index.js';
import { type EpochRecord, type FitPosition, evaluate, fit, startPosition } from '../../nn/index.js';
import { Adam } from '../../optim/index.js';
import { readProgress, saveProgress } from './checkpoint.js';
import { type Data, loadData } from './data.js';
import { createCnn, createLinearModel } from './model.js';
import type { Options } from './options.js';
import { Progress, confusionMatrix, lossCurve, percent } from './report.js';

/** What `--json` writes. Losses in nats an example, accuracies from 0 to 1. */
export interface TrainingResult {
  device: string;
  adapter: string;
  dataset: string;
  parameters: number;
  epochs: EpochRecord[];
  /** Missing when the run was interrupted. */
  testLoss?: number;
  testAccuracy?: number;
  /** Softmax regression on the same examples, for as many epochs. */
  linearTestAccuracy?: number;
  secondsTotal: number;
  /** The first step compiles the kernels. */
  secondsFirstStep: number;
  /** The median of all later steps. */
  millisPerStep: number;
  interrupted: boolean;
}

/** Where Ctrl-C saves a run without `--save`. */
const INTERRUPTED_FILE = 'mnist-cnn.safetensors';

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Test accuracy of the model without hidden layers, trained like the CNN. */
async function linearAccuracy(data: Data, { epochs, seed, lr }: Options): Promise<number> {
  manualSeed(seed);
  const model = createLinearModel();
  const optimizer = new Adam(model.parameters(), { lr });
  await fit(model, { train: data.train, epochs, optimizer });
  const { accuracy } = await evaluate(model, data.test);
  optimizer.dispose();
  model.dispose();
  return accuracy;
}

/** The whole job: data, network, training with progress, test, summary. `given` holds the flags that were really there. */
export async function runTraining(asked: Options, given: ReadonlySet<string>, signal: AbortSignal): Promise<TrainingResult> {
  const began = performance.now();
  const saved = asked.resume === null ? null : await readProgress(asked.resume, asked, given);
  const options: Options = { ...asked, ...saved?.options };
  const data = await loadData(options);

  const model = createCnn();
  const optimizer = new Adam(model.parameters(), { lr: options.lr });
  saved?.restore(model, optimizer);
  const parameters = model.parameters().reduce((total, t) => total + t.size, 0);
  console.log(model.summary([1, 1, 28, 28]));

  const losses = saved?.losses ?? [];
  const milliseconds: number[] = [];
  const progress = new Progress(options.epochs, data.train.batchCount);
  const save = (file: string, position: FitPosition) => saveProgress(file, model, optimizer, options, position, losses);
  const position = await fit(model, {
    train: data.train,
    validation: data.validation,
    epochs: options.epochs,
    optimizer,
    from: saved?.position ?? startPosition(),
    signal,
    onStep(report) {
      losses.push(report.loss);
      milliseconds.push(report.milliseconds);
      progress.step(report);
    },
    async onEpoch(record, at) {
      progress.epoch(at.epoch, record);
      if (options.save) await save(options.save, at);
    },
  }).finally(() => progress.stop());

  const { name, description } = defaultBackend();
  const interrupted = position.epoch < options.epochs;
  const result: TrainingResult = {
    device: name,
    adapter: description,
    dataset: options.dataset,
    parameters,
    epochs: position.history,
    secondsTotal: 0,
    secondsFirstStep: (milliseconds[0] ?? NaN) / 1000,
    millisPerStep: median(milliseconds.slice(1)),
    interrupted,
  };
  if (interrupted) {
    const file = options.save ?? INTERRUPTED_FILE;
    await save(file, position);
    console.log(`Stopped in epoch ${position.epoch + 1} after ${position.batch} batches. Continue with: npm start -- --resume ${file}`);
  } else {
    const test = await evaluate(model, data.test);
    result.testLoss = test.loss;
    result.testAccuracy = test.accuracy;
    result.linearTestAccuracy = await linearAccuracy(data, options);
    console.log(lossCurve(losses));
    console.log(confusionMatrix(test.labels, test.predictions));
    console.log(`test accuracy ${percent(test.accuracy)} (a linear model: ${percent(result.linearTestAccuracy)}), loss ${test.loss.toFixed(4)}`);
  }
  result.secondsTotal = (performance.now() - began) / 1000;
  console.log(`${result.millisPerStep.toFixed(0)} ms a step, ${result.secondsTotal.toFixed(1)} s in all, on ${name} (${description})`);
  optimizer.dispose();
  model.dispose();
  return result;
}
