import { type Tensor, avgPool2d, noGrad, randn, scope, tensor } from '../../index.js';
import {
  Accuracy,
  BatchNorm1d,
  Conv2d,
  ConvTranspose2d,
  Dropout,
  Embedding,
  Flatten,
  LeakyReLU,
  Linear,
  Module,
  ReLU,
  Sequential,
  Sigmoid,
  evaluate,
  fit,
  gradientPenalty,
  wassersteinDiscriminatorLoss,
  wassersteinGeneratorLoss,
} from '../../nn/index.js';
import { Adam, CosineAnnealingLR } from '../../optim/index.js';
import { DataLoader, loadMnist, subset } from '../../datasets/index.js';
import { type Context, type Example, type Outcome, requireData } from '../example.js';
import { Plot, chart, contactSheet, image, lineChart } from '../plot.js';

/*
 * A generator draws the digit that it is asked for, against a critic that compares with real ones (a Wasserstein GAN with gradient penalty,
 * as in gan-ring, told which digit it is about). Whether the drawn ones are what was asked, a third network says that has learnt to read.
 */

// 1. Data: handwritten digits of MNIST, averaged down to 14 x 14 so that a minute suffices.

const SIDE = 14;
const PIXELS = SIDE * SIDE;

async function load(folder: string, part: 'train' | 'test', count: number, seed: number, batchSize: number): Promise<DataLoader> {
  const { images, shape, labels } = subset(await loadMnist(part, folder), 0, count);
  const small = await scope(() => avgPool2d(tensor(images, shape), { kernelSize: 2 }).data());
  return new DataLoader(
    { inputs: [{ data: small as Float32Array, shape: [count, 1, SIDE, SIDE] }], targets: [{ data: labels, shape: [count] }] },
    { batchSize, seed, shuffle: part === 'train', dropLast: part === 'train' },
  );
}

// 2. Models. The generator adds what it knows of the digit to noise and makes a picture of the sum.

const NOISE = 32;
const MAPS = 8;

class Generator extends Module<[noise: Tensor, digits: Tensor]> {
  digit = new Embedding(10, NOISE);
  hidden = new Sequential(
    new Linear(NOISE, 128),
    new BatchNorm1d(128),
    new ReLU(),
    new Linear(128, MAPS * 49),
    new BatchNorm1d(MAPS * 49),
    new ReLU(),
  );
  enlarge = new Sequential(new ConvTranspose2d(MAPS, 1, 4, { stride: 2, padding: 1 }), new Sigmoid());

  forward(noise: Tensor, digits: Tensor): Tensor {
    const hidden = this.hidden.call(noise.add(this.digit.call(digits)));
    return this.enlarge.call(hidden.reshape([-1, MAPS, 7, 7]));
  }
}

// The critic's score is high for a picture that looks real, and fits its digit (the projection of Miyato and Koyama 2018).

const FEATURES = 128;

class Critic extends Module<[pictures: Tensor, digits: Tensor]> {
  features = new Sequential(
    new Conv2d(1, MAPS, 4, { stride: 2, padding: 1 }),
    new LeakyReLU(0.2),
    new Flatten(),
    new Linear(MAPS * 49, FEATURES),
    new LeakyReLU(0.2),
  );
  real = new Linear(FEATURES, 1);
  digit = new Embedding(10, FEATURES);

  forward(pictures: Tensor, digits: Tensor): Tensor {
    const features = this.features.call(pictures);
    const fit = features.mul(this.digit.call(digits)).sum({ axis: 1, keepDim: true });
    return this.real.call(features).add(fit);
  }
}

const createReader = () => new Sequential(new Flatten(), new Linear(PIXELS, 128), new ReLU(), new Dropout(0.3), new Linear(128, 10));

// 3. Losses: the critic's gap between real and drawn, its slope held near 1. 4. Optimisers: Adam, the rates falling so that both settle. 5. Loop.

const BATCH = 32;

