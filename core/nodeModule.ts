import { TapegradError } from './errors.js';

/**
 * Imports one of Node's own modules at the moment it is needed. Its name is kept from bundlers: packing tapegrad for a browser, they
 * would look for it, although a browser never gets that far.
 */
export async function nodeModule<Module>(name: `node:${string}`): Promise<Module> {
  try {
    return await importUnseen<Module>(name);
  } catch {
    throw new TapegradError(`${name} is missing: files are read and written in Node and Deno, not in a browser`);
  }
}

/** Node's files, by promises. */
export const fileSystem = () => nodeModule<typeof import('node:fs/promises')>('node:fs/promises');

/** `import(name)` that no bundler follows. */
export function importUnseen<Module>(name: string): Promise<Module> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name) as Promise<Module>;
}
