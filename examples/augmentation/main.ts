import { manualSeed, scope } from '../../index.js';
import {
  Accuracy,
  BatchNorm2d,
  Conv2d,
  type EpochRecord,
  Flatten,
  Linear,
  LRScheduler,
  ReLU,
  Sequential,
  evaluate,
  fit,
} from '../../nn/index.js';
import { Adam, CosineAnnealingLR } from '../../optim/index.js';
import {
  DataLoader,
  type ImageDataset,
  type Transform,
  compose,
  loadMnist,
  normalize,
  rotate,
  subset,
  translate,
} from '../../datasets/index.js';
import { Philox } from '../../core/random.js';
import { type Context, type Example, type Outcome, requireData } from '../example.js';
import { contactSheet, image, lineChart, table } from '../plot.js';

/* Few examples, made many: a convolutional network with batch normalisation on 2,000 digits, with and without shifting and turning them. */

// 1. Data: another 2,000 of MNIST's training digits for each seed; the augmented run sees each of them anew every time. MNIST's test
// digits judge both networks once, at the end.

const TRAIN = 2000;
const standardize = normalize(0.1307, 0.3081);
const augment = compose(rotate(12), translate(2));

// 2. Model: two convolutions, each followed by batch normalisation. Strides halve the picture at less cost than pooling; pooling would
// make the network a little blind to shifts, which augmentation is to teach it here.

const block = (from: number, to: number, kernel: number) => [
  new Conv2d(from, to, kernel, { stride: 2, padding: (kernel - 1) / 2 }),
  new BatchNorm2d(to),
  new ReLU(),
];
const createModel = () => new Sequential(...block(1, 16, 5), ...block(16, 32, 3), new Flatten(), new Linear(32 * 7 * 7, 10));

// 3. Loss: cross-entropy, the default of `fit`. 4. Optimiser: Adam, its rate falling along a cosine. 5. Loop: `fit`, twice.

async function train(
  digits: ImageDataset,
  transform: Transform,
  seed: number,
  epochs: number,
  onEpoch: (record: EpochRecord) => void,
): Promise<Sequential> {
  manualSeed(seed); // both runs start from the same weights
  const model = createModel();
  const optimizer = new Adam(model.parameters(), { lr: 3e-3 });
  await fit(model, {
    train: new DataLoader(digits, { batchSize: 50, shuffle: true, seed, transform }),
    epochs,
    optimizer,
    callbacks: [new LRScheduler(new CosineAnnealingLR(optimizer, { tMax: epochs })), { name: 'bar', onEpoch }],
  });
  return model;
}

async function run(context: Context): Promise<Outcome> {
  const { seed, quick, progress } = context;
  const folder = requireData(context, 'mnist/ (the four IDX files)');
  const count = quick ? 150 : TRAIN;
  const digits = subset(await loadMnist('train', folder), (seed % 5) * count, ((seed % 5) + 1) * count);
  const test = new DataLoader(subset(await loadMnist('test', folder), 0, quick ? 200 : 10_000), { batchSize: 250, transform: standardize });
  const epochs = quick ? 2 : 10;

  const trials: { name: string; accuracy: number; losses: number[] }[] = [];
  for (const [name, transform] of [
    ['without', standardize],
    ['with', compose(augment, standardize)],
  ] as const) {
    const bar = progress(epochs, `epochs ${name} augmentation`);
    const losses: number[] = [];
    const accuracy = await scope(async () => {
      const model = await train(digits, transform, seed, epochs, ({ loss }) => bar.update(losses.push(loss), `loss ${loss.toFixed(4)}`));
      return (await evaluate(model, test, { metrics: { accuracy: new Accuracy() } })).accuracy;
    });
    trials.push({ name, accuracy, losses });
  }

  // 6. Result: how much was gained, in points of accuracy.
  const [without, augmented] = trials.map(({ accuracy }) => 100 * accuracy);
  const pixels = digits.images.subarray(0, 784);
  const variants = Array.from({ length: 12 }, (_, i) => (i === 0 ? pixels : augment(pixels, [1, 28, 28], new Philox(seed, i))));
  return {
    metrics: { 'points gained': augmented - without, 'accuracy without (%)': without, 'accuracy with (%)': augmented },
    page: [
      {
        heading: 'One digit, and what augmentation makes of it',
        body: image(contactSheet(variants, 28, 28, 6), 'a digit shifted and turned', 4),
      },
      {
        heading: 'Training loss: the harder task',
        body: lineChart(Object.fromEntries(trials.map(({ name, losses }) => [name, losses])), { x: 'epoch', y: 'loss (nats)', logY: true }),
      },
      {
        heading: 'Test accuracy: the better network',
        body: table(
          ['augmentation', 'test accuracy'],
          trials.map(({ name, accuracy }) => [name, `${(100 * accuracy).toFixed(2)} %`]),
        ),
      },
    ],
  };
}

export const example: Example = {
  name: 'augmentation',
  title: 'a network with batch normalisation on 2,000 digits, with and without shifting and turning them',
  goal: { metric: 'points gained', direction: 'at least', value: 1 },
  quickGoal: { metric: 'accuracy with (%)', direction: 'at least', value: 30 },
  run,
};
