import { FormatError, defaultBackend, manualSeed } from '../../index.js';
import {
  Accuracy, ConfusionMatrix, type EpochRecord, ModelCheckpoint, ProgressBar, type SavedTraining, evaluate, fit, loadTraining, saveTraining,
} from '../../nn/index.js';
import { Adam } from '../../optim/index.js';
import { UsageError } from '../commandLine.js';
import { type Data, loadData } from './data.js';
import { LossLog } from './lossLog.js';
import { createCnn, createLinearModel } from './model.js';
import type { Options } from './options.js';
import { confusionTable, lossCurve, percent } from './report.js';

/** What `--json` writes. Losses in nats an example, accuracies from 0 to 1. */
export interface TrainingResult {
  device: string;
  adapter: string;
  dataset: string;
  parameters: number;
  epochs: readonly EpochRecord[];
  /** Missing when the run was interrupted. */
  testLoss?: number;
  testAccuracy?: number;
  /** Softmax regression on the same examples, for as many epochs. */
  linearTestAccuracy?: number;
  secondsTotal: number;
  /** The first step compiles the kernels. Null where none was left to take: the checkpoint had all the epochs already. */
  secondsFirstStep: number | null;
  /** The median of all later steps. Null where there were none. */
  millisPerStep: number | null;
  interrupted: boolean;
}

/** Where Ctrl-C saves a run without `--save`. */
const INTERRUPTED_FILE = 'mnist-cnn.safetensors';

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? null;
}

/** Options that a resumed run takes from its checkpoint; one given on the command line must agree. */
const FIXED = ['dataset', 'train', 'batch', 'seed', 'lr'] as const;

/** The options in a checkpoint; null if it is not one of this program. */
function parseSaved(text: string | undefined): Options | null {
  try {
    const saved = JSON.parse(text ?? 'null');
    return typeof saved === 'object' && saved !== null && FIXED.every((name) => name in saved) ? saved : null;
  } catch {
    return null;
  }
}

/** The options with which `file` was saved. A flag in `given` that disagrees is a UsageError. */
function fixedOptions(file: string, { extra }: SavedTraining, asked: Options, given: ReadonlySet<string>): Partial<Options> {
  const saved = parseSaved(extra.options);
  if (saved === null) throw new FormatError({ file, offset: 8, expected: 'a checkpoint saved by npm start', found: 'another one' });
  for (const name of FIXED) {
    if (given.has(name) && asked[name] !== saved[name]) {
      throw new UsageError(`--${name} ${asked[name]}: ${file} was saved with --${name} ${saved[name]}; leave the flag out to continue it`);
    }
  }
  return Object.fromEntries(FIXED.map((name) => [name, saved[name]]));
}

/** Test accuracy of the model without hidden layers, trained like the CNN. */
async function linearAccuracy(data: Data, { epochs, seed, lr }: Options): Promise<number> {
  manualSeed(seed);
  const model = createLinearModel();
  const optimizer = new Adam(model.parameters(), { lr });
  await fit(model, { train: data.train, epochs, optimizer });
  const { accuracy } = await evaluate(model, data.test, { metrics: { accuracy: new Accuracy() } });
  optimizer.dispose();
  model.dispose();
  return accuracy;
}

/** The whole job: data, network, training with progress, test, summary. `given` holds the flags that were really there. */
export async function runTraining(asked: Options, given: ReadonlySet<string>, signal: AbortSignal): Promise<TrainingResult> {
  const began = performance.now();
  const from = asked.resume === null ? null : await loadTraining(asked.resume);
  const options: Options = { ...asked, ...(from && fixedOptions(asked.resume!, from, asked, given)) };
  const data = await loadData(options);

  const model = createCnn();
  const optimizer = new Adam(model.parameters(), { lr: options.lr });
  console.log(model.summary([1, 1, 28, 28]));
  if (defaultBackend().name === 'webgpu') console.log('The first step compiles the kernels. Where the driver keeps them, later runs start sooner.');

  const log = new LossLog();
  const extra = { options: JSON.stringify(options) };
  const training = await fit(model, {
    train: data.train,
    validation: data.validation,
    epochs: options.epochs,
    optimizer,
    metrics: { accuracy: new Accuracy() },
    callbacks: [log, new ProgressBar(), ...(options.save === null ? [] : [new ModelCheckpoint({ file: options.save, extra })])],
    from,
    signal,
  });

  const { name, description } = defaultBackend();
  const result: TrainingResult = {
    device: name,
    adapter: description,
    dataset: options.dataset,
    parameters: model.parameters().reduce((total, t) => total + t.size, 0),
    epochs: training.history,
    secondsTotal: 0,
    secondsFirstStep: log.milliseconds.length > 0 ? log.milliseconds[0] / 1000 : null,
    millisPerStep: median(log.milliseconds.slice(1)),
    interrupted: training.interrupted,
  };
  if (training.interrupted) {
    const file = options.save ?? INTERRUPTED_FILE;
    if (options.save === null) await saveTraining(file, training, extra);
    const { epoch, batch } = training.position;
    console.log(`Stopped in epoch ${epoch + 1} after ${batch} batches. Continue with: npm start -- --resume ${file}`);
  } else {
    const confusion = new ConfusionMatrix({ classes: 10 });
    const test = await evaluate(model, data.test, { metrics: { accuracy: new Accuracy(), confusion } });
    result.testLoss = test.loss;
    result.testAccuracy = test.accuracy;
    result.linearTestAccuracy = await linearAccuracy(data, options);
    console.log(lossCurve(log.losses));
    console.log(confusionTable(test.confusion));
    console.log(`test accuracy ${percent(test.accuracy)} (a linear model: ${percent(result.linearTestAccuracy)}), loss ${test.loss.toFixed(4)}`);
  }
  result.secondsTotal = (performance.now() - began) / 1000;
  const pace = result.millisPerStep === null ? '' : `${result.millisPerStep.toFixed(0)} ms a step, `;
  console.log(`${pace}${result.secondsTotal.toFixed(1)} s in all, on ${name} (${description})`);
  optimizer.dispose();
  model.dispose();
  return result;
}
