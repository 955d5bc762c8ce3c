import { FormatError, TapegradError } from '../core/errors.js';
import { fileSystem, nodeModule } from '../core/nodeModule.js';
import { readOptions } from '../core/options.js';
import { exists } from './files.js';

/** One file of a data set on the web. */
export interface RemoteFile {
  readonly url: string;
  /** What it is called in the cache. */
  readonly name: string;
  /** The checksum that its publishers give, as hex. */
  readonly checksum: { readonly algorithm: 'md5' | 'sha256'; readonly digest: string };
}

export interface DownloadOptions {
  /** Folder of the set in the cache; default that of the user's cache, by `set`. */
  folder?: string;
  /** Called as bytes arrive; `total` is null if the server does not tell. */
  onProgress?: (received: number, total: number | null) => void;
  /** What to do where there is no network; ends the error message. */
  otherwise?: string;
}

const files = () => nodeModule<typeof import('node:fs')>('node:fs');
const streams = () => nodeModule<typeof import('node:stream')>('node:stream');
const pipelines = () => nodeModule<typeof import('node:stream/promises')>('node:stream/promises');

/** A download without news for this long has failed. */
const SILENCE_MS = 60_000;

/** `XDG_CACHE_HOME/tapegrad/SET`, or the same under `~/.cache`. */
export async function cacheFolder(set: string): Promise<string> {
  const { homedir } = await nodeModule<typeof import('node:os')>('node:os');
  return `${process.env.XDG_CACHE_HOME ?? `${homedir()}/.cache`}/tapegrad/${set}`;
}

async function digestOf(path: string, algorithm: string): Promise<string> {
  const { createHash } = await nodeModule<typeof import('node:crypto')>('node:crypto');
  const hash = createHash(algorithm);
  await (await pipelines()).pipeline((await files()).createReadStream(path), hash);
  return hash.digest('hex');
}

/** Appends what is missing to `path`; a server that cannot continue sends all of it again. */
async function fetchRest(url: string, path: string, onProgress: DownloadOptions['onProgress']): Promise<void> {
  const { Readable, Transform } = await streams();
  const present = (await exists(path)) ? (await (await fileSystem()).stat(path)).size : 0;
  const silence = new AbortController();
  const listen = () => setTimeout(() => silence.abort(new Error(`no data for ${SILENCE_MS / 1000} s`)), SILENCE_MS);
  let timer = listen();
  try {
    const response = await fetch(url, { headers: present > 0 ? { Range: `bytes=${present}-` } : {}, signal: silence.signal });
    if (response.status === 416) return; // nothing is missing
    if (!response.ok || !response.body) throw new Error(`status ${response.status}`);
    const continues = response.status === 206;
    const length = response.headers.get('content-length');
    let received = continues ? present : 0;
    const total = length === null ? null : received + Number(length);
    const count = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        clearTimeout(timer);
        timer = listen();
        received += chunk.length;
        onProgress?.(received, total);
        done(null, chunk);
      },
    });
    const file = (await files()).createWriteStream(path, { flags: continues ? 'a' : 'w' });
    await (await pipelines()).pipeline(Readable.fromWeb(response.body as import('node:stream/web').ReadableStream), count, file);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The path of a file in the cache, fetched if it is not there. It appears under its name whole and verified, or not at all; a download
 * that broke off goes on where it stopped. Throws TapegradError without a network, FormatError for a wrong checksum.
 */
export async function download(set: string, file: RemoteFile, options: DownloadOptions = {}): Promise<string> {
  const { folder, onProgress, otherwise } = readOptions('download', options, {
    folder: await cacheFolder(set), onProgress: undefined, otherwise: undefined,
  });
  const path = `${folder}/${file.name}`;
  if (await exists(path)) return path;
  const { mkdir, rename, rm } = await fileSystem();
  await mkdir(folder, { recursive: true });
  const part = `${path}.part`;
  try {
    await fetchRest(file.url, part, onProgress);
  } catch (error) {
    const cause = (error as Error).cause ?? error;
    throw new TapegradError(`${set}: cannot download ${file.url} (${(cause as Error).message})${otherwise ? `; ${otherwise}` : ''}`);
  }
  const { algorithm, digest } = file.checksum;
  const found = await digestOf(part, algorithm);
  if (found !== digest) {
    await rm(part); // going on from a wrong beginning would never end well
    throw new FormatError({ file: file.url, offset: 0, expected: `${algorithm} ${digest}`, found });
  }
  await rename(part, path);
  return path;
}
