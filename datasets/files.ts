import { FormatError } from '../core/errors.js';
import { fileSystem } from '../core/nodeModule.js';

/** All bytes of a file. Throws FormatError, naming it, if it cannot be read. */
export async function readWhole(path: string): Promise<Buffer> {
  const { readFile } = await fileSystem();
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, 'a readable file', error);
  }
}

/** The names in a folder. Throws FormatError, naming it and what was `expected`, if it cannot be read. */
export async function readFolder(path: string, expected: string): Promise<string[]> {
  const { readdir } = await fileSystem();
  try {
    return await readdir(path);
  } catch (error) {
    throw unreadable(path, expected, error);
  }
}

/** Is there a file or folder of this name? */
export async function exists(path: string): Promise<boolean> {
  const { access } = await fileSystem();
  return access(path).then(() => true, () => false);
}

function unreadable(file: string, expected: string, error: unknown): FormatError {
  return new FormatError({ file, offset: 0, expected, found: (error as NodeJS.ErrnoException).code ?? String(error) });
}
