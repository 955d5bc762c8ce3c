import { FormatError } from '../core/errors.js';
import { nodeModule } from '../core/nodeModule.js';
import { readWhole } from './files.js';

/*
 * IDX, the file format of MNIST (LeCun, Cortes, Burges): two zero bytes, the element type, the number of axes, one
 * big-endian 32-bit extent an axis, then the elements in row-major order and nothing more. Here: unsigned bytes.
 */

export interface IdxFile {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const MAX_AXES = 4;

/** No IDX file of this project holds more; a gz that claims to is refused before it fills the memory. */
const MAX_BYTES = 1 << 30;

interface Header {
  readonly shape: readonly number[];
  /** Elements, a byte each. */
  readonly size: number;
  /** Where they begin. */
  readonly start: number;
}

/** The header at the beginning of `bytes`, checked. */
function readHeader(bytes: Uint8Array, file: string): Header {
  const fail = (offset: number, expected: string, found: string): never => {
    throw new FormatError({ file, offset, expected, found });
  };
  if (bytes.length < 4) fail(bytes.length, 'an IDX header of at least 4 bytes', `the end of the file after ${bytes.length}`);
  if (bytes[0] !== 0 || bytes[1] !== 0) fail(0, 'the magic bytes 0 0 of an IDX file', `${bytes[0]} ${bytes[1]}`);
  if (bytes[2] !== UNSIGNED_BYTE) fail(2, 'element type 8 (unsigned byte)', String(bytes[2]));
  const axes = bytes[3];
  if (axes < 1 || axes > MAX_AXES) fail(3, `1 to ${MAX_AXES} axes`, String(axes));
  const start = 4 + 4 * axes;
  if (bytes.length < start) fail(bytes.length, `${axes} extents, ${start} bytes of header`, 'the end of the file');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (size > MAX_BYTES) fail(4, `extents of at most ${MAX_BYTES} elements together`, `[${shape}]`);
  return { shape, size, start };
}

/** Parses the bytes of an IDX file. `file` is named in errors. */
export function parseIdx(bytes: Uint8Array, file: string): IdxFile {
  const { shape, size, start } = readHeader(bytes, file);
  const length = start + size;
  if (bytes.length < length) {
    const expected = `${size} elements for shape [${shape}], ${length} bytes in all`;
    throw new FormatError({ file, offset: bytes.length, expected, found: `the end of the file after ${bytes.length}` });
  }
  if (bytes.length > length) {
    const expected = `the end of the file after ${size} elements for shape [${shape}]`;
    throw new FormatError({ file, offset: length, expected, found: `${bytes.length - length} more bytes` });
  }
  return { shape, data: bytes.subarray(start) };
}

type Zlib = typeof import('node:zlib');

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Inflates an IDX file, and no more of it than its own header announces plus one byte: a small file that would
 * inflate without end stops there.
 */
async function inflateIdx(packed: Uint8Array, file: string): Promise<Uint8Array> {
  const { gunzipSync } = await nodeModule<Zlib>('node:zlib');
  const inflate = (limit: number): Uint8Array | null => {
    try {
      return gunzipSync(packed, { maxOutputLength: limit });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'ERR_BUFFER_TOO_LARGE') return null;
      throw new FormatError({ file, offset: packed.length, expected: 'a whole gzip stream', found: message });
    }
  };
  const announced = idxLengthOf(packed, file, gunzipSync);
  const bytes = inflate(announced);
  if (!bytes) {
    throw new FormatError({ file, offset: announced, expected: `the end of the data after ${announced} inflated bytes`, found: 'more' });
  }
  return bytes;
}

/** The length that the header inside a gz announces. Only the header is inflated. */
function idxLengthOf(packed: Uint8Array, file: string, gunzip: Zlib['gunzipSync']): number {
  const { size, start } = readHeader(inflatePrefix(packed, file, 4 + 4 * MAX_AXES, gunzip), file);
  return start + size;
}

/** The first `length` inflated bytes. Z_SYNC_FLUSH lets zlib stop at the end of a cut input without complaint. */
function inflatePrefix(packed: Uint8Array, file: string, length: number, gunzip: Zlib['gunzipSync']): Uint8Array {
  // A deflate block expands at most 1,032 times, so a few compressed bytes hold the header and cannot hold much more.
  const Z_SYNC_FLUSH = 2;
  for (let taken = 256; ; taken *= 4) {
    try {
      const inflated = gunzip(packed.subarray(0, taken), { finishFlush: Z_SYNC_FLUSH, maxOutputLength: 1 << 24 });
      if (inflated.length >= length || taken >= packed.length) return inflated.subarray(0, length);
    } catch (error) {
      throw new FormatError({ file, offset: 0, expected: 'a gzip stream', found: (error as Error).message });
    }
  }
}

/** Reads an IDX file, gzipped or plain (told apart by their first bytes). Throws FormatError. */
export async function readIdx(path: string): Promise<IdxFile> {
  const bytes = await readWhole(path);
  return parseIdx(isGzip(bytes) ? await inflateIdx(bytes, path) : bytes, path);
}
