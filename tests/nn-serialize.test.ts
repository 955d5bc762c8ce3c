import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DeviceName, FormatError, TapegradError, manualSeed, shutdown, tensor } from '../index.js';
import { normal } from '../nn/init.js';
import { type Checkpoint, type HostTensor, decodeCheckpoint, encodeCheckpoint } from '../nn/safetensors.js';
import { loadCheckpoint, saveCheckpoint } from '../nn/serialize.js';
import { rejectsWith, throwsError } from './fixtures/expect.js';
import { assertNoLeak, initBothDevices } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-'));

const test = suite('nn: checkpoints');
test.before(initBothDevices);
test.after(() => {
  shutdown('webgpu');
  rmSync(folder, { recursive: true });
});

/** Written by the reference implementation: safetensors 0.8.0 for Python, `safetensors.numpy.save`. */
const REFERENCE = Buffer.from(
  '0AAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJlcG9jaCI6IjMifSwibG9zcyI6eyJkdHlwZSI6IkY2NCIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpb' +
  'MCw4XX0sIndlaWdodCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwyXSwiZGF0YV9vZmZzZXRzIjpbOCwyNF19LCJzdGVwcyI6eyJkdHlwZSI6Ikkz' +
  'MiIsInNoYXBlIjpbM10sImRhdGFfb2Zmc2V0cyI6WzI0LDM2XX19ICAgAAAAAAAA0D8AAIA/AAAAwAAAAD8AAIBAAwAAAPn///8JAAAA',
  'base64',
);

const REFERENCE_CONTENT: Checkpoint<HostTensor> = {
  tensors: {
    loss: { dtype: 'float64', shape: [], data: Float64Array.of(0.25) },
    weight: { dtype: 'float32', shape: [2, 2], data: Float32Array.of(1, -2, 0.5, 4) },
    steps: { dtype: 'int32', shape: [3], data: Int32Array.of(3, -7, 9) },
  },
  metadata: { epoch: '3' },
};

test('reads a file of the reference implementation, and writes the same bytes', () => {
  assert.equal(decodeCheckpoint(REFERENCE), REFERENCE_CONTENT);
  assert.equal(Buffer.from(encodeCheckpoint(REFERENCE_CONTENT)), REFERENCE);
});

test('a round trip keeps names, shapes, dtypes, every bit of the values, and metadata', () => {
  const odd = Float32Array.of(NaN, Infinity, -Infinity, -0, 1e-45, 3.4e38);
  const content: Checkpoint<HostTensor> = {
    tensors: {
      'layers.0.weight': { dtype: 'float32', shape: [2, 3], data: odd },
      'größe "x"\n': { dtype: 'int32', shape: [1, 1, 1], data: Int32Array.of(-(2 ** 31)) },
      empty: { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) },
      ['__proto__']: { dtype: 'float64', shape: [1], data: Float64Array.of(Math.PI) },
    },
    metadata: { 'any key': 'any "text"\n', json: JSON.stringify({ a: [1] }) },
  };
  const bytes = encodeCheckpoint(content);
  // A view that starts at an odd byte of a larger buffer, as a reader may hand it over.
  const shifted = new Uint8Array(bytes.length + 3).subarray(3);
  shifted.set(bytes);
  for (const source of [bytes, shifted, Buffer.from(bytes)]) {
    const { tensors, metadata } = decodeCheckpoint(source);
    assert.equal(metadata, content.metadata);
    assert.equal(Object.keys(tensors).sort(), Object.keys(content.tensors).sort());
    for (const [name, { dtype, shape, data }] of Object.entries(content.tensors)) {
      assert.is(tensors[name].dtype, dtype);
      assert.equal(tensors[name].shape, shape);
      assert.equal(Buffer.from(tensors[name].data.buffer), Buffer.from(data.buffer), name);
    }
  }
  assert.equal(decodeCheckpoint(encodeCheckpoint({ tensors: {}, metadata: {} })), { tensors: {}, metadata: {} });
});

test('refuses to write what it could not read', () => {
  const three = { dtype: 'float32', shape: [2, 2], data: new Float32Array(3) } as const;
  assert.throws(() => encodeCheckpoint({ tensors: { w: three }, metadata: {} }), /checkpoint: w of shape \[2,2\] has 3 values/);
  const reserved = { __metadata__: { ...three, shape: [3] } };
  assert.throws(() => encodeCheckpoint({ tensors: reserved, metadata: {} }), /__metadata__ cannot name a tensor/);
  const wide = { dtype: 'float32', shape: [1], data: new Float64Array(1) } as const;
  assert.throws(() => encodeCheckpoint({ tensors: { w: wide }, metadata: {} }), /w of dtype float32 has values of dtype float64/);
  const metadata: [unknown, RegExp][] = [
    [{ epoch: 3 }, /^checkpoint: metadata must be a map of strings, got 3 for epoch; write JSON.stringify\(value\)$/],
    [['3'], /^checkpoint: metadata must be a map of strings, got \[3\]$/],
    ['3', /^checkpoint: metadata must be a map of strings, got '3'$/],
  ];
  for (const [wrong, message] of metadata) {
    throwsError(() => encodeCheckpoint({ tensors: {}, metadata: wrong as never }), TapegradError, message);
  }
});

