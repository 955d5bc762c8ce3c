import { DataLoader, type ImageDataset, generateDigits, loadMnist, normalize, subset } from '../../datasets/index.js';
import type { Options } from './options.js';

/** Generated test digits; MNIST brings its own 10,000. */
const TEST_DIGITS = 2_000;

/** Part of the training examples that is held out to watch for overfitting, and its largest number. */
const VALIDATION_SHARE = 1 / 20;
const MOST_VALIDATION = 500;

/** Mean and standard deviation of MNIST's training pixels; the generated digits have about the same. */
const standardize = normalize(0.1307, 0.3081);

export interface Data {
  train: DataLoader;
  validation: DataLoader;
  test: DataLoader;
}

/** Training, validation and test examples as the options ask; the same for the same options. */
export async function loadData({ dataset, data, train, batch, seed }: Options): Promise<Data> {
  const load = (part: 'train' | 'test', count: number): Promise<ImageDataset> | ImageDataset =>
    dataset === 'digits' ? generateDigits(part, count) : loadMnist(part, data);
  const all = await load('train', train);
  const count = Math.min(train, all.labels.length);
  const held = Math.max(1, Math.min(MOST_VALIDATION, Math.floor(count * VALIDATION_SHARE)));
  const test = await load('test', TEST_DIGITS);
  const common = { batchSize: batch, transform: standardize };
  return {
    train: new DataLoader(subset(all, 0, count - held), { ...common, shuffle: true, seed }),
    validation: new DataLoader(subset(all, count - held, count), common),
    test: new DataLoader(test, common),
  };
}
