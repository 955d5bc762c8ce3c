import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError, TapegradError } from '../index.js';
import {
  loadCifar, matrixOf, numbersOf, parseCifar, parseCsv, parseWav, readCsv, readLabelledFolders, readLabelledLines, readLines, readWav,
} from '../datasets/index.js';
// @ts-expect-error: the build scripts are plain JavaScript
import { bundleProgram } from '../scripts/bundleProgram.mjs';
import { rejectsWith, throwsError } from './fixtures/expect.js';
import { skip } from './support.js';

/* Readers of CSV, text, WAV and CIFAR files: good ones, and ones that are broken. */

const test = suite('files of data sets');
const folder = mkdtempSync(join(tmpdir(), 'tapegrad-files-'));
test.after(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function assertFault(body: () => unknown, message: RegExp): Promise<void> {
  try {
    await body();
  } catch (error) {
    assert.instance(error, FormatError);
    assert.match((error as Error).message, message);
    assert.not.match((error as Error).message, '\n');
    return;
  }
  assert.unreachable(`nothing was thrown, expected ${message}`);
}

test('CSV: quotes, commas, line breaks and doubled quotes inside cells; empty cells; both line ends; a byte order mark', () => {
  const { columns, rows } = parseCsv('\uFEFFname,note,x\r\n"a, b","say ""hi""\nagain",1\r\nc,,2\n\nd,"",\n', 'table');
  assert.equal(columns, ['name', 'note', 'x']);
  assert.equal(rows, [['a, b', 'say "hi"\nagain', '1'], ['c', '', '2'], ['d', '', '']]);
});

test('CSV: a last line without line end, with an empty last cell', () => {
  assert.equal(parseCsv('a,b\n1,', 'table').rows, [['1', '']]);
});

test('CSV: an empty line of a table of one column is an empty cell', () => {
  for (const [text, rows] of [
    ['a\n1\n\n3\n', ['1', '', '3']], ['a\r\n\r\n2', ['', '2']], ['a\n1\n""\n3', ['1', '', '3']], ['\n\na\n1\n\n', ['1', '']],
  ] as const) {
    assert.equal(parseCsv(text, 'table').rows, rows.map((cell) => [cell]), JSON.stringify(text));
  }
  assert.equal([...numbersOf(parseCsv('a\n1\n\n3\n', 'table'), 'a')].map(String), ['1', 'NaN', '3']);
});

test('CSV: columns as numbers', () => {
  const table = parseCsv('a,b\n1,2\n,-3e1\n', 'table');
  assert.equal([...numbersOf(table, 'b')], [2, -30]);
  assert.ok(Number.isNaN(numbersOf(table, 'a')[1]), 'an empty cell is NaN');
  assert.equal([...matrixOf(table, ['b', 'b'])], [2, 2, -30, -30]);
});

for (const [label, text, message] of [
  ['a quote that stays open', 'a\n"b', /table at byte 2: expected a closing quote/],
  ['text after a quoted cell', 'a\n"b"c', /table at byte 5: expected a comma or the end of the line.*found "c"/],
  ['text after a quoted cell, characters of several bytes before it', '\uFEFFé😀\n"b"c', /table at byte 13: expected a comma/],
  ['a row too short', 'a,b\n1\n', /expected 2 cells in row 1, found 1/],
  ['an empty file', '', /expected a header row/],
] as const) {
  test(`CSV: ${label}`, () => assertFault(() => parseCsv(text, 'table'), message));
}

test('CSV: a cell that is no number, a column that is not there, a file that is not there', async () => {
  const table = parseCsv('a\n1\nx\n', 'table');
  await assertFault(() => numbersOf(table, 'a'), /expected a number in column a, row 2, found "x"/);
  await assertFault(() => numbersOf(table, 'b'), /expected a column b, found a/);
  await assertFault(() => readCsv(join(folder, 'missing.csv')), /missing\.csv at byte 0: expected a readable file, found ENOENT/);
});

test('text: lines, classes from files, classes from folders', async () => {
  const negative = write('neg.txt', '\uFEFFbad\r\n\nworse\n');
  const positive = write('pos.txt', 'good');
  assert.equal(await readLines(negative), ['bad', 'worse']);
  const lines = await readLabelledLines([negative, positive]);
  assert.equal([lines.texts, [...lines.labels]], [['bad', 'worse', 'good'], [0, 0, 1]]);

  for (const [name, text] of [['imdb/neg/2.txt', 'two'], ['imdb/neg/1.txt', 'one'], ['imdb/pos/1.txt', 'three'], ['imdb/pos/readme', '-']]) write(name, text);
  const reviews = await readLabelledFolders(join(folder, 'imdb'), ['neg', 'pos']);
  assert.equal([reviews.texts, [...reviews.labels]], [['one', 'two', 'three'], [0, 0, 1]]);
  await assertFault(() => readLabelledFolders(join(folder, 'imdb'), ['neutral']), /expected a folder with the texts of class neutral, found ENOENT/);
});

test('text: a folder of more files than a process may open', async () => {
  for (let i = 0; i < 600; i++) write(`many/neg/${i}.txt`, `text ${i}`);
  write('many/pos/0.txt', 'text');
  const program = await bundleProgram('tests/fixtures/readFolders.ts', '.cache/test/readFolders');
  const command = 'ulimit -n 256 && exec "$0" "$@"';
  const run = spawnSync('sh', ['-c', command, process.execPath, program, join(folder, 'many'), 'neg', 'pos'], { encoding: 'utf8' });
  assert.equal([run.stderr, run.stdout, run.status], ['', '600 1\n', 0]);
});

/** A WAV file with one odd chunk before its data. */
function wav(format: number, channels: number, bits: number, data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(12 + 24 + 8 + 4 + 8);
  header.write('RIFF', 0);
  header.writeUInt32LE(header.length + data.length - 8, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(format, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(8000, 24);
  header.writeUInt32LE((8000 * channels * bits) / 8, 28);
  header.writeUInt16LE((channels * bits) / 8, 32);
  header.writeUInt16LE(bits, 34);
  header.write('LIST', 36);
  header.writeUInt32LE(3, 40); // an odd length: one byte of padding follows
  header.write('data', 48);
  header.writeUInt32LE(data.length, 52);
  return Buffer.concat([header, data]);
}

test('WAV: every kind of sample, channels averaged, other chunks skipped', async () => {
  const bytes = (typed: ArrayBufferView) => new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
  const near = (file: Uint8Array, expected: number[]) => {
    const { samples, sampleRate } = parseWav(file, 'sound');
    assert.is(sampleRate, 8000);
    assert.is(samples.length, expected.length);
    samples.forEach((sample, i) => assert.ok(Math.abs(sample - expected[i]) < 1e-6, `${sample} at ${i}, expected ${expected[i]}`));
  };
  near(wav(1, 1, 8, Uint8Array.of(0, 128, 192)), [-1, 0, 0.5]);
  near(wav(1, 1, 16, bytes(Int16Array.of(-32768, 0, 16384))), [-1, 0, 0.5]);
  near(wav(1, 1, 24, Uint8Array.of(0, 0, 0x80, 0, 0, 0x40, 0xff, 0xff, 0xff)), [-1, 0.5, -1 / 2 ** 23]);
  near(wav(1, 1, 32, bytes(Int32Array.of(-(2 ** 31), 2 ** 30))), [-1, 0.5]);
  near(wav(3, 1, 32, bytes(Float32Array.of(0.25, -0.75))), [0.25, -0.75]);
  near(wav(1, 2, 16, bytes(Int16Array.of(16384, 0, -16384, -16384))), [0.25, -0.5]);
  assert.is((await readWav(write('sound.wav', wav(1, 1, 8, Uint8Array.of(128))))).samples.length, 1);
});

/** The same sound, with a chunk of four bytes before its format. */
function behindAChunk(sound: Uint8Array): Uint8Array {
  return Buffer.concat([sound.subarray(0, 12), Buffer.from('LIST\x04\0\0\0text', 'latin1'), sound.subarray(12)]);
}

const SOUND = wav(1, 1, 16, new Uint8Array(8));

for (const [label, bytes, message] of [
  ['not a RIFF file', Uint8Array.from(SOUND).with(0, 0), /at byte 0: expected a RIFF header/],
  ['another kind of sample', wav(1, 1, 12, new Uint8Array(8)), /at byte 20: expected PCM of 8, 16, 24 or 32 bits.*found format 1 of 12 bits/],
  ['another kind of sample, its format after another chunk', behindAChunk(wav(1, 1, 12, new Uint8Array(8))), /at byte 32: expected PCM/],
  ['half a sample', wav(1, 1, 16, new Uint8Array(3)), /at byte 52: expected a whole number of frames of 2 bytes, found 3 bytes/],
  ['half a frame', wav(1, 2, 16, new Uint8Array(6)), /expected a whole number of frames of 4 bytes, found 6 bytes/],
  ['compressed', wav(85, 1, 16, new Uint8Array(8)), /found format 85 of 16 bits/],
  ['no channels', wav(1, 0, 16, new Uint8Array(8)), /expected at least one channel/],
  ['data cut short', SOUND.subarray(0, SOUND.length - 3), /expected 8 bytes of sound, found the end of the file after 5/],
  ['no data', SOUND.subarray(0, 48), /expected a data chunk/],
] as const) {
  test(`WAV: ${label}`, () => assertFault(() => parseWav(bytes, 'sound'), message));
}

test('CIFAR: pixels by plane, fine labels of CIFAR-100, several files', async () => {
  const record = (labels: number[], first: number) => Uint8Array.from([...labels, first, ...new Array<number>(3071).fill(0)]);
  const ten = parseCifar(Buffer.concat([record([3], 255), record([9], 51)]), 'cifar10', 'batch');
  assert.equal([ten.shape, [...ten.labels]], [[2, 3, 32, 32], [3, 9]]);
  assert.equal([ten.images[0], ten.images[3072]], [1, Math.fround(0.2)]);
  write('cifar-100-binary/test.bin', record([1, 99], 0));
  assert.equal([...(await loadCifar('cifar100', 'test', folder)).labels], [99]);
  for (let i = 1; i <= 5; i++) write(`data_batch_${i}.bin`, record([i], 255));
  const train = await loadCifar('cifar10', 'train', folder);
  assert.equal([train.shape, [...train.labels], train.images[4 * 3072]], [[5, 3, 32, 32], [1, 2, 3, 4, 5], 1]);

  await assertFault(() => parseCifar(new Uint8Array(3072), 'cifar10', 'batch'), /expected a whole number of records of 3073 bytes, found 3072 bytes/);
  await assertFault(() => parseCifar(record([10], 0), 'cifar10', 'batch'), /batch at byte 0: expected a label below 10, found 10/);
  await assertFault(() => loadCifar('cifar10', 'test', folder), /test_batch\.bin/);
  await rejectsWith(loadCifar('cifar5' as never, 'test', folder), TapegradError, /^loadCifar: set must be one of cifar10, cifar100, got 'cifar5'$/);
  await rejectsWith(loadCifar('cifar10', 'valid' as never, folder), TapegradError, /^loadCifar: part must be one of train, test, got 'valid'$/);
  throwsError(() => parseCifar(new Uint8Array(3073), 'cifar5' as never, 'batch'), TapegradError, /^parseCifar: set must be one of/);
});

const DATA = process.env.TAPEGRAD_DATA;
if (DATA) {
  test('real files: a table, sentences, a spoken digit', async () => {
    const table = await readCsv(join(DATA, 'tabular/breast_cancer.csv'));
    assert.equal([table.rows.length, table.columns.length], [569, 31]);
    assert.is(numbersOf(table, 'label').reduce((sum, label) => sum + label), 357);
    assert.is((await readCsv(join(DATA, 'tabular/mpg.csv'))).rows.length, 398);
    const { texts, labels } = await readLabelledLines(['neg', 'pos'].map((kind) => join(DATA, `rt-polarity/rt-polarity.${kind}`)));
    assert.equal([texts.length, labels.indexOf(1)], [10662, 5331]);
    const { samples, sampleRate } = await readWav(join(DATA, 'fsdd/7_jackson_0.wav'));
    assert.is(sampleRate, 8000);
    assert.is(samples.length, (readFileSync(join(DATA, 'fsdd/7_jackson_0.wav')).length - 44) / 2);
    assert.ok(samples.every((sample) => Math.abs(sample) <= 1) && samples.some((sample) => Math.abs(sample) > 0.05));
  });
} else {
  skip('real files: TAPEGRAD_DATA is not set');
}

test.run();
