import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type DeviceName, ShapeError, type Tensor, arange, embedding, gather, grad, indexSelect, oneHot, scatterAdd, shutdown, tensor,
} from '../index.js';
import { gradgradcheck } from '../core/gradcheck.js';
import { sortEntries } from '../kernels/sortEntries/plan.js';
import { assertNoLeak, initBothDevices } from './support.js';

/* What the registry-driven tests cannot say: indices out of range, padding, and the forms in which the functions are called. */

const DEVICES: readonly DeviceName[] = ['cpu', 'webgpu'];
/** Past the end, negative, and as far out as int32 goes. */
const OUTSIDE = [3, -1, 2 ** 31 - 1, -(2 ** 31)];

const test = suite('indexing');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

function floats(device: DeviceName, values: number[], shape: number[], requiresGrad = false): Tensor {
  return tensor(values, shape, { device, requiresGrad });
}

function ints(device: DeviceName, values: number[], shape = [values.length]): Tensor {
  return tensor(values, shape, { device, dtype: 'int32' });
}

/** Runs `body` on each device, and asserts that it leaves nothing behind. */
function onBoth(name: string, body: (device: DeviceName) => Promise<void>): void {
  for (const device of DEVICES) test(`${name}, ${device}`, () => assertNoLeak(() => body(device)));
}

async function values(t: Tensor): Promise<number[]> {
  return [...(await t.data())];
}

for (const index of OUTSIDE) {
  const call = (device: DeviceName) => embedding(ints(device, [index, 1], [2, 1]), floats(device, [1, 2, 3, 4, 5, 6], [3, 2]));

  test(`embedding: index ${index} throws on the CPU and gives NaN on WebGPU`, () =>
    assertNoLeak(async () => {
      const message = new RegExp(`^indexSelect: index ${index} is out of range .*0 to 2$`);
      assert.throws(() => call('cpu'), (error: Error) => error instanceof ShapeError && message.test(error.message));
      assert.equal(await values(call('webgpu')), [NaN, NaN, 3, 4]);
    }));
}

test('an index into an empty axis is out of range', () =>
  assertNoLeak(async () => {
    assert.throws(() => indexSelect(floats('cpu', [], [0]), ints('cpu', [0]), { axis: 0 }), /index 0 .* extent 0: the axis is empty/);
    assert.equal(await values(indexSelect(floats('webgpu', [], [0]), ints('webgpu', [0]), { axis: 0 })), [NaN]);
  }));

onBoth('negative axes count from the end', async (device) => {
  const x = floats(device, [1, 2, 3, 4, 5, 6], [2, 3]);
  const index = ints(device, [2, 0], [2, 1]);
  assert.equal(await values(x.gather(index, { axis: -1 })), [3, 4]);
  assert.equal(await values(x.scatterAdd(index, floats(device, [10, 20], [2, 1]), { axis: -1 })), [1, 2, 13, 24, 5, 6]);
  assert.equal(await values(x.indexSelect(ints(device, [1]), { axis: -1 })), [2, 5]);
  assert.throws(() => x.gather(index, { axis: -3 }), /gather: axis -3 /);
});

onBoth('embedding: an index of any shape, and a padding row that is read but not learnt', async (device) => {
  const index = ints(device, [0, 2, 2, 1], [2, 2]);
  const weight = floats(device, [1, 2, 3, 4, 5, 6], [3, 2], true);
  for (const [paddingIdx, expected] of [[undefined, [1, 1, 1, 1, 2, 2]], [2, [1, 1, 1, 1, 0, 0]], [-2, [1, 1, 0, 0, 2, 2]]] as const) {
    const out = embedding(index, weight, { paddingIdx });
    assert.equal([...out.shape], [2, 2, 2]);
    assert.equal(await values(out), [1, 2, 5, 6, 5, 6, 3, 4]);
    const [gradient] = grad([out], [weight], { gradOutputs: [floats(device, new Array(8).fill(1), [2, 2, 2])] });
    assert.equal(await values(gradient), expected, `padding ${paddingIdx}`);
  }
  assert.equal(await values(embedding(ints(device, [1], []), weight)), [3, 4]);
});

