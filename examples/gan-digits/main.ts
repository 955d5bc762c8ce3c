import { type Tensor, avgPool2d, noGrad, randn, scope, tensor } from '../../index.js';
import {
  Accuracy, BatchNorm1d, Dropout, LeakyReLU, Linear, ReLU, Sequential, Sigmoid, evaluate, fit, minimaxDiscriminatorLoss, nonSaturatingGeneratorLoss,
} from '../../nn/index.js';
import { Adam } from '../../optim/index.js';
import { DataLoader, generateDigits } from '../../datasets/index.js';
import type { Context, Example, Outcome } from '../example.js';
import { Plot, chart, contactSheet, image, lineChart } from '../plot.js';

/*
 * A generator draws digits that a discriminator cannot tell from real ones (Goodfellow et al. 2014). Whether they are digits, and all
 * ten of them, a third network says that has learnt to read the real ones.
 */

// 1. Data: generated digits, averaged down to 14 x 14 so that minutes suffice.

const SIDE = 14;
const PIXELS = SIDE * SIDE;

async function load(count: number, seed: number): Promise<{ images: Float32Array; labels: Int32Array }> {
  const { images, shape, labels } = generateDigits('train', count, seed);
  return { images: (await scope(() => avgPool2d(tensor(images, shape), { kernel: 2 }).data())) as Float32Array, labels };
}

// 2. Models: noise to a picture, a picture to a score, and a reader that judges the result.

const NOISE = 32;

const createGenerator = () => new Sequential(
  new Linear(NOISE, 128), new BatchNorm1d(128), new ReLU(),
  new Linear(128, 256), new BatchNorm1d(256), new ReLU(),
  new Linear(256, PIXELS), new Sigmoid(),
);
const createDiscriminator = () => new Sequential(
  new Linear(PIXELS, 256), new LeakyReLU(0.2), new Dropout(0.3),
  new Linear(256, 128), new LeakyReLU(0.2), new Dropout(0.3),
  new Linear(128, 1),
);
const createReader = () => new Sequential(new Linear(PIXELS, 128), new ReLU(), new Dropout(0.3), new Linear(128, 10));

// 3. Losses: the discriminator's minimax loss; the generator's does not saturate. 4. Optimisers: Adam, with little momentum. 5. Loop.

const BATCH = 64;

async function run({ seed, quick, progress }: Context): Promise<Outcome> {
  const { images, labels } = await load(quick ? 1000 : 6000, seed);
  const loader = new DataLoader(
    { inputs: [{ data: images, shape: [labels.length, PIXELS] }], targets: [{ data: labels, shape: [labels.length] }] }, { batchSize: BATCH, shuffle: true, seed, dropLast: true },
  );
  const generator = createGenerator();
  const discriminator = createDiscriminator();
  const generatorSteps = new Adam(generator.parameters(), { lr: 2e-4, betas: [0.5, 0.999] });
  const discriminatorSteps = new Adam(discriminator.parameters(), { lr: 2e-4, betas: [0.5, 0.999] });
  const epochs = quick ? 3 : 40;
  const bar = progress(epochs, 'epochs');
  const losses: Record<'discriminator' | 'generator', number[]> = { discriminator: [], generator: [] };

  for (let epoch = 0; epoch < epochs; epoch++) {
    let last: Tensor[] = [];
    for (const { inputs: [{ data, shape }] } of loader.batches(epoch)) {
      last.forEach((loss) => loss.dispose());
      last = scope(() => {
        discriminatorSteps.zeroGrad();
        const drawn = noGrad(() => generator.call(randn([BATCH, NOISE])));
        const discriminatorLoss = minimaxDiscriminatorLoss(discriminator.call(tensor(data, shape)), discriminator.call(drawn));
        discriminatorLoss.backward();
        discriminatorSteps.step();

        generatorSteps.zeroGrad();
        const generatorLoss = nonSaturatingGeneratorLoss(discriminator.call(generator.call(randn([BATCH, NOISE]))));
        generatorLoss.backward();
        generatorSteps.step();
        return [discriminatorLoss.detach(), generatorLoss.detach()];
      });
    }
    const [discriminatorLoss, generatorLoss] = await Promise.all(last.map((loss) => loss.item()));
    losses.discriminator.push(discriminatorLoss);
    losses.generator.push(generatorLoss);
    bar.update(epoch + 1, `discriminator ${discriminatorLoss.toFixed(3)}, generator ${generatorLoss.toFixed(3)}`);
  }

  // 6. Result: what a network that reads real digits makes of the drawn ones.
  generator.eval();
  const drawn = (await scope(() => noGrad(() => generator.call(randn([500, NOISE])).data()))) as Float32Array;
  const { accuracy, shares, sure } = await judge(drawn, loader, quick ? 3 : 10);
  const sheet = Array.from({ length: 100 }, (_, i) => drawn.subarray(i * PIXELS, (i + 1) * PIXELS));
  return {
    metrics: { 'digits covered': shares.filter((share) => share >= 0.02).length, 'read with certainty': sure, "reader's accuracy on real digits": accuracy },
    page: [
      { heading: 'A hundred drawn digits', body: image(contactSheet(sheet, SIDE, SIDE, 20), 'drawn digits', 3) },
      { heading: 'What they are read as', body: chart({ width: 720, height: 200, marks: [Plot.barY(shares, { x: (_, digit) => digit, y: (share) => share })], y: { label: 'share', grid: true } }) },
      { heading: 'Losses', body: lineChart(losses, { x: 'epoch', y: 'loss (nats)' }) },
    ],
  };
}

/** Trains the reader; its accuracy on real digits, the share of each digit among the drawn ones, and the share that it reads with 90 % certainty. */
async function judge(drawn: Float32Array, loader: DataLoader, epochs: number): Promise<{ accuracy: number; shares: number[]; sure: number }> {
  const reader = createReader();
  await fit(reader, { train: loader, epochs, optimizer: new Adam(reader.parameters(), { lr: 2e-3 }) });
  const { accuracy } = await evaluate(reader, loader, { metrics: { accuracy: new Accuracy() } });
  reader.eval();
  const count = drawn.length / PIXELS;
  const chances = await scope(() => noGrad(() => reader.call(tensor(drawn, [count, PIXELS])).softmax({ axis: 1 }).data()));
  const shares = new Array<number>(10).fill(0);
  let sure = 0;
  for (let i = 0; i < count; i++) {
    const row = Array.from(chances.subarray(10 * i, 10 * i + 10));
    const chance = Math.max(...row);
    shares[row.indexOf(chance)] += 1 / count;
    if (chance >= 0.9) sure += 1 / count;
  }
  return { accuracy, shares, sure };
}

export const example: Example = {
  name: 'gan-digits',
  title: 'a generator learns to draw all ten digits, against a discriminator',
  goal: { metric: 'digits covered', direction: 'at least', value: 10 },
  quickGoal: { metric: "reader's accuracy on real digits", direction: 'at least', value: 0.4 },
  run,
};
