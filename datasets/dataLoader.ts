import { TapegradError } from '../core/errors.js';
import { Philox } from '../core/random.js';
import type { ImageDataset } from './dataset.js';
import type { Transform } from './transforms.js';

export interface DataLoaderOptions {
  batchSize: number;
  /** Draw a new order each epoch. Default false. */
  shuffle?: boolean;
  /** Default 0. */
  seed?: number;
  /** Leave out a last batch that is not full. Default false. */
  dropLast?: boolean;
  /** Applied to each image as it is drawn. */
  transform?: Transform;
}

/** One batch on the host. */
export interface ImageBatch {
  /** Pixels, row-major. */
  readonly inputs: Float32Array;
  /** [batch, channels, height, width] */
  readonly shape: readonly number[];
  /** Class labels. */
  readonly targets: Int32Array;
  /** Which examples of the dataset these are. */
  readonly indices: Int32Array;
}

/** Stream numbers under the loader's seed: the order of epoch e, and the transform of an example in it. */
const ORDER_STREAM = 0x0e000000;
const TRANSFORM_STREAM = 0x0f000000;

/**
 * Batches of a dataset, in an order that depends on nothing but the seed and the epoch: training can stop after any
 * batch and go on later with the very next one. PyTorch's name: `DataLoader`.
 */
export class DataLoader {
  constructor(private readonly dataset: ImageDataset, private readonly options: DataLoaderOptions) {
    if (!Number.isInteger(options.batchSize) || options.batchSize < 1) {
      throw new TapegradError(`DataLoader: batchSize ${options.batchSize} must be a whole number from 1`);
    }
  }

  /** Examples in an epoch. */
  get length(): number {
    const n = this.dataset.labels.length;
    return this.options.dropLast ? n - (n % this.options.batchSize) : n;
  }

  /** Batches in an epoch. */
  get batchCount(): number {
    return Math.ceil(this.length / this.options.batchSize);
  }

  /** The order of examples in one epoch. */
  private order(epoch: number): Int32Array {
    const order = Int32Array.from({ length: this.dataset.labels.length }, (_, i) => i);
    return this.options.shuffle ? new Philox(this.options.seed ?? 0, ORDER_STREAM + epoch).shuffle(order) : order;
  }

  /** The batches of one epoch, from batch `start` on. */
  *batches(epoch: number, start = 0): Generator<ImageBatch> {
    const { batchSize, transform, seed = 0 } = this.options;
    const [, channels, height, width] = this.dataset.shape;
    const imageSize = channels * height * width;
    const order = this.order(epoch);
    for (let first = start * batchSize; first < this.length; first += batchSize) {
      const indices = order.slice(first, Math.min(first + batchSize, this.length));
      const inputs = new Float32Array(indices.length * imageSize);
      const targets = new Int32Array(indices.length);
      indices.forEach((index, i) => {
        const image = this.dataset.images.subarray(index * imageSize, (index + 1) * imageSize);
        // Seeded by example, so that an image's transform does not depend on the batch it fell into.
        const random = new Philox(seed ^ Math.imul(index + 1, 0x9e3779b1), TRANSFORM_STREAM + epoch);
        inputs.set(transform ? transform(image, [channels, height, width], random) : image, i * imageSize);
        targets[i] = this.dataset.labels[index];
      });
      yield { inputs, shape: [indices.length, channels, height, width], targets, indices };
    }
  }
}
