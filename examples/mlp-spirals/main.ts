import { manualSeed, noGrad, scope, tensor } from '../../index.js';
import {
  Accuracy,
  type Callback,
  EarlyStopping,
  type EpochRecord,
  LRScheduler,
  Linear,
  Module,
  ReLU,
  Sequential,
  evaluate,
  fit,
} from '../../nn/index.js';
import { AdamW, CosineAnnealingLR } from '../../optim/index.js';
import { DataLoader, type Points, spirals } from '../../datasets/index.js';
import type { Context, Example, Outcome } from '../example.js';
import { type Picture, image, lineChart, sideBySide, table } from '../plot.js';

/*
 * A feed-forward network tells three spirals apart. Then the lesson: the same network on few, noisy points learns them by heart. It is
 * trained three times, as it is, with weight decay, and stopped early; what differs is how sure it is of what it does not know.
 */

// 1. Data: three spirals, generated: points to train on, others to watch training by, and 1,500 to test on at the very end.

const CLEAR = { turns: 1.25, noise: 0.01 };
const NOISY = { turns: 0.8, noise: 0.12 };
const TEST_SEED = 9999;

const loaderOf = ({ points, labels }: Points, batchSize: number, seed = 0, shuffle = false) =>
  new DataLoader(
    { inputs: [{ data: points, shape: [labels.length, 2] }], targets: [{ data: labels, shape: [labels.length] }] },
    { batchSize, shuffle, seed },
  );
const testPoints = (kind: typeof CLEAR) => loaderOf(spirals(1500, { ...kind, seed: TEST_SEED }), 500);

// 2. Model: two hidden layers.

const createModel = (hidden: number) =>
  new Sequential(new Linear(2, hidden), new ReLU(), new Linear(hidden, hidden), new ReLU(), new Linear(hidden, 3));

// 3. Loss: cross-entropy, the default of `fit`. 4. Optimiser: AdamW. 5. Loop: `fit`, on the clear spirals with a rate that falls along a cosine.

async function trainClear(points: Points, seed: number, epochs: number, bar: Callback): Promise<Module> {
  const model = createModel(64);
  const optimizer = new AdamW(model.parameters(), { lr: 1e-2, weightDecay: 0.01 });
  await fit(model, {
    train: loaderOf(points, 64, seed, true),
    epochs,
    optimizer,
    callbacks: [new LRScheduler(new CosineAnnealingLR(optimizer, { tMax: epochs })), bar],
  });
  return model;
}

interface Recipe {
  name: string;
  weightDecay: number;
  /** Stop after this many epochs without improvement on the validation points, and go back to the best weights. */
  patience?: number;
}

const RECIPES: readonly Recipe[] = [
  { name: 'as it is', weightDecay: 0 },
  { name: 'weight decay', weightDecay: 0.3 },
  { name: 'early stopping', weightDecay: 0, patience: 20 },
];

interface Trial {
  name: string;
  history: readonly EpochRecord[];
  test: Record<'loss' | 'accuracy', number>;
  picture: Picture;
}

/** One recipe, from the same first weights as the others. */
async function tryRecipe({ name, weightDecay, patience }: Recipe, few: Points, seed: number, epochs: number): Promise<Trial> {
  manualSeed(seed);
  const model = createModel(128);
  const metrics = { accuracy: new Accuracy() };
  const { history } = await fit(model, {
    train: loaderOf(few, 32, seed, true),
    validation: loaderOf(spirals(120, { ...NOISY, seed: seed + 1000 }), 120),
    epochs,
    optimizer: new AdamW(model.parameters(), { lr: 1e-2, weightDecay }),
    callbacks: patience === undefined ? [] : [new EarlyStopping({ patience })],
  });
  return { name, history, test: await evaluate(model, testPoints(NOISY), { metrics }), picture: await boundary(model, few, 1.3, 150) };
}

