import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type DeviceName, Philox, TapegradError, type Tensor, type TensorOptions, dropout, getRandomState, grad, manualSeed, ones, rand, randInt, randn,
  setRandomState, shutdown,
} from '../index.js';
import { callOp } from '../core/apply.js';
import { backendFor } from '../core/device.js';
import { EPOCH_STREAMS, STREAMS } from '../core/random.js';
import { spirals } from '../datasets/index.js';
import { throwsError } from './fixtures/expect.js';
import { assertClose, assertNoLeak, initBothDevices } from './support.js';

/* The stream of random numbers: its bits, its distribution, and what the seed does to it. */

const DEVICES: readonly DeviceName[] = ['cpu', 'webgpu'];
const MANY = 1_000_000;

const test = suite('random');
test.before(initBothDevices);
test.after(() => {
  manualSeed(0);
  shutdown('webgpu');
});

function check(name: string, body: () => Promise<void>): void {
  test(name, () => assertNoLeak(body));
}

async function values(t: Tensor): Promise<number[]> {
  return [...(await t.data())];
}

/** Bit-equal; unlike assert.equal it names the first difference, and takes no time to draw the others. */
function assertSame(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assertClose(actual, expected, { relative: 0, absolute: 0 }, what);
}

/** The values of the same call on each device, from the same state of the generator. */
async function onEach(make: (device: DeviceName) => Tensor): Promise<number[][]> {
  const state = getRandomState();
  const found: number[][] = [];
  for (const device of DEVICES) {
    setRandomState(state);
    found.push(await values(make(device)));
  }
  return found;
}

/** All 32 bits of the words of a stream: randInt with the widest span takes nothing from them but 0xffffffff. */
function words(device: DeviceName, key: [number, number], counter: number, count: number): Tensor {
  const attrs = { shape: [count], low: -(2 ** 31), high: 2 ** 31 - 1, key, counter };
  return callOp('randInt', [], attrs, backendFor(device));
}

check('Philox 4x32-10 gives the published words for counter 0 and key 0', async () => {
  const published = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]; // Random123, kat_vectors
  for (const device of DEVICES) {
    const found = await values(words(device, [0, 0], 0, 4));
    assert.equal(found.map((word) => word + 2 ** 31), published, device);
  }
});

check('the words are those of core/random.ts, across every carry', async () => {
  for (const [seed, counter] of [[1, 0], [2 ** 32 - 1, 2 ** 32 - 3], [123_456_789, 2 ** 45 - 9]] as const) {
    const [cpu, webgpu] = [await values(words('cpu', [seed, 7], counter, 1003)), await values(words('webgpu', [seed, 7], counter, 1003))];
    assertSame(webgpu, cpu, `seed ${seed}, counter ${counter}`);
    if (counter === 0) {
      const stream = new Philox(seed, 7);
      assertSame(cpu, Array.from({ length: 1003 }, () => stream.uint32() - 2 ** 31), 'CPU against the host stream');
    }
  }
});

check('uniforms: bit-equal on both devices, and those of the host stream', async () => {
  manualSeed(5);
  const [cpu, webgpu] = await onEach((device) => rand([4099], { device }));
  const stream = new Philox(5, STREAMS.tensors);
  assertSame(cpu, Array.from({ length: 4099 }, () => stream.uniform()), 'CPU against the host stream');
  assertSame(webgpu, cpu, 'WebGPU against the CPU');
});

/** How far float32 values are from float64 ones, in units of the last place (at most 2^-23 of the value). */
function worstUlp(found: ArrayLike<number>, exact: ArrayLike<number>): number {
  let worst = 0;
  for (let i = 0; i < exact.length; i++) {
    const ulp = Math.abs(exact[i]) * 2 ** -23 + 1e-15; // Math.cos of a quarter turn is 6e-17, not 0
    const distance = Math.abs(found[i] - exact[i]) / ulp;
    worst = distance <= worst ? worst : distance; // NaN is the worst
  }
  return worst;
}

/** 2.3 on Mesa; WGSL grants a division 2.5 ULP and a square root as many again, and leaves contraction open. */
const FEW_ULP = 8;

check('normals: each within a few ULP of float64 on both devices', async () => {
  const draw = (options: TensorOptions) => {
    manualSeed(6);
    return randn([MANY], options).data();
  };
  const exact = await draw({ device: 'cpu', dtype: 'float64' });
  for (const device of DEVICES) {
    const worst = worstUlp(await draw({ device }), exact);
    assert.ok(worst > 0 && worst <= FEW_ULP, `${device}: off by ${worst} ULP`);
  }
});