async function run(context: Context): Promise<Outcome> {
  const { seed, quick, progress } = context;
  const folder = requireData(context, 'mnist/ (the four IDX files)');
  const loader = await load(folder, 'train', quick ? 1000 : 10_000, seed, BATCH);
  const steps = quick ? 60 : 1000;
  const generator = new Generator();
  const critic = new Critic();
  const [generatorSteps, criticSteps] = [generator, critic].map((model) => new Adam(model.parameters(), { lr: 2e-3, betas: [0.5, 0.999] }));
  const schedules = [generatorSteps, criticSteps].map((optimizer) => new CosineAnnealingLR(optimizer, { tMax: steps }));
  const bar = progress(steps, 'steps');
  const gaps: [step: number, gap: number][] = [];

  for (let step = 1, epoch = 0; step <= steps; epoch++) {
    for (const {
      inputs: [{ data, shape }],
      targets: [labels],
    } of loader.batches(epoch)) {
      const gap = scope(() => {
        const digits = tensor(labels.data, labels.shape);
        const real = tensor(data, shape);
        const drawn = generator.call(randn([BATCH, NOISE]), digits);

        criticSteps.zeroGrad();
        const loss = wassersteinDiscriminatorLoss(critic.call(real, digits), critic.call(drawn.detach(), digits));
        loss.add(gradientPenalty((x) => critic.call(x, digits), real, drawn.detach())).backward();
        criticSteps.step();

        generatorSteps.zeroGrad();
        wassersteinGeneratorLoss(critic.call(drawn, digits)).backward();
        generatorSteps.step();
        return loss.neg().detach();
      });
      schedules.forEach((schedule) => schedule.step());
      if (step % 20 === 0) {
        gaps.push([step, await gap.item()]);
        bar.update(step, `gap ${gaps.at(-1)![1].toFixed(4)}`);
      }
      gap.dispose();
      if (++step > steps) break;
    }
  }

  // 6. Result: what a network that reads real digits makes of a hundred drawn for each digit.
  generator.eval();
  const wanted = Int32Array.from({ length: 1000 }, (_, i) => i % 10);
  const drawn = await scope(() => noGrad(() => generator.call(randn([wanted.length, NOISE]), tensor(wanted)).data()));
  const test = await load(folder, 'test', quick ? 500 : 10_000, seed, 250);
  const { accuracy, asAsked } = await judge(drawn as Float32Array, wanted, loader, test, quick ? 3 : 5);
  const sheet = Array.from({ length: 100 }, (_, i) => drawn.subarray(i * PIXELS, (i + 1) * PIXELS));
  return {
    metrics: {
      'digits covered': asAsked.filter((share) => share >= 0.5).length,
      'read as asked': asAsked.reduce((a, b) => a + b) / 10,
      "reader's accuracy on held-out real digits": accuracy,
    },
    page: [
      { heading: 'Ten drawn for each digit', body: image(contactSheet(sheet, SIDE, SIDE, 10), 'drawn digits, a column for each', 4) },
      { heading: 'Share that is read as the digit asked for', body: bars(asAsked) },
      { heading: 'The gap that the critic sees', body: lineChart({ gap: gaps }, { x: 'step', y: 'gap' }) },
    ],
  };
}

function bars(shares: number[]): string {
  const bar = Plot.barY(shares, { x: (_, digit) => digit, y: (share) => share, fill: 'steelblue' });
  return chart({ width: 720, height: 200, x: { label: 'digit' }, y: { label: 'share', domain: [0, 1], grid: true }, marks: [bar] });
}

/** Trains the reader; its accuracy on held-out real digits, and for each digit the share of those drawn for it that it reads as such. */
async function judge(
  drawn: Float32Array,
  wanted: Int32Array,
  train: DataLoader,
  test: DataLoader,
  epochs: number,
): Promise<{ accuracy: number; asAsked: number[] }> {
  const reader = createReader();
  await fit(reader, { train, epochs, optimizer: new Adam(reader.parameters(), { lr: 2e-3 }) });
  const { accuracy } = await evaluate(reader, test, { metrics: { accuracy: new Accuracy() } });
  reader.eval();
  const read = await scope(() =>
    noGrad(() =>
      reader
        .call(tensor(drawn, [wanted.length, PIXELS]))
        .argmax({ axis: 1 })
        .data(),
    ),
  );
  const asAsked = new Array<number>(10).fill(0);
  wanted.forEach((digit, i) => {
    if (read[i] === digit) asAsked[digit] += 10 / wanted.length;
  });
  return { accuracy, asAsked };
}

export const example: Example = {
  name: 'gan-digits',
  title: 'a generator learns to draw each of the ten digits, against a critic',
  goal: { metric: 'digits covered', direction: 'at least', value: 10 },
  quickGoal: { metric: "reader's accuracy on held-out real digits", direction: 'at least', value: 0.4 },
  run,
};
