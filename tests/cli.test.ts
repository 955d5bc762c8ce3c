import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, scope } from '../index.js';
import { Linear, loadCheckpoint, saveCheckpoint } from '../nn/index.js';
// @ts-expect-error: the build scripts are plain JavaScript
import { bundleProgram } from '../scripts/bundleProgram.mjs';

/* `npm start` as a process: what it prints, its exit codes, bad input, Ctrl-C, and a resumed run. */

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-cli-'));
let program = '';

const test = suite('cli');
test.before(async () => {
  await init({ device: 'cpu' });
  mkdirSync('.cache', { recursive: true });
  program = await bundleProgram('examples/mnist-cnn/main.ts', mkdtempSync('.cache/cli-'));
});
test.after(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(program.replace(/examples.*/, ''), { recursive: true, force: true });
});

function run(...args: string[]): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', cwd: process.cwd() });
}

/** The process must have ended with exit code 2 and one line on stderr, which matches. */
function assertUsageError(result: SpawnSyncReturns<string>, message: RegExp): void {
  assert.is(result.status, 2, `exit code; stderr: ${result.stderr}`);
  assert.match(result.stderr, /^tapegrad: [^\n]+\n$/);
  assert.match(result.stderr, message);
}

/** An IDX file of unsigned bytes. */
function idx(shape: number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((extent, axis) => header.writeUInt32BE(extent, 4 + 4 * axis));
  return Buffer.concat([header, data]);
}

const COUNT = 60;
const IMAGES = idx([COUNT, 28, 28], Uint8Array.from({ length: COUNT * 784 }, (_, i) => (i * 7) % 256));
const LABELS = idx([COUNT], Uint8Array.from({ length: COUNT }, (_, i) => i % 10));

/** A folder with the four MNIST files, one of them replaced. */
function mnistFolder(name: string, replaced: Record<string, Buffer> = {}): string {
  const path = join(folder, name);
  const files: Record<string, Buffer> = {
    'train-images-idx3-ubyte': IMAGES,
    'train-labels-idx1-ubyte': LABELS,
    't10k-images-idx3-ubyte': IMAGES,
    't10k-labels-idx1-ubyte': LABELS,
  };
  mkdirSync(path);
  for (const [file, bytes] of Object.entries({ ...files, ...replaced })) {
    // A replacement by a gz takes the place of the plain file.
    if (!(`${file}.gz` in replaced)) writeFileSync(join(path, file), bytes);
  }
  return path;
}

function withByte(bytes: Buffer, at: number, value: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
}

const BROKEN: { label: string; files: Record<string, Buffer>; message: RegExp }[] = [
  { label: 'truncated images', files: { 'train-images-idx3-ubyte': IMAGES.subarray(0, 5000) }, message: /train-images-idx3-ubyte at byte 5000/ },
  { label: 'a truncated header', files: { 'train-images-idx3-ubyte': IMAGES.subarray(0, 9) }, message: /train-images-idx3-ubyte/ },
  { label: 'images with bytes to spare', files: { 'train-images-idx3-ubyte': Buffer.concat([IMAGES, Buffer.alloc(3)]) }, message: /train-images-idx3-ubyte/ },
  { label: 'a wrong magic number', files: { 'train-labels-idx1-ubyte': withByte(LABELS, 2, 0x0d) }, message: /train-labels-idx1-ubyte/ },
  { label: 'another number of labels', files: { 'train-labels-idx1-ubyte': idx([59], new Uint8Array(59)) }, message: /train-labels-idx1-ubyte.*60 labels/ },
  { label: 'a label above 9', files: { 'train-labels-idx1-ubyte': withByte(LABELS, 8 + 17, 10) }, message: /train-labels-idx1-ubyte at byte 25: expected a label from 0 to 9, found 10/ },
  { label: 'a gz cut short', files: { 'train-images-idx3-ubyte.gz': gzipSync(IMAGES).subarray(0, 300) }, message: /train-images-idx3-ubyte\.gz/ },
  {
    label: 'a gz that inflates far past its header',
    files: { 'train-images-idx3-ubyte.gz': gzipSync(Buffer.concat([IMAGES, Buffer.alloc(64 << 20)])) },
    message: /train-images-idx3-ubyte\.gz/,
  },
  { label: 'a header that promises more than memory holds', files: { 'train-images-idx3-ubyte': withByte(IMAGES, 4, 0xff) }, message: /train-images-idx3-ubyte/ },
];
for (const { label, files, message } of BROKEN) {
  test(`broken data: ${label}`, () => {
    const path = mnistFolder(label.replaceAll(' ', '-'), files);
    assertUsageError(run('--device', 'cpu', '--dataset', 'mnist', '--data', path), message);
  });
}

test('a folder that does not exist', () => {
  assertUsageError(run('--device', 'cpu', '--dataset', 'mnist', '--data', join(folder, 'nowhere')), /nowhere.*no such folder/);
});

