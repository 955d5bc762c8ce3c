import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DeviceError, arange, ones, rand, relu, scope, shutdown, softmax, zeros } from '../index.js';
import { assertNoLeak, initBothDevices } from './support.js';

/* Tensors larger than one row of workgroups (65,535 x 64 vec4s), than float32 counts exactly, than a binding holds. */

const LARGE = 20_000_003;
const device = 'webgpu';

const test = suite('large');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

test('a sum past 2^24 keeps its last bit: rounding does not pile up', () =>
  assertNoLeak(() => scope(async () => {
    assert.is(await ones([LARGE], { device }).sum().item(), Math.fround(LARGE));
    assert.is(await ones([LARGE], { device }).mean().item(), 1);
  })));

test('elementwise ops and reductions reach every element of a folded grid', () =>
  assertNoLeak(() => scope(async () => {
    const x = arange(0, LARGE, 1, { device });
    assert.is(await x.argmax().item(), LARGE - 1);
    assert.is(await x.eq(x.to('float32').to('int32')).sum().item() > LARGE / 2, true);
    const y = relu(rand([LARGE], { device }).sub(0.5));
    const values = await y.data();
    assert.ok(values.subarray(-64).some((value) => value > 0), 'the last elements were computed');
    assert.ok(Math.abs((await y.gt(0).sum().item()) / LARGE - 0.5) < 1e-3);
  })));

test('many short rows', () =>
  assertNoLeak(() => scope(async () => {
    const rows = softmax(rand([100_000, 10], { device }), { axis: 1 }).sum({ axis: 1 });
    const [low, high] = await Promise.all([rows.min().item(), rows.max().item()]);
    assert.ok(low > 1 - 1e-6 && high < 1 + 1e-6, `${low} to ${high}`);
  })));

test('what no binding holds is refused before it is launched', () =>
  assertNoLeak(async () => {
    assert.throws(
      () => zeros([1 << 15, 1 << 20], { device }),
      (error: Error) => error instanceof DeviceError && /^fill: a tensor of shape \[32768,1048576\] takes \d+ bytes, this adapter binds at most/.test(error.message),
    );
  }));

test.run();
