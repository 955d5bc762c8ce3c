import { readOptions, requireNumber, requireWhole } from '../core/options.js';
import { Philox, STREAMS } from '../core/random.js';

/* Generated points in the plane, with classes that a line cannot part. Values [count, 2], row-major; the same seed, the same points. */

export interface Points {
  readonly points: Float32Array;
  /** Class of each point, from 0. */
  readonly labels: Int32Array;
}

export interface PointOptions {
  /** Standard deviation of the noise added to each coordinate. */
  noise?: number;
  /** Default 0. */
  seed?: number;
}

type Place = (label: number, random: Philox) => readonly [number, number];

/** `place` gives a point of class `label`, before noise. `where` is named in errors. */
function generate(where: string, count: number, classes: number, { noise, seed }: Required<PointOptions>, place: Place): Points {
  requireWhole(where, 'count', count, 0);
  requireNumber(where, 'noise', noise);
  const random = new Philox(seed, STREAMS.points);
  const points = new Float32Array(2 * count);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    labels[i] = i % classes;
    const [x, y] = place(labels[i], random);
    points[2 * i] = x + noise * random.normal();
    points[2 * i + 1] = y + noise * random.normal();
  }
  return { points, labels };
}

/** Two half circles that reach into each other (scikit-learn's `make_moons`). */
export function twoMoons(count: number, options: PointOptions = {}): Points {
  return generate('twoMoons', count, 2, readOptions('twoMoons', options, { noise: 0.1, seed: 0 }), (label, random) => {
    const angle = Math.PI * random.uniform();
    return label === 0 ? [Math.cos(angle), Math.sin(angle)] : [1 - Math.cos(angle), 0.5 - Math.sin(angle)];
  });
}

/** `arms` spirals about the origin, each winding `turns` times out to radius 1. */
export function spirals(count: number, options: PointOptions & { arms?: number; turns?: number } = {}): Points {
  const { arms, turns, ...own } = readOptions('spirals', options, { arms: 3, turns: 1, noise: 0.02, seed: 0 });
  requireWhole('spirals', 'arms', arms, 1);
  requireNumber('spirals', 'turns', turns);
  return generate('spirals', count, arms, own, (label, random) => {
    const radius = random.uniform();
    const angle = 2 * Math.PI * (turns * radius + label / arms);
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

/** Round clouds about `classes` centres, drawn uniformly from -5 to 5 (scikit-learn's `make_blobs`). */
export function blobs(count: number, options: PointOptions & { classes?: number } = {}): Points {
  const { classes, ...own } = readOptions('blobs', options, { classes: 3, noise: 0.8, seed: 0 });
  requireWhole('blobs', 'classes', classes, 1);
  const random = new Philox(own.seed, STREAMS.blobCentres);
  const centres = Array.from({ length: classes }, () => [10 * random.uniform() - 5, 10 * random.uniform() - 5] as const);
  return generate('blobs', count, classes, own, (label) => centres[label]);
}

/** Centres of `modes` islands on a circle. */
export function ringCentres(modes = 8, radius = 2): (readonly [number, number])[] {
  requireWhole('ringCentres', 'modes', modes, 1);
  requireNumber('ringCentres', 'radius', radius);
  return Array.from({ length: modes }, (_, k) => {
    const angle = (2 * Math.PI * k) / modes;
    return [radius * Math.cos(angle), radius * Math.sin(angle)] as const;
  });
}

/** Gaussian islands on a circle, the classic test of whether a generator covers all modes of a distribution. */
export function ringOfGaussians(count: number, options: PointOptions & { modes?: number; radius?: number } = {}): Points {
  const { modes, radius, ...own } = readOptions('ringOfGaussians', options, { modes: 8, radius: 2, noise: 0.1, seed: 0 });
  const centres = ringCentres(modes, radius);
  return generate('ringOfGaussians', count, modes, own, (label) => centres[label]);
}
