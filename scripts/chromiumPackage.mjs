import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { brotliDecompressSync } from 'node:zlib';

/* The npm package of Chromium: the browser, and the software driver that it carries. */

async function unpackInto(folder, archive) {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const bytes = brotliDecompressSync(readFileSync(join(dirname(entry), '../../bin', archive)));
  if (!archive.endsWith('.tar.br')) return writeFileSync(join(folder, basename(archive, '.br')), bytes, { mode: 0o755 });
  const { extract } = await import('tar-fs');
  return pipeline(Readable.from([bytes]), extract(folder));
}

/**
 * The folder `.cache/NAME` with the contents of some archives of the package, unpacked there once: whole or not at all, whatever
 * else does so at the same time. `finish` may change them first, and is told where they will lie.
 */
export async function unpacked(name, archives, finish = () => {}) {
  const folder = resolve('.cache', name);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const temporary = mkdtempSync(`${folder}-`);
  for (const archive of archives) await unpackInto(temporary, archive);
  finish(temporary, folder);
  try {
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
