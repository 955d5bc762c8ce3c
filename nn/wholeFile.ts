import { fileSystem, nodeModule } from '../core/nodeModule.js';

/**
 * Writes a file, in Node, so that it appears whole or not at all: beside its place first, flushed to the disk, then renamed. Of
 * several that write it at once, the last to finish stays.
 */
export async function writeWholeFile(file: string, content: Uint8Array | string): Promise<void> {
  const { open, rename, rm } = await fileSystem();
  // A name of its own for each write: two of one process may overlap, and worker threads share the process id.
  const temporary = `${file}.${process.pid}.${crypto.randomUUID()}.part`;
  const handle = await open(temporary, 'wx');
  try {
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Removes what processes that were killed in `writeWholeFile` left beside `file`, or beside others that share its name's beginning. */
export async function removeLeftovers(file: string): Promise<void> {
  const { readdir, rm } = await fileSystem();
  const { basename, dirname, extname, join } = await nodeModule<typeof import('node:path')>('node:path');
  const folder = dirname(file);
  const stem = basename(file, extname(file));
  for (const name of await readdir(folder)) {
    const writer = name.startsWith(stem) && /\.(\d+)\.[\da-f-]+\.part$/.exec(name);
    if (writer && !isAlive(Number(writer[1]))) await rm(join(folder, name), { force: true });
  }
}

function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0); // 0: only asks
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's
  }
}
