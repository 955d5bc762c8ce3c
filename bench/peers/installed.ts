import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { versionOf } from '../environment.js';

/* The peers are an npm project of their own (480 MB), so that `npm ci` in the root does not wait for them. */

const FOLDER = 'bench/peers';

/** One line saying that they are missing, and the way out. */
export const PEERS_MISSING = `peers are not installed; run: npm ci --prefix ${FOLDER}`;

export function peersInstalled(): boolean {
  return existsSync(`${FOLDER}/node_modules`);
}

export function versionOfPeer(name: string): string {
  return versionOf(`${FOLDER}/node_modules/${name}`);
}

/**
 * Imports a peer. Its own types are absent where it is not installed, hence the type check must do without them in any
 * case: `Engine` is the caller's description of what it uses.
 */
export async function importPeer<Engine>(name: string): Promise<Engine> {
  const { importHere } = await import(pathToFileURL(resolve(FOLDER, 'importHere.mjs')).href);
  return importHere(name);
}
