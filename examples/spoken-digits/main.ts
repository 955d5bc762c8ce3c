import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  Accuracy,
  BatchNorm2d,
  ConfusionMatrix,
  Conv2d,
  Dropout,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  evaluate,
  fit,
} from '../../nn/index.js';
import { AdamW } from '../../optim/index.js';
import { DataLoader, type ImageDataset, logMelSpectrogram, readWav, translate } from '../../datasets/index.js';
import { type Context, type Example, type Outcome, requireData, requireEnough } from '../example.js';
import { image, lineChart, table } from '../plot.js';

/* Which digit was said? Sounds become pictures of their frequencies over time, and a convolutional network looks at them. */

// 1. Data: 300 recordings of three speakers (Free Spoken Digit Dataset). Of each speaker and digit, recordings 0 and 1 are for testing.

const BANDS = 32;
const FRAMES = 32;
const TEST_RECORDINGS = 2;

/** Loudness by band and time, [BANDS, FRAMES], standardised for each sound: how loud somebody spoke is no part of the digit. */
async function pictureOf(path: string): Promise<Float32Array> {
  const sound = await readWav(path);
  const hop = Math.max(64, Math.ceil(sound.samples.length / FRAMES)); // the whole word, spoken fast or slowly, fills the picture
  const { values, frames } = logMelSpectrogram(sound, { windowSize: 256, hop, bands: BANDS, low: 60 });
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const picture = new Float32Array(BANDS * FRAMES).fill(-1);
  for (let band = 0; band < BANDS; band++) {
    for (let frame = 0; frame < Math.min(frames, FRAMES); frame++)
      picture[band * FRAMES + frame] = (values[band * frames + frame] - mean) / deviation;
  }
  return picture;
}

async function load(folder: string): Promise<{ train: ImageDataset; test: ImageDataset }> {
  const files = (existsSync(folder) ? readdirSync(folder) : []).flatMap((file) => {
    const [, digit, index] = /^(\d)_\w+_(\d+)\.wav$/.exec(file) ?? [];
    return digit === undefined ? [] : [{ file, digit: Number(digit), test: Number(index) < TEST_RECORDINGS }];
  });
  const part = async (test: boolean): Promise<ImageDataset> => {
    const chosen = files.filter((file) => file.test === test);
    const images = new Float32Array(chosen.length * BANDS * FRAMES);
    for (const [i, { file }] of chosen.entries()) images.set(await pictureOf(join(folder, file)), i * BANDS * FRAMES);
    return { images, shape: [chosen.length, 1, BANDS, FRAMES], labels: Int32Array.from(chosen, ({ digit }) => digit) };
  };
  const sets = { train: await part(false), test: await part(true) };
  for (const [name, { labels }] of Object.entries(sets)) {
    requireEnough(folder, `recordings DIGIT_SPEAKER_NUMBER.wav to ${name}`, labels.length, 1);
  }
  return sets;
}

// 2. Model: three convolutions, each followed by normalisation and a pool.

const block = (from: number, to: number) => [new Conv2d(from, to, 3, { padding: 1 }), new BatchNorm2d(to), new ReLU(), new MaxPool2d(2)];
const createModel = () =>
  new Sequential(...block(1, 16), ...block(16, 32), ...block(32, 32), new Flatten(), new Dropout(0.4), new Linear(32 * 4 * 4, 10));

// 3. Loss: cross-entropy, the default of `fit`. 4. Optimiser: AdamW. 5. Loop: `fit`, every picture shifted a little each time.

async function run(context: Context): Promise<Outcome> {
  const { seed, quick, progress } = context;
  const { train, test } = await load(join(requireData(context, 'fsdd/*.wav (Free Spoken Digit Dataset)'), 'fsdd'));
  const model = createModel();
  const epochs = quick ? 1 : 30;
  const bar = progress(epochs, 'epochs');
  const { history } = await fit(model, {
    train: new DataLoader(train, { batchSize: 16, shuffle: true, seed, transform: translate(2) }),
    epochs,
    optimizer: new AdamW(model.parameters(), { lr: 2e-3, weightDecay: 0.01 }),
    metrics: { accuracy: new Accuracy() },
    callbacks: [
      {
        name: 'bar',
        onEpoch: ({ loss, accuracy }, { position }) =>
          bar.update(position.epoch, `loss ${loss.toFixed(3)}, accuracy ${accuracy!.toFixed(3)}`),
      },
    ],
  });

  // 6. Result: recordings that were not trained on.
  const { accuracy, confusion } = await evaluate(model, new DataLoader(test, { batchSize: 30 }), {
    metrics: { accuracy: new Accuracy(), confusion: new ConfusionMatrix({ classes: 10 }) },
  });
  const pixels = (i: number) => test.images.subarray(i * BANDS * FRAMES, (i + 1) * BANDS * FRAMES);
  const shown = [0, 1, 2].map((digit) =>
    spectrogramImage(pixels(test.labels.indexOf(digit)), `the spectrum of a spoken ${digit} over time`),
  );
  return {
    metrics: { 'test accuracy': accuracy, 'training recordings': train.labels.length, 'test recordings': test.labels.length },
    page: [
      { heading: 'What the network sees: 0, 1 and 2 (time to the right, frequency upward)', body: shown.join(' ') },
      {
        heading: 'Training loss',
        body: lineChart({ loss: history.map(({ loss }) => loss) }, { x: 'epoch', y: 'loss (nats)', logY: true }),
      },
      {
        heading: 'Said (rows) and understood (columns)',
        body: table(
          ['', ...confusion.map((_, i) => String(i))],
          confusion.map((row, i) => [i, ...row]),
        ),
      },
    ],
  };
}

function spectrogramImage(values: Float32Array, alt: string): string {
  const rgb = new Uint8ClampedArray(3 * BANDS * FRAMES);
  for (let band = 0; band < BANDS; band++) {
    for (let frame = 0; frame < FRAMES; frame++) {
      rgb.fill(128 + 60 * values[(BANDS - 1 - band) * FRAMES + frame], 3 * (band * FRAMES + frame), 3 * (band * FRAMES + frame) + 3);
    }
  }
  return image({ width: FRAMES, height: BANDS, rgb }, alt, 6);
}

export const example: Example = {
  name: 'spoken-digits',
  title: 'a convolutional network reads log-mel spectra of spoken digits',
  goal: { metric: 'test accuracy', direction: 'at least', value: 0.85 },
  quickGoal: { metric: 'test accuracy', direction: 'at least', value: 0.2 },
  run,
};