check('normals: the ends of the range and the quarter turns', async () => {
  // Blocks of the stream of key 0, 0 that hold a chosen uniform; the even words give radii, the odd ones angles.
  const blocks: [counter: number, word: number, uniform: number][] = [
    [14_883_995, 0, 0], [2_330_056, 2, 1 - 2 ** -24],
    [17_169_035, 1, 0], [23_610_117, 3, 1 / 8], [7_980_426, 1, 1 / 4], [454_764, 3, 1 / 2], [5_288_436, 1, 3 / 4],
    [7_113_731, 1, 1 - 2 ** -24],
  ];
  for (const [counter, word, uniform] of blocks) {
    const draw = (op: string, device: DeviceName, dtype: string) =>
      callOp(op, [], { shape: [4], dtype, key: [0, 0], counter }, backendFor(device)).data();
    assert.is((await draw('rand', 'cpu', 'float32'))[word], uniform);
    const exact = await draw('randn', 'cpu', 'float64');
    for (const device of DEVICES) {
      const worst = worstUlp(await draw('randn', device, 'float32'), exact);
      assert.ok(worst <= FEW_ULP, `${device}, uniform ${uniform}: off by ${worst} ULP`);
    }
  }
});

check('normals and uniforms: mean and variance within 4 standard errors', async () => {
  manualSeed(7);
  const distributions = [
    { name: 'rand', draw: rand, mean: 1 / 2, variance: 1 / 12, fourth: 1 / 80 },
    { name: 'randn', draw: randn, mean: 0, variance: 1, fourth: 3 },
  ];
  for (const { name, draw, mean, variance, fourth } of distributions) {
    for (const device of DEVICES) {
      const found = await draw([MANY], { device }).data();
      let sum = 0;
      let squares = 0;
      for (const value of found) {
        sum += value - mean;
        squares += (value - mean) ** 2;
      }
      const errorOfMean = Math.sqrt(variance / MANY);
      const errorOfVariance = Math.sqrt((fourth - variance ** 2) / MANY);
      assert.ok(Math.abs(sum / MANY) < 4 * errorOfMean, `${name}, ${device}: mean off by ${sum / MANY}`);
      const excess = squares / MANY - variance;
      assert.ok(Math.abs(excess) < 4 * errorOfVariance, `${name}, ${device}: variance off by ${excess}`);
    }
  }
});

check('neighbours in a normal pair, and neighbouring pairs, are uncorrelated', async () => {
  manualSeed(8);
  const found = await randn([MANY], { device: 'webgpu' }).data();
  for (const lag of [1, 2, 4]) {
    let sum = 0;
    for (let i = lag; i < MANY; i++) sum += found[i] * found[i - lag];
    assert.ok(Math.abs(sum / MANY) < 4 / Math.sqrt(MANY), `lag ${lag}: correlation ${sum / MANY}`);
  }
});

check('randInt: every number of its range, evenly', async () => {
  manualSeed(9);
  const [cpu, webgpu] = await onEach((device) => randInt(-3, 8, [110_000], { device }));
  assertSame(webgpu, cpu, 'WebGPU against the CPU');
  const counts = new Map<number, number>();
  for (const value of cpu) counts.set(value, (counts.get(value) ?? 0) + 1);
  assert.equal([...counts.keys()].sort((a, b) => a - b), [-3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7]);
  const deviation = Math.sqrt(110_000 * (1 / 11) * (10 / 11));
  for (const [value, count] of counts) assert.ok(Math.abs(count - 10_000) < 4 * deviation, `${value} came ${count} times`);
});

check('the seed decides the numbers; manualSeed and setRandomState go back to them', async () => {
  manualSeed(1);
  const first = await values(rand([9], { device: 'cpu' }));
  const state = getRandomState();
  const second = await values(randn([9], { device: 'cpu' }));
  assert.not.equal(second, first);

  setRandomState(state);
  assert.equal(await values(randn([9], { device: 'cpu' })), second);
  manualSeed(1);
  assert.equal(await values(rand([9], { device: 'cpu' })), first);
  assert.not.equal(await values(rand([9], { device: 'cpu' })), first, 'the next call goes on in the stream');
  manualSeed(2);
  assert.not.equal(await values(rand([9], { device: 'cpu' })), first);
});