test('embedding: what does not fit', () =>
  assertNoLeak(async () => {
    const weight = floats('cpu', [1, 2, 3, 4, 5, 6], [3, 2]);
    const index = ints('cpu', [0]);
    assert.throws(() => embedding(index, weight, { paddingIdx: 3 }), /embedding: paddingIdx 3 .*\[3,2\]/);
    assert.throws(() => embedding(index, weight, { paddingIdx: -4 }), /embedding: paddingIdx -4 /);
    assert.throws(() => embedding(index, floats('cpu', [1], [1])), /embedding: weight .*\[1\]/);
    assert.throws(() => embedding(floats('cpu', [0], [1]), weight), /embedding: index must be an int32 tensor/);
  }));

test('second derivatives of gather, scatterAdd and indexSelect', () =>
  assertNoLeak(async () => {
    const input = (data: number[], shape: number[]) => tensor(data, shape, { device: 'cpu', dtype: 'float64', requiresGrad: true });
    const index = ints('cpu', [0, 2, 2, 1], [2, 2]);
    const x = input([0.3, -1.2, 0.7, 1.9, 0.4, -0.8], [2, 3]);
    const source = input([0.5, -0.6, 1.1, 0.9], [2, 2]);
    const cube = (t: Tensor) => t.mul(t).mul(t);
    const checks: [string, (...inputs: Tensor[]) => Tensor, Tensor[]][] = [
      ['gather', (a) => cube(gather(a, index, { axis: 1 })), [x]],
      ['scatterAdd', (a, b) => cube(scatterAdd(a, index, b, { axis: 1 })), [x, source]],
      ['indexSelect', (a) => cube(indexSelect(a, ints('cpu', [2, 0, 2]), { axis: 1 })), [x]],
      ['embedding', (a) => cube(embedding(index, a.reshape([3, 2]))), [x]],
    ];
    for (const [name, fn, inputs] of checks) {
      const report = await gradgradcheck(fn, inputs);
      assert.is(report.verdict, 'PASS', `${name}: ${report.message}`);
    }
  }));

onBoth('arange: its three forms', async (device) => {
  const cases: [Tensor, string, number[]][] = [
    [arange(3, { device }), 'int32', [0, 1, 2]],
    [arange(2, 5, { device }), 'int32', [2, 3, 4]],
    [arange(5, 0, -2, { device }), 'int32', [5, 3, 1]],
    [arange(0, 1, 0.25, { device }), 'float32', [0, 0.25, 0.5, 0.75]],
    [arange(2, { device, dtype: 'float32' }), 'float32', [0, 1]],
    [arange(0, { device }), 'int32', []],
  ];
  for (const [t, dtype, expected] of cases) {
    assert.is(t.dtype, dtype);
    assert.equal([...t.shape], [expected.length]);
    assert.equal(await values(t), expected);
  }
});

onBoth('oneHot: dtype and shape', async (device) => {
  const hot = oneHot(ints(device, [1, 0], [2, 1]), 2, { dtype: 'int32' });
  assert.is(hot.dtype, 'int32');
  assert.equal([...hot.shape], [2, 1, 2]);
  assert.equal(await values(hot), [0, 1, 1, 0]);
});

test('a sort passes over as many digits as places have, and never over more than 32 bits', () => {
  const passes = (extent: number) => sortEntries([100], 0, extent).launches.filter(({ entryPoint }) => entryPoint === 'move_entries').length;
  assert.equal([1, 15, 16, 255, 256, 2 ** 28 - 1, 2 ** 28, 2 ** 32 - 1].map(passes), [1, 1, 2, 2, 3, 7, 8, 8]);
});

test.run();
