import { join } from 'node:path';
import { bundle } from './build.mjs';

/** Bundles a TypeScript program for Node into `folder`, and gives the path of the result. */
export async function bundleProgram(file, folder) {
  await bundle([file], folder, { platform: 'node', packages: 'external' });
  return join(folder, file.replace(/\.ts$/, '.mjs'));
}
