import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FormatError, Philox, TapegradError } from '../index.js';
import {
  DataLoader, generateDigits, loadMnist, normalize, parseIdx, randomSplit, readIdx, rotate, selectExamples, subset, translate,
} from '../datasets/index.js';
import { rejectsWith, throwsError } from './fixtures/expect.js';
import { skip } from './support.js';

const test = suite('datasets');
const folder = mkdtempSync(join(tmpdir(), 'tapegrad-datasets-'));
test.after(() => rmSync(folder, { recursive: true }));

/** The bytes of an IDX file of unsigned bytes. */
function idx(shape: readonly number[], values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + values.length);
  bytes.set([0, 0, 8, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((extent, axis) => view.setUint32(4 + 4 * axis, extent));
  bytes.set(values, 4 + 4 * shape.length);
  return bytes;
}

async function faultOf(body: () => Promise<unknown> | unknown): Promise<FormatError> {
  try {
    await body();
  } catch (error) {
    assert.instance(error, FormatError);
    assert.not.match((error as Error).message, '\n');
    return error as FormatError;
  }
  return assert.unreachable('nothing was thrown') as never;
}

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

test('IDX: plain and gz give the same', async () => {
  const bytes = idx([2, 3], [1, 2, 3, 4, 5, 6]);
  for (const path of [write('plain', bytes), write('packed.gz', gzipSync(bytes))]) {
    const { shape, data } = await readIdx(path);
    assert.equal(shape, [2, 3]);
    assert.equal([...data], [1, 2, 3, 4, 5, 6]);
  }
});

const BROKEN: [string, Uint8Array, RegExp][] = [
  ['empty', new Uint8Array(0), /expected an IDX header/],
  ['wrong magic', idx([1], [1]).with(0, 7), /at byte 0: expected the magic bytes 0 0/],
  ['wrong element type', idx([1], [1]).with(2, 13), /at byte 2: expected element type 8 .*found 13/],
  ['no axes', idx([1], [1]).with(3, 0), /at byte 3: expected 1 to 4 axes, found 0/],
  ['header cut short', idx([2, 3], []).subarray(0, 7), /at byte 7: expected 2 extents/],
  ['truncated', idx([2, 3], [1, 2, 3]), /at byte 15: expected 6 elements for shape \[2,3\], 18 bytes in all/],
  ['oversized', idx([2], [1, 2, 3]), /at byte 10: expected the end of the file after 2 elements.*found 1 more/],
  ['extents beyond reason', idx([1 << 16, 1 << 16], []), /at byte 4: expected extents of at most/],
];

for (const [label, bytes, message] of BROKEN) {
  test(`IDX ${label}: FormatError, plain and gz`, async () => {
    assert.match((await faultOf(() => parseIdx(bytes, 'some.file'))).message, message);
    assert.match((await faultOf(() => readIdx(write('broken.gz', gzipSync(bytes))))).message, /broken\.gz at byte/);
  });
}

test('IDX: gz cut short', async () => {
  const packed = gzipSync(idx([1000], Array.from({ length: 1000 }, (_, i) => (i * 7919) % 251)));
  const fault = await faultOf(() => readIdx(write('cut.gz', packed.subarray(0, packed.length - 20))));
  assert.match(fault.message, /cut\.gz at byte \d+: expected a whole gzip stream/);
});

test('IDX: a gz that inflates far past its header stops there', async () => {
  const bomb = new Uint8Array(200_000_000);
  bomb.set(idx([4], [1, 2, 3, 4]));
  const path = write('bomb.gz', gzipSync(bomb));
  const before = process.memoryUsage().arrayBuffers;
  const fault = await faultOf(() => readIdx(path));
  assert.match(fault.message, /at byte 12: expected the end of the data after 12 inflated bytes, found more/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 50_000_000, 'it was not inflated');
});

function writeMnist(name: string, images: Uint8Array, labels: Uint8Array): string {
  const target = mkdtempSync(join(folder, name));
  writeFileSync(join(target, 'train-images-idx3-ubyte'), images);
  writeFileSync(join(target, 'train-labels-idx1-ubyte.gz'), gzipSync(labels));
  return target;
}

test('MNIST: a folder with plain and gz files', async () => {
  const target = writeMnist('good', idx([2, 2, 2], [0, 255, 51, 0, 0, 0, 0, 255]), idx([2], [3, 9]));
  const { images, shape, labels } = await loadMnist('train', target);
  assert.equal([...images], [0, 1, Math.fround(0.2), 0, 0, 0, 0, 1]);
  assert.equal(shape, [2, 1, 2, 2]);
  assert.equal([...labels], [3, 9]);
});

test('MNIST: a label above 9, unequal counts, a missing folder, a missing file', async () => {
  const images = idx([2, 1, 1], [0, 0]);
  assert.match((await faultOf(() => loadMnist('train', writeMnist('label', images, idx([2], [3, 10]))))).message, /at byte 9: expected a label from 0 to 9, found 10/);
  assert.match((await faultOf(() => loadMnist('train', writeMnist('count', images, idx([3], [1, 2, 3]))))).message, /expected 2 labels.*found 3/);
  assert.match((await faultOf(() => loadMnist('train', writeMnist('axes', idx([2], [1, 2]), idx([2], [1, 2]))))).message, /expected 3 axes/);
  assert.match((await faultOf(() => loadMnist('train', join(folder, 'nowhere')))).message, /nowhere.*no such folder/);
  await rejectsWith(loadMnist('valid' as never, folder), TapegradError, /^loadMnist: part must be one of train, test, got 'valid'$/);
  assert.match((await faultOf(() => loadMnist('test', folder))).message, /expected t10k-images-idx3-ubyte or t10k-images-idx3-ubyte\.gz/);
});

const data = process.env.TAPEGRAD_DATA;
if (data && existsSync(join(data, 'mnist'))) {
  test('MNIST: the real files', async () => {
    const train = await loadMnist('train', data);
    assert.ok(train.labels.length >= 20_000);
    assert.is(train.labels[0], 5);
    assert.equal((await loadMnist('test', data)).shape, [10_000, 1, 28, 28]);
  });
} else {
  skip('TAPEGRAD_DATA holds no mnist/: the real files were not read');
}

test('digits: seeded, balanced, parts disjoint', () => {
  const train = generateDigits('train', 200, 3);
  assert.equal(train.shape, [200, 1, 28, 28]);
  assert.equal([...generateDigits('train', 200, 3).images], [...train.images]);
  assert.not.equal([...generateDigits('train', 200, 4).images], [...train.images]);
  assert.not.equal([...generateDigits('test', 200, 3).images], [...train.images]);
  for (let digit = 0; digit < 10; digit++) assert.is(train.labels.filter((label) => label === digit).length, 20);
  assert.ok(train.images.every((pixel) => pixel >= 0 && pixel <= 1));
});

test('DataLoader: every example once, in an order that depends on seed and epoch only', () => {
  const loader = new DataLoader(generateDigits('train', 103), { batchSize: 25, shuffle: true, seed: 5 });
  const order = (epoch: number, start = 0) => [...loader.batches(epoch, start)].flatMap((batch) => [...batch.indices]);
  assert.is(loader.batchCount, 5);
  assert.equal(order(0).slice().sort((a, b) => a - b), Array.from({ length: 103 }, (_, i) => i));
  assert.not.equal(order(0), order(1));
  assert.equal(order(1, 2), order(1).slice(50));
  const dropping = new DataLoader(generateDigits('train', 103), { batchSize: 25, dropLast: true });
  assert.equal([...dropping.batches(0)].map((batch) => batch.inputs[0].shape[0]), [25, 25, 25, 25]);
  assert.is(dropping.length, 100);
});

test('DataLoader: a transform does not depend on the batch an example falls into', () => {
  const dataset = generateDigits('train', 8);
  const first = (batchSize: number) => [...new DataLoader(dataset, { batchSize, transform: rotate(30), seed: 2 }).batches(4)].flatMap((batch) => [...batch.inputs[0].data]);
  assert.equal(first(3), first(8));
});

test('DataLoader: arrays of any kind, several inputs, and a split at random', () => {
  const ids = { data: Int32Array.from({ length: 30 }, (_, i) => i), shape: [10, 3] };
  const mask = { data: Float64Array.from({ length: 10 }, (_, i) => -i), shape: [10] };
  const target = { data: Float32Array.from({ length: 10 }, (_, i) => i / 2), shape: [10, 1] };
  const parts = randomSplit({ inputs: [ids, mask], targets: [target] }, 0.3, 4);
  const firsts = parts.map(({ inputs: [first] }) => [...first.data].filter((_, i) => i % 3 === 0).map((id) => id / 3));
  assert.equal(firsts.map((part) => part.length), [7, 3]);
  assert.equal(firsts.flat().sort((a, b) => a - b), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.not.equal(firsts[0], [0, 1, 2, 3, 4, 5, 6], 'at random');
  const [batch] = new DataLoader(parts[1], { batchSize: 2 }).batches(0);
  const [a, b] = firsts[1];
  assert.equal(batch.inputs[0], { data: Int32Array.of(3 * a, 3 * a + 1, 3 * a + 2, 3 * b, 3 * b + 1, 3 * b + 2), shape: [2, 3] });
  assert.equal(batch.inputs[1], { data: Float64Array.of(-a, -b), shape: [2] });
  assert.equal(batch.targets, [{ data: Float32Array.of(a / 2, b / 2), shape: [2, 1] }]);
  const fails = (inputs: typeof ids[], message: RegExp) => assert.throws(() => new DataLoader({ inputs, targets: [target] }, { batchSize: 2 }), message);
  fails([{ ...ids, shape: [6, 5] }], /^dataset: arrays \[6,5\], \[10,1\] must agree in the first axis/);
  fails([{ ...ids, shape: [10, 4] }], /^dataset: 30 values do not fill the shape \[10,4\]/);
  fails([], /^dataset: arrays/);
  assert.throws(() => new DataLoader({ inputs: [ids], targets: [] }, { batchSize: 2, transform: rotate(3) }), /DataLoader: a transform takes float32 images/);
  assert.throws(() => randomSplit({ inputs: [ids], targets: [] }, 1.5), /randomSplit: the share must be from 0 to 1, got 1.5/);
});

test('transforms: normalise, translate by whole pixels, rotate about the centre', () => {
  const image = Float32Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0);
  const shape = [1, 3, 3] as const;
  assert.equal([...normalize(0.5, 0.25)(image, shape, new Philox(0))], [-2, -2, -2, -2, 2, -2, -2, -2, -2]);
  const moved = new Set<number>();
  for (let seed = 0; seed < 50; seed++) {
    const shifted = translate(1)(image, shape, new Philox(seed));
    assert.is(shifted.reduce((sum, pixel) => sum + pixel, 0), 1);
    moved.add(shifted.indexOf(1));
    const turned = rotate(45)(image, shape, new Philox(seed));
    assert.is(turned[4], 1, 'the centre stays');
  }
  assert.is(moved.size, 9);
});

test('subset shares memory and checks its bounds', () => {
  const dataset = generateDigits('train', 10);
  const part = subset(dataset, 4, 7);
  assert.equal([...part.labels], [...dataset.labels.slice(4, 7)]);
  assert.is(part.images.buffer, dataset.images.buffer);
  assert.throws(() => subset(dataset, 4, 11), /^subset: to must be a whole number from 4 to 10, got 11$/);
  assert.throws(() => subset(dataset, -1, 11), /^subset: from must be a whole number from 0 to 10, got -1$/);
});

const THREE = { inputs: [{ data: Float32Array.of(1, 2, 3), shape: [3] }], targets: [] };
const loader = (dataset: object, options: object = {}) => new DataLoader(dataset as typeof THREE, { batchSize: 2, ...options });
const cut = loader(generateDigits('train', 1), { transform: (pixels: Float32Array) => pixels.subarray(84) });

const UNFIT: [() => unknown, RegExp][] = [
  ...[9, -1, 0.5].map((index): [() => unknown, RegExp] => [
    () => selectExamples(THREE, [0, index]), new RegExp(`^selectExamples: index 1 must be a whole number from 0 to 2, got ${index}$`)]),
  [() => selectExamples(undefined as never, [0]), /^dataset: inputs must be an array, got undefined$/],
  [() => loader(undefined as never), /^dataset: inputs must be an array, got undefined$/],
  [() => loader({ inputs: THREE.inputs }), /^dataset: targets must be an array, got undefined$/],
  [() => loader(THREE, { batchSize: 1.5 }), /^DataLoader: batchSize must be a whole number from 1, got 1\.5$/],
  [() => [...loader(THREE).batches(0, -1)], /^DataLoader\.batches: start must be a whole number from 0, got -1$/],
  [() => [...loader(THREE).batches(-1)], /^DataLoader\.batches: epoch must be a whole number from 0 to 16777215, got -1$/],
  [() => [...cut.batches(0)], /^DataLoader: the transform must return 784 pixels for image 0 of shape \[1,28,28\], got 700$/],
  [() => generateDigits('valid' as never, 2), /^generateDigits: part must be one of train, test, got 'valid'$/],
  [() => generateDigits('train', 2.5), /^generateDigits: count must be a whole number from 0, got 2\.5$/],
];
for (const [call, message] of UNFIT) test(`refused: ${message.source}`, () => throwsError(call, TapegradError, message));

test.run();