async function run({ seed, quick, progress }: Context): Promise<Outcome> {
  // The network that reaches the number: enough points, little noise.
  const epochs = quick ? 20 : 60;
  const bar = progress(epochs, 'epochs');
  const points = spirals(1200, { ...CLEAR, seed });
  const model = await trainClear(points, seed, epochs, {
    name: 'bar',
    onEpoch: ({ loss }, { position }) => bar.update(position.epoch, `loss ${loss.toFixed(4)}`),
  });
  const { accuracy } = await evaluate(model, testPoints(CLEAR), { metrics: { accuracy: new Accuracy() } });

  // The lesson: 120 points, and so much noise that the arms overlap.
  const few = spirals(120, { ...NOISY, seed });
  const trials: Trial[] = [];
  const lessons = progress(RECIPES.length, 'recipes');
  for (const recipe of RECIPES) {
    trials.push(await scope(() => tryRecipe(recipe, few, seed, quick ? 20 : 150)));
    lessons.update(trials.length, recipe.name);
  }

  // 6. Result: the boundaries, and the curves side by side.
  const curves = (of: 'loss' | 'valLoss') =>
    Object.fromEntries(trials.map(({ name, history }) => [name, history.map((record) => record[of]!)]));
  const axes = { x: 'epoch', y: 'loss (nats)', logY: true, width: 480 };
  return {
    metrics: {
      'test accuracy': accuracy,
      ...Object.fromEntries(
        trials.flatMap(({ name, test }) => [
          [`few points, ${name}: test loss`, test.loss],
          [`few points, ${name}: test accuracy`, test.accuracy],
        ]),
      ),
    },
    page: [
      {
        heading: 'Which spiral each point of the plane is taken for',
        body: image(await boundary(model, points, 1.2, 300), 'decision boundary', 2),
      },
      {
        heading: '120 noisy points: the boundary that each recipe draws around them',
        body: sideBySide(Object.fromEntries(trials.map(({ name, picture }) => [name, image(picture, `decision boundary, ${name}`, 2)]))),
      },
      {
        heading: 'What was learnt by heart does not help',
        body: sideBySide({ 'training points': lineChart(curves('loss'), axes), 'validation points': lineChart(curves('valLoss'), axes) }),
      },
      {
        heading: 'Side by side',
        body: table(
          ['recipe', 'epochs', 'last training loss', 'test loss', 'test accuracy'],
          trials.map(({ name, history, test }) => [
            name,
            history.length,
            history.at(-1)!.loss.toFixed(3),
            test.loss.toFixed(3),
            `${(100 * test.accuracy).toFixed(1)} %`,
          ]),
        ),
      },
    ],
  };
}

const COLORS = [
  [66, 105, 208],
  [239, 177, 24],
  [255, 114, 92],
] as const;

/** The square from -extent to extent, each pixel in the pale colour of its likeliest class, and the points that were learnt from. */
async function boundary(model: Module, { points, labels }: Points, extent: number, size: number): Promise<Picture> {
  const place = (pixel: number) => (2 * extent * (pixel + 0.5)) / size - extent;
  const grid = Float32Array.from({ length: 2 * size * size }, (_, i) =>
    i % 2 === 0 ? place((i >> 1) % size) : -place(Math.floor((i >> 1) / size)),
  );
  const classes = await scope(() =>
    noGrad(() =>
      model
        .forward(tensor(grid, [size * size, 2]))
        .argmax({ axis: 1 })
        .data(),
    ),
  );
  const rgb = new Uint8ClampedArray(3 * size * size);
  classes.forEach((label, i) =>
    rgb.set(
      COLORS[label].map((value) => 255 - 0.45 * (255 - value)),
      3 * i,
    ),
  );
  const pixel = (value: number) => Math.round(((value + extent) / (2 * extent)) * size - 0.5);
  labels.forEach((label, i) => {
    const [column, row] = [pixel(points[2 * i]), pixel(-points[2 * i + 1])];
    for (const [dx, dy] of [
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ]) {
      if (column + dx >= 0 && column + dx < size && row + dy >= 0 && row + dy < size)
        rgb.set(
          COLORS[label].map((value) => 0.75 * value),
          3 * ((row + dy) * size + column + dx),
        );
    }
  });
  return { width: size, height: size, rgb };
}

export const example: Example = {
  name: 'mlp-spirals',
  title: 'a feed-forward network tells spirals apart; overfitting, weight decay and early stopping side by side',
  goal: { metric: 'test accuracy', direction: 'at least', value: 0.98 },
  quickGoal: { metric: 'test accuracy', direction: 'at least', value: 0.7 },
  run,
};
