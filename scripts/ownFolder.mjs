import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';

/** A new folder in `.cache`, for this process alone: it goes when the process ends. */
export function ownFolder(name) {
  mkdirSync('.cache', { recursive: true });
  const folder = mkdtempSync(`.cache/${name}-`);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
