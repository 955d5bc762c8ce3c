import { TapegradError } from '../core/errors.js';

/** Labelled images on the host: `images` of `shape` [n, channels, height, width], one class label each. */
export interface ImageDataset {
  readonly images: Float32Array;
  readonly shape: readonly [number, number, number, number];
  readonly labels: Int32Array;
}

/** Examples `from` (included) to `to` (excluded); shares the memory. */
export function subset(dataset: ImageDataset, from: number, to: number): ImageDataset {
  const [n, channels, height, width] = dataset.shape;
  if (!(0 <= from && from <= to && to <= n)) {
    throw new TapegradError(`subset: examples ${from} to ${to} do not lie in 0 to ${n}`);
  }
  const size = channels * height * width;
  return {
    images: dataset.images.subarray(from * size, to * size),
    shape: [to - from, channels, height, width],
    labels: dataset.labels.subarray(from, to),
  };
}
