import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DeviceName, Philox, type Tensor, batchNorm, grad, groupNorm, layerNorm, shutdown, tensor } from '../index.js';
import { ShapeError, TapegradError } from '../core/errors.js';
import { type TensorFunction, gradgradcheck } from '../core/gradcheck.js';
import { assertClose, assertNoLeak, initBothDevices } from './support.js';

const test = suite('normalization');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

const DEVICES: DeviceName[] = ['cpu', 'webgpu'];

/** Values around `mean`, even over +-sqrt(3), so that their standard deviation is 1. */
function values(count: number, mean: number, seed = 1): Float32Array {
  const random = new Philox(seed);
  return Float32Array.from({ length: count }, () => mean + Math.sqrt(3) * (2 * random.uniform() - 1));
}

function momentsOf(data: ArrayLike<number>): { mean: number; variance: number } {
  const all = Array.from(data);
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  return { mean, variance: all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length };
}

/** The values of one channel of data laid out as [batch, channels, inner]. */
function channelOf(data: ArrayLike<number>, channels: number, inner: number, channel: number): number[] {
  return Array.from(data).filter((_, i) => Math.floor(i / inner) % channels === channel);
}

const SECOND_ORDER: [string, number[][], TensorFunction][] = [
  ['batchNorm', [[3, 2, 4], [2], [2]], (x, weight, bias) => batchNorm(x, { weight, bias, training: true })],
  ['batchNorm without weight', [[3, 2, 4]], (x) => batchNorm(x, { training: true })],
  ['batchNorm without bias', [[5, 3], [3]], (x, weight) => batchNorm(x, { weight, training: true })],
  ['layerNorm', [[3, 5], [5], [5]], (x, weight, bias) => layerNorm(x, 5, { weight, bias })],
  ['layerNorm of two axes', [[2, 2, 3], [2, 3], [2, 3]], (x, weight, bias) => layerNorm(x, [2, 3], { weight, bias })],
  ['layerNorm without weight', [[3, 5]], (x) => layerNorm(x, 5)],
  ['groupNorm', [[2, 4, 3], [4], [4]], (x, weight, bias) => groupNorm(x, 2, { weight, bias })],
  ['groupNorm with a bias only', [[2, 4, 3], [4]], (x, bias) => groupNorm(x, 2, { bias })],
];

for (const [label, shapes, fn] of SECOND_ORDER) {
  test(`second order of ${label}`, () =>
    assertNoLeak(async () => {
      const inputs = shapes.map((shape, i) => {
        const data = Float64Array.from(values(shape.reduce((a, b) => a * b, 1), i, i + 1));
        return tensor(data, shape, { requiresGrad: true });
      });
      const report = await gradgradcheck(fn, inputs);
      assert.is(report.verdict, 'PASS', report.message);
    }));
}

test('second order of batchNorm in eval mode', () =>
  assertNoLeak(async () => {
    const runningMean = tensor([0.5, -1], [2], { dtype: 'float64' });
    const runningVar = tensor([2, 0.25], [2], { dtype: 'float64' });
    const inputs = [[3, 2, 2], [2]].map((shape, i) =>
      tensor(Float64Array.from(values(shape.reduce((a, b) => a * b, 1), 0, i + 1)), shape, { requiresGrad: true }),
    );
    // Without a bias: its gradient is the same everywhere, so that it has no second order.
    const report = await gradgradcheck((x, weight) => batchNorm(x, { weight, runningMean, runningVar }), inputs);
    assert.is(report.verdict, 'PASS', report.message);
  }));

