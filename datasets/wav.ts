import { FormatError } from '../core/errors.js';
import { readWhole } from './files.js';

/** Sound from a WAV file. */
export interface Sound {
  /** Samples from -1 to 1, channels averaged. */
  readonly samples: Float32Array;
  /** Samples a second. */
  readonly sampleRate: number;
}

const PCM = 1;
const IEEE_FLOAT = 3;
/** The real format stands in a longer header. */
const EXTENSIBLE = 0xfffe;

type ReadSample = (view: DataView, at: number) => number;

/** How a sample of so many bits is read, scaled to -1 .. 1; undefined for kinds that are not supported. */
function readerOf(format: number, bits: number): ReadSample | undefined {
  if (format === IEEE_FLOAT) {
    const readers: Record<number, ReadSample> = { 32: (view, at) => view.getFloat32(at, true), 64: (view, at) => view.getFloat64(at, true) };
    return readers[bits];
  }
  const readers: Record<number, ReadSample> = {
    8: (view, at) => (view.getUint8(at) - 128) / 2 ** 7, // the only unsigned kind
    16: (view, at) => view.getInt16(at, true) / 2 ** 15,
    24: (view, at) => (view.getUint16(at, true) + 65536 * view.getInt8(at + 2)) / 2 ** 23,
    32: (view, at) => view.getInt32(at, true) / 2 ** 31,
  };
  return format === PCM ? readers[bits] : undefined;
}

/**
 * Parses a RIFF/WAVE file (Microsoft and IBM 1991): PCM of 8, 16, 24 or 32 bits, or floats; other chunks are skipped.
 * Throws FormatError for anything else, and for data cut short.
 */
export function parseWav(bytes: Uint8Array, file: string): Sound {
  const fail = (offset: number, expected: string, found: string): never => {
    throw new FormatError({ file, offset, expected, found });
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || name(0) !== 'RIFF' || name(8) !== 'WAVE') fail(0, 'a RIFF header of the kind WAVE', JSON.stringify(name(0)));

  let kind: { at: number; format: number; channels: number; sampleRate: number; bits: number } | null = null;
  for (let at = 12; at + 8 <= bytes.length;) {
    const [chunk, length, start] = [name(at), view.getUint32(at + 4, true), at + 8];
    if (chunk === 'fmt ') {
      if (length < 16 || start + length > bytes.length) {
        fail(at, 'a format chunk of at least 16 bytes', `${Math.min(length, bytes.length - start)}`);
      }
      const tag = view.getUint16(start, true);
      const format = tag === EXTENSIBLE && length >= 26 ? view.getUint16(start + 24, true) : tag;
      const channels = view.getUint16(start + 2, true);
      kind = { at: start, format, channels, sampleRate: view.getUint32(start + 4, true), bits: view.getUint16(start + 14, true) };
      if (kind.channels === 0 || kind.sampleRate === 0) {
        fail(start + 2, 'at least one channel and a sample rate', `${kind.channels} and ${kind.sampleRate}`);
      }
    } else if (chunk === 'data') {
      if (!kind) return fail(at, 'the format chunk before the data', 'data');
      const { format, channels, sampleRate, bits } = kind;
      const read = readerOf(format, bits);
      if (!read) return fail(kind.at, 'PCM of 8, 16, 24 or 32 bits, or floats of 32 or 64', `format ${format} of ${bits} bits`);
      if (start + length > bytes.length) {
        fail(bytes.length, `${length} bytes of sound`, `the end of the file after ${bytes.length - start}`);
      }
      const frame = channels * (bits / 8);
      if (length % frame !== 0) fail(at + 4, `a whole number of frames of ${frame} bytes`, `${length} bytes`);
      const samples = Float32Array.from({ length: length / frame }, (_, i) => {
        let sum = 0;
        for (let channel = 0; channel < channels; channel++) sum += read(view, start + i * frame + channel * (bits / 8));
        return sum / channels;
      });
      return { samples, sampleRate };
    }
    at = start + length + (length % 2); // chunks begin at even bytes
  }
  return fail(bytes.length, 'a data chunk', 'the end of the file');
}

export async function readWav(path: string): Promise<Sound> {
  return parseWav(await readWhole(path), path);
}
