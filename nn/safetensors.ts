import { type DType, type TypedArray, bytesPerElement, dtypeOf, viewBytes } from '../core/dtype.js';
import { FormatError, TapegradError } from '../core/errors.js';
import { show } from '../core/options.js';
import { MAX_RANK, type Shape, sizeOf } from '../core/shape.js';

/*
 * The safetensors format (github.com/huggingface/safetensors), on bytes alone: the length of the header (8 bytes,
 * little-endian), a JSON header that gives dtype, shape and place of each tensor and a `__metadata__` map of strings,
 * then the values, little-endian, one tensor after the other without gaps.
 */

/** Values of a tensor on the host. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** Tensors by name, and a map of strings for everything else. */
export interface Checkpoint<T> {
  readonly tensors: Record<string, T>;
  readonly metadata: Record<string, string>;
}

/** The format's dtypes that tapegrad has. */
const DTYPES: Readonly<Record<string, DType>> = { F32: 'float32', F64: 'float64', I32: 'int32' };

const METADATA = '__metadata__';
const LENGTH_BYTES = 8;
const ALIGNMENT = 8;
/** The most that other readers of the format accept. */
const MAX_HEADER_BYTES = 100_000_000;

/** Throws unless `map` holds nothing but strings, as the format's metadata do. */
export function requireStrings(where: string, name: string, map: Readonly<Record<string, string>>): void {
  if (typeof map !== 'object' || map === null || Array.isArray(map)) {
    throw new TapegradError(`${where}: ${name} must be a map of strings, got ${show(map)}`);
  }
  for (const [key, value] of Object.entries(map)) {
    if (typeof value === 'string') continue;
    throw new TapegradError(`${where}: ${name} must be a map of strings, got ${show(value)} for ${key}; write JSON.stringify(value)`);
  }
}