const BAD_FLAGS: [string[], RegExp][] = [
  [['--colour', 'red'], /--colour/],
  [['extra'], /extra/],
  [['--epochs'], /epochs/],
  [['--epochs', 'two'], /--epochs two: expected a whole number/],
  [['--epochs', '0'], /--epochs 0/],
  [['--batch', '-3'], /batch/],
  [['--lr', 'fast'], /--lr fast/],
  [['--dataset', 'cats'], /--dataset cats: choose one of digits, mnist/],
  [['--device', 'tpu'], /--device tpu: choose one of auto, webgpu, cpu/],
  [['--resume', '/no/such/checkpoint'], /no such file/],
  [['--json', '/no/such/folder/x.json'], /--json \/no\/such\/folder\/x\.json: it cannot be written \(ENOENT\)/],
  [['--save', '.'], /--save \.: it cannot be written \(EISDIR\)/],
];
for (const [args, message] of BAD_FLAGS) {
  test(`bad flags: ${args.join(' ')}`, () => assertUsageError(run('--device', 'cpu', ...args), message));
}

test('--help prints the flags', () => {
  const { status, stdout } = run('--help');
  assert.is(status, 0);
  assert.match(stdout, /--dataset digits\|mnist/);
});

test('--device webgpu without an adapter', () => {
  const env = { ...process.env, TAPEGRAD_ADAPTER: 'none' };
  const result = spawnSync(process.execPath, [program, '--device', 'webgpu'], { encoding: 'utf8', env });
  assertUsageError(result, /webgpu: no usable adapter/);
});

const SMALL = ['--device', 'cpu', '--train', '150', '--batch', '32', '--seed', '5'];

test('a checkpoint of another architecture, a damaged one, flags that contradict it, and one that has all its epochs', async () => {
  const good = join(folder, 'good.safetensors');
  const result = run(...SMALL, '--epochs', '1', '--save', good);
  assert.is(result.status, 0, result.stderr);

  const { metadata } = await loadCheckpoint(good);
  const other = join(folder, 'other.safetensors');
  await scope(async () => {
    const state = new Linear(3, 2).stateDict();
    await saveCheckpoint(other, Object.fromEntries(Object.entries(state).map(([name, t]) => [`model.${name}`, t])), metadata);
  });
  const options = join(folder, 'options.safetensors');
  for (const text of ['{', 'null']) {
    await scope(() => saveCheckpoint(options, new Linear(3, 2).stateDict(), { ...metadata, options: text }));
    assertUsageError(run('--device', 'cpu', '--resume', options), /options\.safetensors at byte 8: expected a checkpoint saved by npm start, found another one/);
  }
  assertUsageError(run('--device', 'cpu', '--resume', other), /loadStateDict: .*missing 0\.weight.*unexpected weight/);

  const cut = join(folder, 'cut.safetensors');
  writeFileSync(cut, readFileSync(good).subarray(0, 100_000));
  assertUsageError(run('--device', 'cpu', '--resume', cut), /cut\.safetensors/);
  assertUsageError(run('--device', 'cpu', '--resume', good, '--batch', '64'), /--batch 64: .*saved with --batch 32/);

  const json = join(folder, 'good.json');
  const finished = run('--device', 'cpu', '--epochs', '1', '--resume', good, '--json', json);
  assert.is(finished.status, 0, finished.stderr);
  assert.not.match(finished.stdout, /NaN|a step,/, 'no step was left to take');
  const { secondsFirstStep, millisPerStep } = JSON.parse(readFileSync(json, 'utf8'));
  assert.equal([secondsFirstStep, millisPerStep], [null, null]);
});

test('Ctrl-C saves, and --resume continues bit for bit', async () => {
  const json = (name: string) => join(folder, `${name}.json`);
  const file = join(folder, 'mnist-cnn.safetensors');
  const straight = run(...SMALL, '--epochs', '2', '--json', json('straight'));
  assert.is(straight.status, 0, straight.stderr);

  // No --save: the checkpoint goes to its default place, in the folder that the process runs in.
  const child = spawn(process.execPath, [resolve(program), ...SMALL, '--epochs', '2', '--json', json('interrupted')], { cwd: folder });
  child.stderr.on('data', (text: Buffer) => {
    if (/epoch 1\/2 2\//.test(text.toString())) child.kill('SIGINT');
  });
  assert.is(await new Promise((done) => child.on('close', done)), 130);
  const interrupted = JSON.parse(readFileSync(json('interrupted'), 'utf8'));
  assert.is(interrupted.interrupted, true);
  assert.is(interrupted.testLoss, undefined);
  assert.equal(interrupted.epochs, [], 'stopped within the first epoch');

  const resumed = run('--device', 'cpu', '--epochs', '2', '--resume', file, '--json', json('resumed'));
  assert.is(resumed.status, 0, resumed.stderr);
  const [a, b] = ['straight', 'resumed'].map((name) => JSON.parse(readFileSync(json(name), 'utf8')));
  const figures = ({ testLoss, testAccuracy, epochs }: typeof a) => ({
    testLoss,
    testAccuracy,
    epochs: epochs.map(({ seconds, ...rest }: { seconds: number }) => rest),
  });
  assert.equal(figures(b), figures(a));
  assert.is(a.parameters, 225_034);
  assert.is(a.device, 'cpu');
  for (const key of ['adapter', 'dataset', 'secondsTotal', 'secondsFirstStep', 'millisPerStep']) assert.ok(key in a, key);
});

test('a loss that is not finite ends the run with exit code 1 and names the op', () => {
  const result = run(...SMALL, '--epochs', '3', '--lr', '1e30');
  assert.is(result.status, 1, result.stderr);
  assert.match(result.stderr.trimEnd().split('\n').at(-1)!, /^tapegrad: epoch \d+, batch \d+: loss .*; \w+: .*not finite.*smaller learning rate$/);
});

test.run();
