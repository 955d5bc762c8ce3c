import { FormatError } from '../core/errors.js';
import { requireChoice } from '../core/options.js';
import type { ImageDataset } from './dataset.js';
import { cacheFolder, download } from './download.js';
import { exists } from './files.js';
import { readIdx } from './idx.js';

/** Names of the four files, and the MD5 that their publishers give. */
const FILES = {
  train: {
    images: { name: 'train-images-idx3-ubyte', md5: 'f68b3c2dcbeaaa9fbdd348bbdeb94873' },
    labels: { name: 'train-labels-idx1-ubyte', md5: 'd53e105ee54ea40749a09fcbcd1e9432' },
  },
  test: {
    images: { name: 't10k-images-idx3-ubyte', md5: '9fb629c4189551a2d022fa330f9573f3' },
    labels: { name: 't10k-labels-idx1-ubyte', md5: 'ec29112dd5afa0611ce80d1b7f02629c' },
  },
} as const;

const MIRROR = 'https://ossci-datasets.s3.amazonaws.com/mnist';

type MnistFile = { readonly name: string; readonly md5: string };

/** The file in `folder`, plain or gz, or null. */
async function locate(folder: string, { name }: MnistFile): Promise<string | null> {
  for (const path of [`${folder}/${name}`, `${folder}/${name}.gz`]) if (await exists(path)) return path;
  return null;
}

/** A folder named by the user must hold the files; without one they are looked for, then downloaded. */
async function findFile(folder: string | null, file: MnistFile): Promise<string> {
  const places = folder ? [folder, `${folder}/mnist`] : globalThis.process?.env.TAPEGRAD_DATA ? [`${process.env.TAPEGRAD_DATA}/mnist`] : [];
  for (const place of places) {
    const path = await locate(place, file);
    if (path) return path;
  }
  if (folder) {
    const found = (await exists(folder)) ? 'neither' : 'no such folder';
    throw new FormatError({ file: folder, offset: 0, expected: `${file.name} or ${file.name}.gz`, found });
  }
  const cached = await locate(await cacheFolder('mnist'), file);
  if (cached) return cached;
  const name = `${file.name}.gz`;
  const remote = { url: `${MIRROR}/${name}`, name, checksum: { algorithm: 'md5', digest: file.md5 } } as const;
  return download('mnist', remote, { otherwise: 'give a folder with the four IDX files by --data or TAPEGRAD_DATA' });
}

/**
 * MNIST (LeCun, Cortes, Burges): images [n, 1, 28, 28] with pixels from 0 to 1, labels 0 to 9.
 * `folder` null: `TAPEGRAD_DATA/mnist`, else the user's cache, else a download with checksum.
 */
export async function loadMnist(part: 'train' | 'test', folder: string | null = null): Promise<ImageDataset> {
  requireChoice('loadMnist', 'part', part, ['train', 'test']);
  const imagesPath = await findFile(folder, FILES[part].images);
  const labelsPath = await findFile(folder, FILES[part].labels);
  const images = await readIdx(imagesPath);
  const labels = await readIdx(labelsPath);
  if (images.shape.length !== 3) {
    throw new FormatError({ file: imagesPath, offset: 3, expected: '3 axes (images, rows, columns)', found: String(images.shape.length) });
  }
  if (labels.shape.length !== 1) {
    throw new FormatError({ file: labelsPath, offset: 3, expected: '1 axis (labels)', found: String(labels.shape.length) });
  }
  const [count, height, width] = images.shape;
  if (labels.shape[0] !== count) {
    throw new FormatError({ file: labelsPath, offset: 4, expected: `${count} labels, one for each image`, found: String(labels.shape[0]) });
  }
  const bad = labels.data.findIndex((label) => label > 9);
  if (bad >= 0) {
    throw new FormatError({ file: labelsPath, offset: 8 + bad, expected: 'a label from 0 to 9', found: String(labels.data[bad]) });
  }
  return {
    images: Float32Array.from(images.data, (pixel) => pixel / 255),
    shape: [count, 1, height, width],
    labels: Int32Array.from(labels.data),
  };
}