/** The bytes of a checkpoint. Each tensor starts at a multiple of its element's size. */
export function encodeCheckpoint({ tensors, metadata }: Checkpoint<HostTensor>): Uint8Array {
  requireLittleEndian();
  requireStrings('checkpoint', 'metadata', metadata);
  // Wider elements first: what follows them is then aligned too.
  const entries = Object.entries(tensors).sort(([, a], [, b]) => bytesPerElement(b.dtype) - bytesPerElement(a.dtype));
  const fields: [string, object][] = [[METADATA, metadata]];
  let dataBytes = 0;
  for (const [name, { dtype, shape, data }] of entries) {
    if (name === METADATA) throw new TapegradError(`checkpoint: ${METADATA} cannot name a tensor; it names the metadata`);
    if (data.length !== sizeOf(shape)) throw new TapegradError(`checkpoint: ${name} of shape [${shape}] has ${data.length} values`);
    if (dtypeOf(data) !== dtype) throw new TapegradError(`checkpoint: ${name} of dtype ${dtype} has values of dtype ${dtypeOf(data)}`);
    const [code] = Object.entries(DTYPES).find(([, known]) => known === dtype)!;
    fields.push([name, { dtype: code, shape, data_offsets: [dataBytes, (dataBytes += data.byteLength)] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(fields)));
  const headerBytes = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const dataStart = LENGTH_BYTES + headerBytes;
  const bytes = new Uint8Array(dataStart + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, LENGTH_BYTES, dataStart); // spaces after the JSON
  bytes.set(json, LENGTH_BYTES);
  let at = dataStart;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/** Throws the FormatError for a field at `offset`. */
type Fail = (offset: number, expected: string, found: string) => never;

/** Reads the bytes of a checkpoint. Throws FormatError, naming `file`, at the first thing that the format forbids. */
export function decodeCheckpoint(bytes: Uint8Array, file = 'checkpoint'): Checkpoint<HostTensor> {
  requireLittleEndian();
  const fail: Fail = (offset, expected, found) => {
    throw new FormatError({ file, offset, expected, found });
  };
  if (bytes.length < LENGTH_BYTES) fail(bytes.length, `the length of the header in ${LENGTH_BYTES} bytes`, 'the end of the file');
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (headerBytes > MAX_HEADER_BYTES) fail(0, `a header of at most ${MAX_HEADER_BYTES} bytes`, `a length of ${headerBytes}`);
  const dataStart = LENGTH_BYTES + Number(headerBytes);
  if (bytes.length < dataStart) fail(bytes.length, `a header up to byte ${dataStart}`, 'the end of the file');

  const header = new Header(bytes.subarray(LENGTH_BYTES, dataStart), fail);
  const entries = header.tensors();
  const end = dataStart + header.checkPlaces(entries);
  if (bytes.length < end) fail(bytes.length, `values up to byte ${end}`, 'the end of the file');
  if (bytes.length > end) fail(end, 'the end of the file after the last value', `${bytes.length - end} more bytes`);

  const tensors = entries.map(({ name, dtype, shape, begin, end: last }): [string, HostTensor] => {
    const copy = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + last)); // aligned, whatever the file was
    return [name, { dtype, shape, data: viewBytes(dtype, copy.buffer, sizeOf(shape)) }];
  });
  return { tensors: Object.fromEntries(tensors), metadata: header.metadata() };
}

/** One tensor of the header: its values lie at bytes `begin` to `end` after the header. */
interface Entry {
  name: string;
  dtype: DType;
  shape: Shape;
  begin: number;
  end: number;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const showJson = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80);

/** The JSON header, checked field by field. */
class Header {
  private readonly text: string;
  private readonly fields: Record<string, unknown>;

  constructor(bytes: Uint8Array, private readonly fail: Fail) {
    this.text = this.decodeText(bytes);
    if (!this.text.startsWith('{')) fail(LENGTH_BYTES, 'a JSON object', showJson(this.text.slice(0, 20)));
    this.fields = this.parse();
  }

  metadata(): Record<string, string> {
    const metadata = this.fields[METADATA] ?? {};
    if (!isRecord(metadata)) this.fail(this.offsetOf(METADATA), 'a map of strings as metadata', showJson(metadata));
    for (const [key, value] of Object.entries(metadata as object)) {
      if (typeof value !== 'string') this.fail(this.offsetOf(key), `a string as metadata ${key}`, showJson(value));
    }
    return metadata as Record<string, string>;
  }

  /** All tensors, in the order of the header. */
  tensors(): Entry[] {
    return Object.entries(this.fields).filter(([name]) => name !== METADATA).map(([name, value]) => this.entry(name, value));
  }

  /** Checks that the tensors lie one after the other, and returns the bytes that they take together. */
  checkPlaces(entries: readonly Entry[]): number {
    let free = 0;
    for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
      if (begin !== free) {
        const problem = begin < free ? 'overlapping another tensor' : 'after a gap';
        this.fail(this.offsetOf(name), `data_offsets of ${name} from ${free} on`, `${begin}, ${problem}`);
      }
      free = end;
    }
    return free;
  }

  private entry(name: string, value: unknown): Entry {
    const wrong = (expected: string, found: unknown): never => this.fail(this.offsetOf(name), `${expected} of ${name}`, showJson(found));
    if (!isRecord(value)) return wrong('dtype, shape and data_offsets', value);
    const { dtype: code, shape, data_offsets: offsets } = value;
    if (typeof code !== 'string' || !Object.hasOwn(DTYPES, code)) return wrong(`one of ${Object.keys(DTYPES).join(', ')} as dtype`, code);
    const dtype = DTYPES[code];
    if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isCount)) {
      return wrong(`at most ${MAX_RANK} whole numbers from 0 as shape`, shape);
    }
    if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
      return wrong('two whole numbers as data_offsets', offsets);
    }
    const [begin, end] = offsets;
    const wanted = sizeOf(shape) * bytesPerElement(dtype);
    if (end - begin !== wanted) return wrong(`data_offsets ${wanted} bytes apart (${code} [${shape}])`, offsets);
    return { name, dtype, shape, begin, end };
  }

  private decodeText(bytes: Uint8Array): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      return this.fail(LENGTH_BYTES, 'a header in UTF-8', 'other bytes');
    }
  }

  private parse(): Record<string, unknown> {
    try {
      return JSON.parse(this.text);
    } catch (error) {
      return this.fail(LENGTH_BYTES, 'a JSON object', (error as Error).message.replace(/\s+/g, ' ').slice(0, 120));
    }
  }

  /** Where `key` stands in the file. */
  private offsetOf(key: string): number {
    const at = Math.max(0, this.text.indexOf(JSON.stringify(key)));
    return LENGTH_BYTES + new TextEncoder().encode(this.text.slice(0, at)).length;
  }
}

/** Values are copied as they lie in memory, and nearly every machine stores them as the format does. */
function requireLittleEndian(): void {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] === 1) return;
  throw new TapegradError('checkpoint: this machine is big-endian, the format is not');
}
