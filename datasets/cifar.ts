import { FormatError } from '../core/errors.js';
import { requireChoice } from '../core/options.js';
import type { ImageDataset } from './dataset.js';
import { exists, readWhole } from './files.js';

/*
 * CIFAR-10 and CIFAR-100 in their binary version (Krizhevsky 2009): records of one label byte (two in CIFAR-100: coarse, fine)
 * and 3,072 pixels, red plane, green plane, blue plane, each 32 x 32, row by row.
 */

const PIXELS = 3 * 32 * 32;

const SETS = {
  cifar10: { labels: 1, classes: 10, folder: 'cifar-10-batches-bin', train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`), test: ['test_batch.bin'] },
  cifar100: { labels: 2, classes: 100, folder: 'cifar-100-binary', train: ['train.bin'], test: ['test.bin'] },
} as const;

function requireSet(where: string, set: keyof typeof SETS): void {
  requireChoice(where, 'set', set, Object.keys(SETS) as (keyof typeof SETS)[]);
}

/** Parses one binary file: images [n, 3, 32, 32] from 0 to 1, and the (fine) labels. Throws FormatError. */
export function parseCifar(bytes: Uint8Array, set: keyof typeof SETS, file: string): ImageDataset {
  requireSet('parseCifar', set);
  const { labels: labelBytes, classes } = SETS[set];
  const record = labelBytes + PIXELS;
  if (bytes.length === 0 || bytes.length % record !== 0) {
    throw new FormatError({ file, offset: bytes.length, expected: `a whole number of records of ${record} bytes`, found: `${bytes.length} bytes` });
  }
  const count = bytes.length / record;
  const images = new Float32Array(count * PIXELS);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const start = i * record + labelBytes;
    labels[i] = bytes[start - 1];
    if (labels[i] >= classes) {
      throw new FormatError({ file, offset: start - 1, expected: `a label below ${classes}`, found: String(labels[i]) });
    }
    for (let pixel = 0; pixel < PIXELS; pixel++) images[i * PIXELS + pixel] = bytes[start + pixel] / 255;
  }
  return { images, shape: [count, 3, 32, 32], labels };
}

/** The training or test part from a folder that holds the unpacked binary archive, or from the archive's own folder in it. */
export async function loadCifar(set: keyof typeof SETS, part: 'train' | 'test', folder: string): Promise<ImageDataset> {
  requireSet('loadCifar', set);
  requireChoice('loadCifar', 'part', part, ['train', 'test']);
  const parts: ImageDataset[] = [];
  for (const name of SETS[set][part]) {
    const inside = `${folder}/${SETS[set].folder}/${name}`;
    const bytes = await readWhole((await exists(inside)) ? inside : `${folder}/${name}`);
    parts.push(parseCifar(bytes, set, name));
  }
  const count = parts.reduce((total, { labels }) => total + labels.length, 0);
  const images = new Float32Array(count * PIXELS);
  const labels = new Int32Array(count);
  let at = 0;
  for (const each of parts) {
    images.set(each.images, at * PIXELS);
    labels.set(each.labels, at);
    at += each.labels.length;
  }
  return { images, shape: [count, 3, 32, 32], labels };
}
