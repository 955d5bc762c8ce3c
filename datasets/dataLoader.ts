import type { Batch, BatchSource, HostArray } from '../core/batch.js';
import { TapegradError } from '../core/errors.js';
import { REQUIRED, readOptions, requireWhole } from '../core/options.js';
import { EPOCH_STREAMS, Philox, STREAMS } from '../core/random.js';
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
    requireWhole('DataLoader', 'batchSize', this.options.batchSize, 1);
    this.arrays = dataset instanceof Object && 'images' in dataset ? imageArrays(dataset) : dataset;
    this.examples = exampleCount(this.arrays);
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
    requireWhole('DataLoader.batches', 'epoch', epoch, 0, EPOCH_STREAMS - 1);
    requireWhole('DataLoader.batches', 'start', start, 0);
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
    return this.options.shuffle ? new Philox(this.options.seed, STREAMS.batchOrder + epoch).shuffle(order) : order;
  }

  private transformed({ data, shape }: HostArray, indices: Int32Array, transform: Transform, epoch: number): HostArray {
    const [channels, height, width] = shape.slice(1);
    const size = channels * height * width;
    indices.forEach((index, i) => {
      // Seeded by example, so that an image's transform does not depend on the batch it fell into.
      const random = new Philox(this.options.seed ^ Math.imul(index + 1, 0x9e3779b1), STREAMS.transforms + epoch);
      const image = data.subarray(i * size, (i + 1) * size) as Float32Array;
      const changed = transform(image, [channels, height, width], random);
      if (changed?.length !== size) {
        const what = `image ${index} of shape [${channels},${height},${width}]`;
        throw new TapegradError(`DataLoader: the transform must return ${size} pixels for ${what}, got ${changed?.length ?? 'none'}`);
      }
      data.set(changed, i * size);
    });
    return { data, shape };
  }
}
