import { readFile } from 'node:fs/promises';
import { FormatError } from '../core/errors.js';

/** All bytes of a file. Throws FormatError, naming it, if it cannot be read. */
export async function readWhole(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new FormatError({ file: path, offset: 0, expected: 'a readable file', found: (error as NodeJS.ErrnoException).code ?? String(error) });
  }
}
