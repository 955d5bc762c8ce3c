import type { HostArray } from '../core/batch.js';
import { allocate, dtypeOf } from '../core/dtype.js';
import { TapegradError } from '../core/errors.js';
import { requireArray, requireWhole } from '../core/options.js';
import { Philox, STREAMS } from '../core/random.js';
import { sizeOf } from '../core/shape.js';

/** Labelled images on the host: `images` of `shape` [n, channels, height, width], one class label each. */
export interface ImageDataset {
  readonly images: Float32Array;
  readonly shape: readonly [number, number, number, number];
  readonly labels: Int32Array;
}

/** Examples `from` (included) to `to` (excluded); shares the memory. */
export function subset(dataset: ImageDataset, from: number, to: number): ImageDataset {
  const [n, channels, height, width] = dataset.shape;
  requireWhole('subset', 'from', from, 0, n);
  requireWhole('subset', 'to', to, from, n);
  const size = channels * height * width;
  return {
    images: dataset.images.subarray(from * size, to * size),
    shape: [to - from, channels, height, width],
    labels: dataset.labels.subarray(from, to),
  };
}

/** Examples in memory: the first axis of every array counts them. What goes into the model, and what is wanted of it. */
export interface ArrayDataset {
  readonly inputs: readonly HostArray[];
  readonly targets: readonly HostArray[];
}

/** Labelled images as arrays; shares the memory. */
export function imageArrays({ images, shape, labels }: ImageDataset): ArrayDataset {
  return { inputs: [{ data: images, shape }], targets: [{ data: labels, shape: [labels.length] }] };
}

/** Examples in a dataset. Throws where its arrays disagree. */
export function exampleCount(dataset: ArrayDataset): number {
  requireArray('dataset', 'inputs', dataset?.inputs);
  requireArray('dataset', 'targets', dataset?.targets);
  const { inputs, targets } = dataset;
  const arrays = [...inputs, ...targets];
  const counts = arrays.map(({ shape }) => shape[0]);
  if (inputs.length === 0 || counts.some((count) => count !== counts[0])) {
    throw new TapegradError(`dataset: arrays ${arrays.map(({ shape }) => `[${shape}]`).join(', ')} must agree in the first axis, the number of examples`);
  }
  const odd = arrays.find(({ data, shape }) => data.length !== sizeOf(shape));
  if (odd) throw new TapegradError(`dataset: ${odd.data.length} values do not fill the shape [${odd.shape}]`);
  return counts[0];
}

/** The rows numbered by `indices`, in that order. */
function takeRows({ data, shape }: HostArray, indices: ArrayLike<number>): HostArray {
  const size = sizeOf(shape.slice(1));
  const taken = allocate(dtypeOf(data)!, indices.length * size);
  for (let i = 0; i < indices.length; i++) taken.set(data.subarray(indices[i] * size, (indices[i] + 1) * size), i * size);
  return { data: taken, shape: [indices.length, ...shape.slice(1)] };
}

/** The examples numbered by `indices` (a fold of `kFold`, say), in that order. */
export function selectExamples(dataset: ArrayDataset, indices: ArrayLike<number>): ArrayDataset {
  const last = exampleCount(dataset) - 1;
  for (let i = 0; i < indices.length; i++) requireWhole('selectExamples', `index ${i}`, indices[i], 0, last);
  const { inputs, targets } = dataset;
  return { inputs: inputs.map((array) => takeRows(array, indices)), targets: targets.map((array) => takeRows(array, indices)) };
}

/** Splits a dataset at random: `share` of its examples (from 0 to 1) come second. PyTorch's name: `random_split`. */
export function randomSplit(dataset: ArrayDataset, share: number, seed = 0): [ArrayDataset, ArrayDataset] {
  if (!(share >= 0 && share <= 1)) throw new TapegradError(`randomSplit: the share must be from 0 to 1, got ${share}`);
  const count = exampleCount(dataset);
  const order = new Philox(seed, STREAMS.split).shuffle(Int32Array.from({ length: count }, (_, i) => i));
  const at = count - Math.round(share * count);
  return [selectExamples(dataset, order.subarray(0, at)), selectExamples(dataset, order.subarray(at))];
}