/** A file with the given header (text or JSON) and number of bytes of values. */
function fileOf(header: string | object, dataBytes = 0): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({ dtype, shape, data_offsets: [begin, end] });
const withField = (field: object) => fileOf({ w: { ...entry(0, 8), ...field } }, 8);

/** What is wrong, the file, the byte that must be named (or the text that stands there), and the message. */
const CORRUPTIONS: [string, Uint8Array, number | string, RegExp][] = [
  ['an empty file', new Uint8Array(0), 0, /expected the length of the header in 8 bytes, found the end of the file/],
  ['a file cut in the length', REFERENCE.subarray(0, 5), 5, /expected the length of the header/],
  ['a file cut in the header', REFERENCE.subarray(0, 100), 100, /expected a header up to byte 216, found the end/],
  ['a file cut in the values', REFERENCE.subarray(0, 240), 240, /expected values up to byte 252, found the end/],
  ['bytes after the values', Buffer.concat([REFERENCE, Buffer.alloc(3)]), 252, /expected the end of the file .*found 3 more bytes/],
  ['a header length beyond reason', Buffer.alloc(64, 0xff), 0, /at most 100000000 bytes, found a length of 18446744073709551615/],
  ['a header that is no UTF-8', fileOf('{"a":"\xff"}').map((byte) => (byte === 0xc3 ? 0xff : byte)), 8, /a header in UTF-8/],
  ['a header that is no object', fileOf('[1, 2]'), 8, /expected a JSON object, found "\[1, 2\]"/],
  ['a header behind a byte order mark', fileOf('\ufeff{}'), 8, /expected a JSON object/],
  ['no header at all', fileOf(''), 8, /expected a JSON object/],
  ['a header with broken JSON', fileOf('{"w": {"dtype": }}'), 8, /expected a JSON object, found .*Unexpected token/],
  ['a tensor that is no object', fileOf({ v: entry(0, 4), w: 3 }, 4), '"w"', /expected dtype, shape and data_offsets of w, found 3/],
  ['an unknown dtype', withField({ dtype: 'F16' }), '"w"', /one of F32, F64, I32 as dtype of w, found "F16"/],
  ['a dtype out of the prototype', withField({ dtype: 'toString' }), '"w"', /as dtype of w, found "toString"/],
  ['a missing dtype', withField({ dtype: undefined }), '"w"', /as dtype of w, found nothing/],
  ['a shape that is no list', withField({ shape: 2 }), '"w"', /at most 8 whole numbers from 0 as shape of w, found 2/],
  ['a negative extent', withField({ shape: [-2] }), '"w"', /as shape of w, found \[-2\]/],
  ['a fractional extent', withField({ shape: [0.5, 4] }), '"w"', /as shape of w, found \[0.5,4\]/],
  ['nine axes', withField({ shape: [2, 1, 1, 1, 1, 1, 1, 1, 1] }), '"w"', /at most 8 .* as shape of w/],
  ['a shape for other offsets', withField({ shape: [3] }), '"w"', /data_offsets 12 bytes apart \(F32 \[3\]\) of w, found \[0,8\]/],
  ['a shape that leaves bytes over', withField({ shape: [1] }), '"w"', /data_offsets 4 bytes apart \(F32 \[1\]\) of w, found \[0,8\]/],
  ['an absurd shape', withField({ shape: [2 ** 52, 2 ** 52] }), '"w"', /bytes apart .* of w/],
  ['one offset', withField({ data_offsets: [8] }), '"w"', /two whole numbers as data_offsets of w, found \[8\]/],
  ['offsets in words', withField({ data_offsets: ['0', '8'] }), '"w"', /two whole numbers as data_offsets of w/],
  ['offsets the wrong way round', withField({ data_offsets: [8, 0] }), '"w"', /bytes apart .* of w, found \[8,0\]/],
  ['offsets beyond the file', fileOf({ w: entry(0, 4096) }, 8), 76, /expected values up to byte 4164, found the end/],
  ['overlapping tensors', fileOf({ v: entry(0, 8), w: entry(4, 12) }, 12), '"w"', /data_offsets of w from 8 on, found 4, overlapping/],
  ['two tensors in one place', fileOf({ v: entry(0, 8), w: entry(0, 8) }, 8), '"w"', /data_offsets of w from 8 on, found 0, overlapping/],
  ['a gap between tensors', fileOf({ v: entry(0, 8), w: entry(12, 16) }, 16), '"w"', /data_offsets of w from 8 on, found 12, after a gap/],
  ['values that begin with a gap', fileOf({ w: entry(4, 8) }, 8), '"w"', /data_offsets of w from 0 on, found 4, after a gap/],
  ['metadata that is no map', fileOf({ __metadata__: 'x' }), '"__metadata__"', /a map of strings as metadata, found "x"/],
  ['metadata that is no string', fileOf({ __metadata__: { epoch: 3 } }), '"epoch"', /a string as metadata epoch, found 3/],
];