check('a call that fails leaves the generator where it was', async () => {
  manualSeed(3);
  const state = getRandomState();
  assert.throws(() => rand([-8]), /rand: shape \[-8\]/);
  for (const draw of [rand, randn]) {
    assert.throws(() => draw([8], { dtpye: 'float64' } as never), /there is no option dtpye/);
    assert.throws(() => draw([8], { dtype: 'int32' }), /gives floats, not int32/);
  }
  assert.throws(() => randInt(0, 2, [8], { dtype: 'int32' } as never), /there is no option dtype/);
  assert.throws(() => randInt(2, 0, [8]), /low 2 must be below high 0/);
  assert.throws(() => dropout(ones([8]), { p: 1 }), /dropout: p /);
  assert.throws(() => dropout(ones([8], { dtype: 'int32' })), /dropout: x must be a float/);
  assert.equal(getRandomState(), state);
});

check('no two streams of a seed share words', async () => {
  const ofEpochs: string[] = ['sequenceOrder', 'batchOrder', 'transforms'];
  const spans = Object.entries(STREAMS).map(([name, first]) => ({ name, first, count: ofEpochs.includes(name) ? EPOCH_STREAMS : 1 }));
  spans.sort((a, b) => a.first - b.first);
  spans.forEach(({ name, first, count }, i) => {
    const next = spans[i + 1] ?? { name: 'the last', first: 2 ** 32 };
    assert.ok(first + count <= next.first, `${name} reaches into ${next.name}`);
  });
  // A network's first weight and a spiral's first radius: one seed, two numbers.
  manualSeed(3);
  const weight = (await rand([1], { device: 'cpu' }).data())[0];
  assert.is.not(spirals(1, { seed: 3, noise: 0, arms: 1, turns: 0 }).points[0], weight);
});

check('requiresGrad makes a leaf', async () => {
  assert.ok(randn([2], { device: 'cpu', requiresGrad: true }).isLeaf);
  assert.ok(rand([2], { device: 'cpu', requiresGrad: true }).requiresGrad);
});

check('dropout: zeros and scaled values in the right share, the same on both devices and in backward', async () => {
  const p = 0.3;
  manualSeed(4);
  const results: Float32Array[] = [];
  const state = getRandomState();
  for (const device of DEVICES) {
    setRandomState(state);
    const x = ones([100_000], { device, requiresGrad: true });
    const y = dropout(x, { p });
    const [gradient] = grad([y], [x], { gradOutputs: [ones([100_000], { device })] });
    results.push((await y.data()) as Float32Array);
    assertSame(await gradient.data(), results.at(-1)!, `${device}: the gradient passes where the value does`);
  }
  const scaled = Math.fround(1 / (1 - p));
  assertSame(results[1], results[0], 'WebGPU against the CPU');
  let kept = 0;
  for (const value of results[0]) {
    assert.ok(value === 0 || value === scaled, `value ${value}`);
    if (value !== 0) kept++;
  }
  assert.ok(Math.abs(kept - 70_000) < 4 * Math.sqrt(100_000 * p * (1 - p)), `${kept} of 100000 kept`);
});

check('a seed, or a bound, that is none is refused; a bound of 0 would never end', async () => {
  for (const seed of [1.5, -1, 2 ** 32, NaN, '1' as never]) throwsError(() => manualSeed(seed), TapegradError, /^manualSeed: seed must be a whole number from 0/);
  const random = new Philox(1);
  for (const n of [0, -1, 1.5, NaN, 2 ** 33]) throwsError(() => random.below(n), TapegradError, /^Philox.below: n must be a whole number from 1 to 2\^32/);
  assert.is(random.below(1), 0);
  assert.ok(random.below(2 ** 32) >= 0);
});

check('dropout: gives x itself in evaluation and for p = 0, and draws nothing', async () => {
  manualSeed(4);
  const x = ones([3], { device: 'cpu', requiresGrad: true });
  for (const options of [{ training: false }, { p: 0 }]) {
    const y = dropout(x, options);
    assert.is(y.storage, x.storage);
    assert.equal(await values(grad([y], [x], { gradOutputs: [ones([3], { device: 'cpu' })] })[0]), [1, 1, 1]);
  }
  assert.is(getRandomState().offset, 0);
});

test.run();
