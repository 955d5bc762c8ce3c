import { noGrad, scope, tensor } from '../../index.js';
import { Accuracy, EarlyStopping, type EpochRecord, Linear, Module, ReLU, Sequential, evaluate, fit } from '../../nn/index.js';
import { AdamW } from '../../optim/index.js';
import { DataLoader, type Points, spirals } from '../../datasets/index.js';
import type { Context, Example, Outcome } from '../example.js';
import { type Picture, image, lineChart, table } from '../plot.js';

/*
 * A feed-forward network tells three spirals apart. The same network is trained three times on few, noisy points: as it is, with weight
 * decay, and stopped early. It is the difference between the curves that is the lesson.
 */

// 1. Data: three spirals; few points with much noise to train on, many to test on.

const TURNS = 1.25;
const CLASSES = 3;

const loaderOf = ({ points, labels }: Points, batchSize: number, seed = 0, shuffle = false) =>
  new DataLoader({ inputs: [{ data: points, shape: [labels.length, 2] }], targets: [{ data: labels, shape: [labels.length] }] }, { batchSize, shuffle, seed });

// 2. Model: two hidden layers.

const createModel = (hidden: number) =>
  new Sequential(new Linear(2, hidden), new ReLU(), new Linear(hidden, hidden), new ReLU(), new Linear(hidden, CLASSES));

// 3. Loss: cross-entropy, the default of `fit`. 4. Optimiser: AdamW. 5. Loop: `fit`.

interface Recipe {
  name: string;
  weightDecay: number;
  /** Stop after this many epochs without improvement, and go back to the best weights. */
  patience?: number;
}

const RECIPES: readonly Recipe[] = [
  { name: 'as it is', weightDecay: 0 },
  { name: 'weight decay', weightDecay: 0.3 },
  { name: 'early stopping', weightDecay: 0, patience: 20 },
];

/** Trains one recipe; its history, and its accuracy on the test points. */
async function train({ weightDecay, patience }: Recipe, few: Points, seed: number, epochs: number): Promise<{ history: readonly EpochRecord[]; accuracy: number }> {
  const model = createModel(64);
  const validation = loaderOf(spirals(300, { turns: TURNS, noise: 0.06, seed: seed + 100 }), 300);
  const { history } = await fit(model, {
    train: loaderOf(few, 32, seed, true),
    validation,
    epochs,
    optimizer: new AdamW(model.parameters(), { lr: 5e-3, weightDecay }),
    metrics: { accuracy: new Accuracy() },
    callbacks: patience === undefined ? [] : [new EarlyStopping({ patience })],
  });
  const { accuracy } = await evaluate(model, testPoints(0.06), { metrics: { accuracy: new Accuracy() } });
  return { history, accuracy };
}

const testPoints = (noise: number) => loaderOf(spirals(1500, { turns: TURNS, noise, seed: 9999 }), 500);

async function run({ seed, quick, progress }: Context): Promise<Outcome> {
  // The network that reaches the number: enough points, little noise.
  const model = createModel(64);
  const epochs = quick ? 25 : 60;
  const bar = progress(epochs, 'epochs');
  await fit(model, {
    train: loaderOf(spirals(1200, { turns: TURNS, noise: 0.01, seed }), 64, seed, true),
    epochs,
    optimizer: new AdamW(model.parameters(), { lr: 5e-3, weightDecay: 0.01 }),
    callbacks: [{ name: 'bar', onEpoch: ({ loss }, { position }) => bar.update(position.epoch, `loss ${loss.toFixed(4)}`) }],
  });
  const { accuracy } = await evaluate(model, testPoints(0.01), { metrics: { accuracy: new Accuracy() } });

  // The lesson: 120 points with three times the noise.
  const few = spirals(120, { turns: TURNS, noise: 0.06, seed });
  const longer = quick ? 20 : 150;
  const trials: { recipe: Recipe; history: readonly EpochRecord[]; accuracy: number }[] = [];
  const lessons = progress(RECIPES.length, 'recipes');
  for (const [i, recipe] of RECIPES.entries()) {
    trials.push({ recipe, ...(await scope(() => train(recipe, few, seed, longer))) });
    lessons.update(i + 1, recipe.name);
  }

  // 6. Result: the boundary, and the curves side by side.
  const curves = (of: 'loss' | 'valLoss') => Object.fromEntries(trials.map(({ recipe, history }) => [recipe.name, history.map((record) => record[of]!)]));
  return {
    metrics: { 'test accuracy': accuracy, ...Object.fromEntries(trials.map((trial) => [`few points, ${trial.recipe.name}`, trial.accuracy])) },
    page: [
      { heading: 'Decision boundary', body: image(await boundary(model), 'which spiral each point of the plane is taken for', 2) },
      { heading: 'Training loss on 120 noisy points', body: lineChart(curves('loss'), { x: 'epoch', y: 'loss (nats)', logY: true }) },
      { heading: 'Validation loss: what was learnt by heart does not help', body: lineChart(curves('valLoss'), { x: 'epoch', y: 'loss (nats)', logY: true }) },
      {
        heading: 'Side by side',
        body: table(['recipe', 'epochs', 'last training loss', 'test accuracy'], trials.map(({ recipe, history, accuracy }) =>
          [recipe.name, history.length, history.at(-1)!.loss.toFixed(4), `${(100 * accuracy).toFixed(1)} %`])),
      },
    ],
  };
}

const COLORS = [[66, 105, 208], [239, 177, 24], [255, 114, 92]] as const;

/** The plane from -1.2 to 1.2, each pixel in the colour of its likeliest class. */
async function boundary(model: Module, size = 200): Promise<Picture> {
  const grid = new Float32Array(2 * size * size);
  for (let i = 0; i < size * size; i++) {
    grid[2 * i] = -1.2 + (2.4 * ((i % size) + 0.5)) / size;
    grid[2 * i + 1] = 1.2 - (2.4 * (Math.floor(i / size) + 0.5)) / size;
  }
  const classes = await scope(() => noGrad(() => model.forward(tensor(grid, [size * size, 2])).argmax({ axis: 1 }).data()));
  const rgb = new Uint8ClampedArray(3 * size * size);
  classes.forEach((label, i) => rgb.set(COLORS[label], 3 * i));
  return { width: size, height: size, rgb };
}

export const example: Example = {
  name: 'mlp-spirals',
  title: 'a feed-forward network tells spirals apart; overfitting, weight decay and early stopping side by side',
  goal: { metric: 'test accuracy', direction: 'at least', value: 0.98 },
  quickGoal: { metric: 'test accuracy', direction: 'at least', value: 0.7 },
  run,
};
