import type { Philox } from '../core/random.js';

/** A change of one image [channels, height, width]; draws what it needs from `random`. Returns a new array. */
export type Transform = (image: Float32Array, shape: readonly [number, number, number], random: Philox) => Float32Array;

/** (pixel - mean) / std. */
export function normalize(mean: number, std: number): Transform {
  return (image) => image.map((pixel) => (pixel - mean) / std);
}

/** The transforms one after the other. */
export function compose(...transforms: readonly Transform[]): Transform {
  return (image, shape, random) => transforms.reduce((current, transform) => transform(current, shape, random), image);
}

/** Resamples each channel: `source(x, y)` gives the place in the old image that pixel (x, y) shows. Outside is 0. */
function resample(
  image: Float32Array, [channels, height, width]: readonly [number, number, number], source: (x: number, y: number) => [number, number],
): Float32Array {
  const out = new Float32Array(image.length);
  for (let channel = 0; channel < channels; channel++) {
    const base = channel * height * width;
    const pixel = (x: number, y: number) => (x >= 0 && x < width && y >= 0 && y < height ? image[base + y * width + x] : 0);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [sx, sy] = source(x, y);
        const left = Math.floor(sx);
        const top = Math.floor(sy);
        const fx = sx - left;
        const fy = sy - top;
        const upper = (1 - fx) * pixel(left, top) + fx * pixel(left + 1, top);
        const lower = (1 - fx) * pixel(left, top + 1) + fx * pixel(left + 1, top + 1);
        out[base + y * width + x] = (1 - fy) * upper + fy * lower;
      }
    }
  }
  return out;
}

/** Shifts by a whole number of pixels, uniform in -maxPixels .. maxPixels for each axis; what comes in is 0. */
export function translate(maxPixels: number): Transform {
  return (image, shape, random) => {
    const dx = random.below(2 * maxPixels + 1) - maxPixels;
    const dy = random.below(2 * maxPixels + 1) - maxPixels;
    return resample(image, shape, (x, y) => [x - dx, y - dy]);
  };
}

/** Turns about the centre by an angle uniform in -maxDegrees .. maxDegrees, bilinear; what comes in is 0. */
export function rotate(maxDegrees: number): Transform {
  return (image, shape, random) => {
    const angle = ((2 * random.uniform() - 1) * maxDegrees * Math.PI) / 180;
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    const cx = (shape[2] - 1) / 2;
    const cy = (shape[1] - 1) / 2;
    return resample(image, shape, (x, y) => [cx + cos * (x - cx) + sin * (y - cy), cy - sin * (x - cx) + cos * (y - cy)]);
  };
}

/** Mirrors left and right with the given probability. torchvision's name: `RandomHorizontalFlip`. */
export function flipHorizontal(probability = 0.5): Transform {
  return (image, shape, random) => (random.uniform() < probability ? resample(image, shape, (x, y) => [shape[2] - 1 - x, y]) : image.slice());
}

/** Cuts a piece as large as the image out of the image with `padding` zeros around it: what `translate` does. torchvision's `RandomCrop`. */
export function crop(padding: number): Transform {
  return translate(padding);
}

/** Enlarges or shrinks about the centre by a factor uniform in `low` .. `high`, bilinear; what comes in is 0. */
export function scale(low: number, high: number): Transform {
  return (image, shape, random) => {
    const factor = low + (high - low) * random.uniform();
    const cx = (shape[2] - 1) / 2;
    const cy = (shape[1] - 1) / 2;
    return resample(image, shape, (x, y) => [cx + (x - cx) / factor, cy + (y - cy) / factor]);
  };
}

/** Adds normal noise of the given standard deviation to every pixel. */
export function noise(deviation: number): Transform {
  return (image, _shape, random) => image.map((pixel) => pixel + deviation * random.normal());
}