for (const [what, bytes, offset, message] of CORRUPTIONS) {
  test(`refused: ${what}`, () => {
    try {
      decodeCheckpoint(bytes, 'some.safetensors');
    } catch (error) {
      assert.instance(error, FormatError);
      const { message: line, problem } = error as FormatError;
      assert.match(line, message);
      assert.match(line, /^some\.safetensors at byte \d+: expected .*, found .*$/);
      assert.is(problem.offset, typeof offset === 'number' ? offset : Buffer.from(bytes).indexOf(offset));
      return;
    }
    assert.unreachable('nothing was thrown');
  });
}

test('no single byte of the header can be damaged unnoticed, except to another valid header', () => {
  const known = Object.keys(REFERENCE_CONTENT.tensors).join();
  for (let at = 0; at < 216; at++) {
    const damaged = Buffer.from(REFERENCE);
    damaged[at] ^= 0x10;
    try {
      // What is left to pass is another spelling: of a name, of metadata, of the padding, or I32 for F32 and the reverse.
      const { tensors, metadata } = decodeCheckpoint(damaged);
      const renamed = Object.keys(tensors).join() !== known || metadata.epoch !== '3';
      assert.ok(renamed, `byte ${at} (${String.fromCharCode(damaged[at])}) went unnoticed`);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
});

for (const device of ['cpu', 'webgpu'] as DeviceName[]) {
  test(`saved and loaded on ${device}: values are bit-equal, and no other file is left`, () =>
    assertNoLeak(async () => {
      manualSeed(3);
      const saved = { weight: normal([5, 7], 0, 1, { device }), labels: tensor([1, -2, 3], [3], { dtype: 'int32', device }) };
      const file = join(folder, `${device}.safetensors`);
      await saveCheckpoint(file, saved, { epoch: '1' });
      await saveCheckpoint(file, saved, { epoch: '2' });
      const { tensors, metadata } = await loadCheckpoint(file, { device });
      assert.equal(metadata, { epoch: '2' });
      assert.equal(Object.keys(tensors), ['weight', 'labels']);
      for (const name of ['weight', 'labels'] as const) {
        assert.is(tensors[name].device, device);
        assert.equal(tensors[name].shape, saved[name].shape);
        assert.equal(await tensors[name].data(), await saved[name].data());
      }
      assert.equal(readdirSync(folder).filter((name) => name.includes(device)), [`${device}.safetensors`]);
    }));
}

test('saves of one file that overlap leave one of them, whole, and no other file', () =>
  assertNoLeak(async () => {
    const file = join(folder, 'contended.safetensors');
    const weights = Array.from({ length: 6 }, (_, i) => tensor(new Float32Array(100 * (i + 1)).fill(i)));
    await Promise.all(weights.map((weight) => saveCheckpoint(file, { weight })));
    const { weight } = (await loadCheckpoint(file)).tensors;
    assert.equal(await weight.data(), await weights[weight.size / 100 - 1].data());
    assert.equal(readdirSync(folder).filter((name) => name.startsWith('contended')), ['contended.safetensors']);
  }));

test('a save that fails leaves the old file and no other', () =>
  assertNoLeak(async () => {
    const file = join(folder, 'kept.safetensors');
    const weight = tensor([1, 2], [2]);
    await saveCheckpoint(file, { weight }, { epoch: '1' });
    const before = readFileSync(file);
    const disposed = tensor([1]);
    disposed.dispose();
    await rejectsWith(saveCheckpoint(file, { weight, disposed }), TapegradError, /used after dispose/);
    assert.equal(readFileSync(file), before);
    await rejectsWith(saveCheckpoint(folder, { weight }), Error, /EISDIR|ENOTEMPTY|EEXIST|EPERM/);
    await rejectsWith(saveCheckpoint(join(folder, 'nowhere', 'x'), { weight }), Error, /ENOENT/);
    assert.equal(readdirSync(folder).filter((name) => name.endsWith('.part')), []);
    assert.equal(readdirSync(join(folder, '..')).filter((name) => name.startsWith(`${folder.split('/').at(-1)}.`)), []);
  }));

test('a damaged file is named', () =>
  assertNoLeak(async () => {
    const file = join(folder, 'damaged.safetensors');
    writeFileSync(file, REFERENCE.subarray(0, 230));
    await rejectsWith(loadCheckpoint(file), FormatError, /damaged\.safetensors at byte 230: expected values up to byte 252/);
    await rejectsWith(loadCheckpoint(join(folder, 'missing')), Error, /ENOENT/);
  }));

test.run();
