import type { Batch, BatchSource, HostArray } from '../core/batch.js';
import { TapegradError } from '../core/errors.js';
import { REQUIRED, readOptions } from '../core/options.js';
import { Philox } from '../core/random.js';
import { type ArrayDataset, type ImageDataset, exampleCount, imageArrays, selectExamples } from './dataset.js';
import type { Transform } from './transforms.js';

export interface DataLoaderOptions {
  batchSize: number;
  /** Draw a new order each epoch. Default false. */
  shuffle?: boolean;
  /** Default 0. */
  seed?: number;
  /** Leave out a last batch that is not full. Default false. */
  dropLast?: boolean;
  /** Applied to each image [channels, height, width] as it is drawn; for a first input of that kind, in float32. */
  transform?: Transform;
}

/** One batch, and which examples of the dataset it holds. */
export interface LoaderBatch extends Batch {
  readonly indices: Int32Array;
}

/** Stream numbers under the loader's seed: the order of epoch e, and the transform of an example in it. */
const ORDER_STREAM = 0x0e000000;
const TRANSFORM_STREAM = 0x0f000000;

/**
 * Batches of a dataset, in an order that depends on nothing but the seed and the epoch: training can stop after any
 * batch and go on later with the very next one. PyTorch's name: `DataLoader`.
 */
export class DataLoader implements BatchSource {
  private readonly arrays: ArrayDataset;
  private readonly examples: number;
  private readonly options: DataLoaderOptions & { seed: number };

  constructor(dataset: ArrayDataset | ImageDataset, options: DataLoaderOptions) {
    this.options = readOptions('DataLoader', options, { batchSize: REQUIRED, shuffle: false, seed: 0, dropLast: false, transform: undefined });
    this.arrays = 'images' in dataset ? imageArrays(dataset) : dataset;
    this.examples = exampleCount(this.arrays);
    if (!Number.isInteger(options.batchSize) || options.batchSize < 1) {
      throw new TapegradError(`DataLoader: batchSize ${options.batchSize} must be a whole number from 1`);
    }
    const [{ data, shape }] = this.arrays.inputs;
    if (options.transform && !(data instanceof Float32Array && shape.length === 4)) {
      throw new TapegradError(`DataLoader: a transform takes float32 images [n, channels, height, width], not [${shape}]`);
    }
  }

  /** Examples in an epoch. */
  get length(): number {
    return this.options.dropLast ? this.examples - (this.examples % this.options.batchSize) : this.examples;
  }

  /** Batches in an epoch. */
  get batchCount(): number {
    return Math.ceil(this.length / this.options.batchSize);
  }

  /** The batches of one epoch, from batch `start` on. */
  *batches(epoch: number, start = 0): Generator<LoaderBatch> {
    const { batchSize, transform } = this.options;
    const order = this.order(epoch);
    for (let first = start * batchSize; first < this.length; first += batchSize) {
      const indices = order.slice(first, Math.min(first + batchSize, this.length));
      const { inputs: [input, ...inputs], targets } = selectExamples(this.arrays, indices);
      yield { inputs: [transform ? this.transformed(input, indices, transform, epoch) : input, ...inputs], targets, indices };
    }
  }

  /** The order of examples in one epoch. */
  private order(epoch: number): Int32Array {
    const order = Int32Array.from({ length: this.examples }, (_, i) => i);
    return this.options.shuffle ? new Philox(this.options.seed, ORDER_STREAM + epoch).shuffle(order) : order;
  }

  private transformed({ data, shape }: HostArray, indices: Int32Array, transform: Transform, epoch: number): HostArray {
    const [channels, height, width] = shape.slice(1);
    const size = channels * height * width;
    indices.forEach((index, i) => {
      // Seeded by example, so that an image's transform does not depend on the batch it fell into.
      const random = new Philox(this.options.seed ^ Math.imul(index + 1, 0x9e3779b1), TRANSFORM_STREAM + epoch);
      const image = data.subarray(i * size, (i + 1) * size) as Float32Array;
      data.set(transform(image, [channels, height, width], random), i * size);
    });
    return { data, shape };
  }
}
