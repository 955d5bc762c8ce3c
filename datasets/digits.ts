import { requireChoice, requireWhole } from '../core/options.js';
import { Philox, STREAMS } from '../core/random.js';
import type { ImageDataset } from './dataset.js';
import { GLYPHS, type Glyph, type Point } from './digitStrokes.js';

/*
 * Digits that need no download: pen strokes, bent, sheared, turned, scaled and shifted at random, drawn anti-aliased
 * at 28x28 over noise. Shifts and turns keep a linear model (softmax regression) far below a convolutional one.
 */

const SIZE = 28;

/** How far each writer strays. Lengths in units of the glyph's box unless stated. */
const VARIATION = {
  jitter: 0.035,
  degrees: 12,
  shear: 0.2,
  /** Height of the glyph in pixels. */
  height: [17, 21],
  /** Width by height. */
  aspect: [0.7, 1],
  /** Radius of the pen in pixels. */
  pen: [0.75, 1.7],
  /** Distance between the centre of the glyph and a border, in pixels, beyond half its size. */
  margin: 1,
  /** The centre moves by at most this many pixels. */
  shift: 2.5,
  ink: [0.65, 1],
  noise: 0.06,
} as const;

const SEGMENTS_PER_SPAN = 6;

const between = ([low, high]: readonly [number, number] | readonly number[], random: Philox) => low + (high - low) * random.uniform();
const around = (spread: number, random: Philox) => spread * (2 * random.uniform() - 1);

/** Points on the Catmull-Rom spline through `points` (Catmull and Rom 1974), end points doubled. */
function spline(points: readonly Point[]): Point[] {
  const at = (i: number) => points[Math.min(Math.max(i, 0), points.length - 1)];
  const path: Point[] = [points[0]];
  for (let span = 0; span + 1 < points.length; span++) {
    const [p0, p1, p2, p3] = [at(span - 1), at(span), at(span + 1), at(span + 2)];
    for (let step = 1; step <= SEGMENTS_PER_SPAN; step++) {
      const t = step / SEGMENTS_PER_SPAN;
      const blend = (axis: 0 | 1) =>
        0.5 * (2 * p1[axis] + (p2[axis] - p0[axis]) * t + (2 * p0[axis] - 5 * p1[axis] + 4 * p2[axis] - p3[axis]) * t * t +
          (3 * p1[axis] - p0[axis] - 3 * p2[axis] + p3[axis]) * t * t * t);
      path.push([blend(0), blend(1)]);
    }
  }
  return path;
}

/** A random affine map from the glyph's unit square to pixels. */
function randomPlacement(random: Philox): (point: Point) => Point {
  const height = between(VARIATION.height, random);
  const width = height * between(VARIATION.aspect, random);
  const angle = (around(VARIATION.degrees, random) * Math.PI) / 180;
  const shear = around(VARIATION.shear, random);
  const room = Math.max(0, Math.min(VARIATION.shift, SIZE / 2 - height / 2 - VARIATION.margin));
  const cx = SIZE / 2 + around(room, random);
  const cy = SIZE / 2 + around(room, random);
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return ([u, v]) => {
    const y = (v - 0.5) * height;
    const x = (u - 0.5) * width - shear * y;
    return [cx + cos * x - sin * y, cy + sin * x + cos * y];
  };
}

/** Raises each pixel to the pen's coverage of it along the segment from `a` to `b`. */
function drawSegment(image: Float32Array, a: Point, b: Point, radius: number, ink: number): void {
  const reach = radius + 1;
  const left = Math.max(0, Math.floor(Math.min(a[0], b[0]) - reach));
  const right = Math.min(SIZE - 1, Math.ceil(Math.max(a[0], b[0]) + reach));
  const top = Math.max(0, Math.floor(Math.min(a[1], b[1]) - reach));
  const bottom = Math.min(SIZE - 1, Math.ceil(Math.max(a[1], b[1]) + reach));
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const lengthSquared = dx * dx + dy * dy || 1e-9;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const t = Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / lengthSquared));
      const distance = Math.hypot(x - a[0] - t * dx, y - a[1] - t * dy);
      const coverage = ink * Math.min(1, Math.max(0, radius + 0.5 - distance));
      const at = y * SIZE + x;
      if (coverage > image[at]) image[at] = coverage;
    }
  }
}

function drawGlyph(image: Float32Array, glyph: Glyph, random: Philox): void {
  const place = randomPlacement(random);
  const radius = between(VARIATION.pen, random);
  const ink = between(VARIATION.ink, random);
  for (const stroke of glyph) {
    const bent = stroke.map(([x, y]): Point => [x + around(VARIATION.jitter, random), y + around(VARIATION.jitter, random)]);
    const path = spline(bent).map(place);
    for (let i = 0; i + 1 < path.length; i++) drawSegment(image, path[i], path[i + 1], radius, ink);
  }
  for (let i = 0; i < image.length; i++) {
    image[i] = Math.min(1, Math.max(0, image[i] + VARIATION.noise * random.normal()));
  }
}

/**
 * `count` generated digits [count, 1, 28, 28] from 0 to 1, classes in equal shares. The same seed draws the same images; the two parts
 * never share one.
 */
export function generateDigits(part: 'train' | 'test', count: number, seed = 0): ImageDataset {
  requireChoice('generateDigits', 'part', part, ['train', 'test']);
  requireWhole('generateDigits', 'count', count, 0);
  const random = new Philox(seed, part === 'train' ? STREAMS.trainDigits : STREAMS.testDigits);
  const images = new Float32Array(count * SIZE * SIZE);
  const labels = random.shuffle(Int32Array.from({ length: count }, (_, i) => i % 10));
  for (let i = 0; i < count; i++) {
    const styles = GLYPHS[labels[i]];
    drawGlyph(images.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE), styles[random.below(styles.length)], random);
  }
  return { images, shape: [count, 1, SIZE, SIZE], labels };
}
