import { join } from 'node:path';
import { scope } from '../../index.js';
import { Accuracy, Dropout, Linear, ReLU, Sequential, evaluate, fit } from '../../nn/index.js';
import { AdamW } from '../../optim/index.js';
import { DataLoader, kFold, matrixOf, numbersOf, readCsv, selectExamples } from '../../datasets/index.js';
import { type Context, type Example, type Outcome, requireData, requireEnough } from '../example.js';
import { Plot, chart, table } from '../plot.js';

/*
 * Benign or malignant? 569 tumours, 30 measurements each (Wisconsin diagnostic). With so few, one split would be luck: ten-fold
 * cross-validation tests every tumour once, by a network that has not seen it.
 */

// 1. Data: a table. Each fold is standardised by its own training part: the test part must not leak into it.

const FEATURES = 30;

/** (x - mean) / deviation, column by column, both of the rows `train`. */
function standardize(values: Float32Array, train: Int32Array): Float32Array {
  const out = new Float32Array(values.length);
  for (let column = 0; column < FEATURES; column++) {
    const at = (row: number) => values[row * FEATURES + column];
    const mean = train.reduce((sum, row) => sum + at(row), 0) / train.length;
    const deviation = Math.sqrt(train.reduce((sum, row) => sum + (at(row) - mean) ** 2, 0) / train.length);
    for (let row = 0; row < values.length / FEATURES; row++) out[row * FEATURES + column] = (at(row) - mean) / deviation;
  }
  return out;
}

function loaderOf(values: Float32Array, labels: Int32Array, rows: Int32Array, seed: number, shuffle: boolean): DataLoader {
  const tumours = { inputs: [{ data: values, shape: [labels.length, FEATURES] }], targets: [{ data: labels, shape: [labels.length] }] };
  return new DataLoader(selectExamples(tumours, rows), { batchSize: 32, shuffle, seed });
}

// 2. Model: small, and with dropout, since there are few examples.

const createModel = () => new Sequential(new Linear(FEATURES, 32), new ReLU(), new Dropout(0.2), new Linear(32, 2));

// 3. Loss: cross-entropy, the default of `fit`. 4. Optimiser: AdamW. 5. Loop: `fit`, once a fold.

const FOLDS = 10;

async function run(context: Context): Promise<Outcome> {
  const { seed, quick, progress } = context;
  const file = join(
    requireData(context, 'tabular/breast_cancer.csv (Wisconsin diagnostic breast cancer, with a header row and a last column label)'),
    'tabular/breast_cancer.csv',
  );
  const data = await readCsv(file);
  requireEnough(file, 'rows', data.rows.length, FOLDS);
  const columns = data.columns.filter((column) => column !== 'label');
  const values = matrixOf(data, columns);
  const labels = Int32Array.from(numbersOf(data, 'label'));
  const folds = kFold(labels, FOLDS, seed).slice(0, quick ? 2 : FOLDS);
  const bar = progress(folds.length, 'folds');

  const accuracies: number[] = [];
  for (const { train, test } of folds) {
    const accuracy = await scope(async () => {
      const standard = standardize(values, train);
      const model = createModel();
      await fit(model, {
        train: loaderOf(standard, labels, train, seed, true),
        epochs: quick ? 10 : 30,
        optimizer: new AdamW(model.parameters(), { lr: 3e-3, weightDecay: 0.05 }),
      });
      return (await evaluate(model, loaderOf(standard, labels, test, 0, false), { metrics: { accuracy: new Accuracy() } })).accuracy;
    });
    accuracies.push(accuracy);
    bar.update(accuracies.length, `accuracy ${accuracy.toFixed(3)}`);
  }

  // 6. Result: the mean over the folds, and how far they differ.
  const mean = accuracies.reduce((sum, accuracy) => sum + accuracy, 0) / accuracies.length;
  const deviation = Math.sqrt(accuracies.reduce((sum, accuracy) => sum + (accuracy - mean) ** 2, 0) / accuracies.length);
  const dots = chart({
    width: 720,
    height: 300,
    x: { type: 'point', label: 'fold' },
    y: { label: 'accuracy', domain: [0.88, 1], grid: true },
    marks: [
      Plot.ruleY([mean], { stroke: '#4269d0', strokeDasharray: '4 3' }),
      Plot.text([mean], { y: (value) => value, text: () => `mean ${mean.toFixed(4)}`, frameAnchor: 'right', textAnchor: 'end', dy: -8 }),
      Plot.dotY(accuracies, { x: (_, i) => i + 1, y: (accuracy) => accuracy, fill: '#4269d0', r: 5 }),
    ],
  });
  return {
    metrics: { 'mean accuracy': mean, 'deviation between folds': deviation },
    page: [
      { heading: 'Accuracy of each fold', body: dots },
      {
        heading: 'Figures',
        body: table(
          ['fold', 'tumours', 'accuracy'],
          folds.map(({ test }, i) => [i + 1, test.length, accuracies[i].toFixed(4)]),
        ),
      },
    ],
  };
}

export const example: Example = {
  name: 'tabular-medical',
  title: 'a small network on 30 measurements of tumours, tested by ten-fold cross-validation',
  goal: { metric: 'mean accuracy', direction: 'at least', value: 0.96 },
  quickGoal: { metric: 'mean accuracy', direction: 'at least', value: 0.9 },
  run,
};