for (const device of DEVICES) {
  test(`${device}: running statistics after several steps`, () =>
    assertNoLeak(async () => {
      const [batch, channels, inner, momentum] = [4, 3, 5, 0.3];
      const runningMean = tensor(new Float32Array(channels), [channels], { device });
      const runningVar = tensor(new Float32Array(channels).fill(1), [channels], { device });
      const expected = Array.from({ length: channels }, () => ({ mean: 0, variance: 1 }));
      for (let step = 0; step < 4; step++) {
        const data = values(batch * channels * inner, step, step + 1);
        batchNorm(tensor(data, [batch, channels, inner], { device }), { runningMean, runningVar, training: true, momentum });
        expected.forEach((running, channel) => {
          const { mean, variance } = momentsOf(channelOf(data, channels, inner, channel));
          const count = batch * inner;
          running.mean = (1 - momentum) * running.mean + momentum * mean;
          running.variance = (1 - momentum) * running.variance + momentum * variance * (count / (count - 1));
        });
      }
      const few = { relative: 1e-6, absolute: 1e-6 };
      assertClose(await runningMean.data(), expected.map(({ mean }) => mean), few, 'running mean');
      assertClose(await runningVar.data(), expected.map(({ variance }) => variance), few, 'running variance');
    }));

  test(`${device}: eval uses the running statistics and leaves them alone; training normalises by the batch`, () =>
    assertNoLeak(async () => {
      const data = values(12, 3);
      const x = tensor(data, [6, 2], { device });
      const statistics = { runningMean: tensor([1, -2], [2], { device }), runningVar: tensor([4, 0.25], [2], { device }) };
      const evaluate = () => batchNorm(x, { ...statistics, eps: 0 });
      const before = Array.from(data, (value, i) => (i % 2 === 0 ? (value - 1) / 2 : (value + 2) / 0.5));
      assertClose(await evaluate().data(), before, { relative: 1e-6, absolute: 0 }, 'eval');
      assert.equal([...(await statistics.runningMean.data())], [1, -2]);
      assert.equal([...(await statistics.runningVar.data())], [4, 0.25]);

      const trained = await batchNorm(x, { ...statistics, eps: 0, training: true, momentum: 1 }).data();
      for (const channel of [0, 1]) {
        const { mean, variance } = momentsOf(channelOf(trained, 2, 1, channel));
        assertClose([mean, variance], [0, 1], { relative: 0, absolute: 2e-6 }, `channel ${channel} after training`);
      }
      // With momentum 1 the running statistics are those of the batch, the variance unbiased: 6 values, so 5 / 6 of it.
      const after = Array.from(trained, (value) => value * Math.sqrt(5 / 6));
      assertClose(await evaluate().data(), after, { relative: 2e-6, absolute: 0 }, 'eval after training');
    }));

  test(`${device}: training does not put the running statistics on the tape`, () =>
    assertNoLeak(async () => {
      const x = tensor(values(8, 0), [4, 2], { device, requiresGrad: true });
      const runningMean = tensor([0, 0], [2], { device });
      const runningVar = tensor([1, 1], [2], { device });
      const weight = tensor([1, 2], [2], { device, requiresGrad: true });
      const first = batchNorm(x, { weight, runningMean, runningVar, training: true });
      const second = batchNorm(first, { weight, runningMean, runningVar, training: true });
      assert.is(runningMean.requiresGrad, false);
      // Both steps have changed the statistics by now: backward must not mind.
      second.sum().backward();
      // A normalised channel sums to nothing, whatever x is.
      assertClose(await x.grad!.data(), new Float32Array(8), { relative: 0, absolute: 1e-5 }, 'gradient of x');
      x.grad!.dispose();
      weight.grad!.dispose();
    }));

  /*
   * float32 at 1e4 has steps of 2^-10, and the mean is rounded to half of one; the standard deviation is 1. The textbook's
   * E[x^2] - E[x]^2 is a difference of two 1e8, which float32 gives to +-8: no digit of the variance would be right.
   */
  const ROUNDED_MEAN = { relative: 1e-6, absolute: 2 ** -11 };
  const LARGE_MEAN: [string, (x: Tensor) => Tensor][] = [
    ['batchNorm', (x) => batchNorm(x.reshape([4, 1, 1024]), { training: true })],
    ['layerNorm', (x) => layerNorm(x.reshape([1, 4096]), 4096)],
    ['groupNorm', (x) => groupNorm(x.reshape([1, 8, 512]), 1)],
  ];
  for (const [name, fn] of LARGE_MEAN) {
    test(`${device}: ${name} of a large mean and a small variance`, () =>
      assertNoLeak(async () => {
        const data = values(4096, 1e4);
        const { mean, variance } = momentsOf(data);
        const x = tensor(data, [4096], { device, requiresGrad: true });
        const out = fn(x);
        const normalized = Array.from(data, (value) => (value - mean) / Math.sqrt(variance + 1e-5));
        assertClose(await out.data(), normalized, ROUNDED_MEAN, 'out');

        const upstream = values(4096, 0, 2);
        out.backward(tensor(upstream, out.shape, { device }));
        const average = momentsOf(upstream).mean;
        const product = momentsOf(upstream.map((g, i) => g * normalized[i])).mean;
        const gradient = normalized.map((h, i) => (upstream[i] - average - h * product) / Math.sqrt(variance + 1e-5));
        assertClose(await x.grad!.data(), gradient, ROUNDED_MEAN, 'gradient');
        x.grad!.dispose();
      }));
  }

  test(`${device}: equal values normalise to the bias`, () =>
    assertNoLeak(async () => {
      const x = tensor(new Float32Array(12).fill(0.1), [3, 4], { device });
      const bias = tensor([1, 2, 3, 4], [4], { device });
      assert.equal([...(await layerNorm(x, 4, { bias }).data())], [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
      assert.equal([...(await batchNorm(x, { bias, training: true }).data())], [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4]);
    }));
}

for (const device of DEVICES) {
  test(`${device}: an empty batch gives weight and bias gradients of zero, and leaves the running statistics alone`, () =>
    assertNoLeak(async () => {
      const x = tensor([], [0, 2], { device, requiresGrad: true });
      const weight = tensor([1, 2], [2], { device, requiresGrad: true });
      const bias = tensor([3, 4], [2], { device, requiresGrad: true });
      const runningMean = tensor([1, 2], [2], { device });
      const runningVar = tensor([3, 4], [2], { device });
      const outputs = [
        batchNorm(x, { weight, bias, runningMean, runningVar, training: true }),
        layerNorm(x, 2, { weight, bias }),
        groupNorm(x, 1, { weight, bias }),
      ];
      for (const out of outputs) {
        assert.equal([...out.shape], [0, 2]);
        for (const gradient of grad(out.sum(), [weight, bias])) assert.equal([...(await gradient.data())], [0, 0]);
      }
      assert.equal([...(await runningMean.data()), ...(await runningVar.data())], [1, 2, 3, 4]);
    }));
}

test('one value a channel cannot be trained on, but evaluated', () =>
  assertNoLeak(async () => {
    const x = tensor([1, 2], [1, 2]);
    const statistics = { runningMean: tensor([1, 1], [2]), runningVar: tensor([4, 4], [2]) };
    const refused = (error: Error) => error instanceof ShapeError && /batchNorm: x \[1,2\] has one value a channel/.test(error.message);
    assert.throws(() => batchNorm(x, { ...statistics, training: true }), refused);
    assertClose(await batchNorm(x, statistics).data(), [0, 0.5], { relative: 1e-5, absolute: 0 }, 'eval');
  }));

test('eval mode without running statistics, or with one of the two, is refused', () => {
  const x = tensor([1, 2], [2, 1]);
  const runningMean = tensor([1], [1]);
  const refused = (message: RegExp) => (error: Error) => error instanceof TapegradError && message.test(error.message);
  assert.throws(() => batchNorm(x), refused(/eval mode needs runningMean and runningVar/));
  assert.throws(() => batchNorm(x, { runningMean, training: true }), refused(/both of runningMean and runningVar/));
  [x, runningMean].forEach((t) => t.dispose());
});

test.run();
