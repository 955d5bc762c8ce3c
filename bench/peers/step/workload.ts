import { Philox } from '../../../core/random.js';
import { sizeOf } from '../../../core/shape.js';
import { DataLoader, generateDigits } from '../../../datasets/index.js';
import type { HostTensor } from '../hostTensor.js';

/*
 * What every contender trains: Conv2d(1,32,3) ReLU MaxPool2 Conv2d(32,64,3) ReLU MaxPool2 Flatten Linear(1600,128) ReLU
 * Linear(128,10), mean cross-entropy, Adam. Same images, same initial weights: the losses must agree.
 */

export const BATCH = 128;
export const CLASSES = 10;
export const ADAM = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 } as const;

const SEED = 1;
/** Different batches; then the first comes again. */
const BATCHES = 8;

/** Parameters by their names in PyTorch's `nn.Sequential`, in its layouts: [out, in, height, width] and [out, in]. */
export const PARAMETER_SHAPES = {
  '0.weight': [32, 1, 3, 3],
  '0.bias': [32],
  '3.weight': [64, 32, 3, 3],
  '3.bias': [64],
  '7.weight': [128, 1600],
  '7.bias': [128],
  '9.weight': [10, 128],
  '9.bias': [10],
} as const;

export type ParameterName = keyof typeof PARAMETER_SHAPES;

/** PyTorch's initial values: uniform within 1 / sqrt(values that one output sums up). */
export function initialParameters(): Record<ParameterName, HostTensor> {
  const random = new Philox(SEED);
  const entries = Object.entries(PARAMETER_SHAPES).map(([name, shape]) => {
    const weight = PARAMETER_SHAPES[name.replace('bias', 'weight') as ParameterName];
    const bound = 1 / Math.sqrt(sizeOf(weight.slice(1)));
    const data = Float32Array.from({ length: sizeOf(shape) }, () => bound * (2 * random.uniform() - 1));
    return [name, { shape, data }];
  });
  return Object.fromEntries(entries);
}

/** One batch on the host. */
export interface ImageBatch {
  /** Pixels, row-major. */
  readonly inputs: Float32Array;
  /** [batch, channels, height, width] */
  readonly shape: readonly number[];
  /** Class labels. */
  readonly targets: Int32Array;
}

/** The batches of training, without end: generated digits [128, 1, 28, 28] and their labels, all drawn at once. */
export function trainingBatches(): Iterator<ImageBatch, never> {
  const digits = generateDigits('train', BATCH * BATCHES, SEED);
  const batches = [...new DataLoader(digits, { batchSize: BATCH }).batches(0)];
  return repeat(batches.map(({ inputs: [images], targets: [labels] }) =>
    ({ inputs: images.data as Float32Array, shape: images.shape, targets: labels.data as Int32Array })));
}

function* repeat<T>(items: readonly T[]): Generator<T, never> {
  for (;;) yield* items;
}
