import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type DeviceName, ShapeError, TapegradError, type Tensor, concat, grad, layerNorm, linear, manualSeed, memory, ones, randn, scaledDotProductAttention, scope,
  shutdown, softmax, tensor, zeros,
} from '../index.js';
import { MultiheadAttention, PositionalEncoding, TransformerEncoderLayer, mseLoss } from '../nn/index.js';
import { Adam } from '../optim/index.js';
import { assertClose, assertNoLeak, initBothDevices } from './support.js';

const test = suite('nn: attention');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

const DEVICES: DeviceName[] = ['cpu', 'webgpu'];
const EXACT = { relative: 1e-12, absolute: 1e-12 };
const FACTORY = { dtype: 'float64' } as const;
const random = (...shape: number[]) => randn(shape, FACTORY);
const flags = (values: number[] | number[][]) => tensor(values, undefined, { dtype: 'int32' });

async function assertSame(actual: Tensor, expected: Tensor, what: string): Promise<void> {
  assert.equal(actual.shape, expected.shape, `${what}: shape`);
  assertClose(await actual.data(), await expected.data(), EXACT, what);
}

for (const device of DEVICES) {
  test(`${device}: a query that may look at nothing gets nothing, and gives no gradient`, () =>
    assertNoLeak(async () => {
      manualSeed(1);
      const make = (...shape: number[]) => {
        const t = randn(shape, { device });
        t.requiresGrad = true;
        return t;
      };
      const [q, k, v] = [make(2, 3), make(4, 3), make(4, 2)];
      const attnMask = tensor([[1, 0, 1, 1], [0, 0, 0, 0]], undefined, { dtype: 'int32', device });
      const out = scaledDotProductAttention(q, k, v, { attnMask });
      assert.equal([...(await out.narrow(0, 1, 1).data())], [0, 0]);
      const gradients = await Promise.all(grad(out.square().sum(), [q, k, v]).map((t) => t.data()));
      assert.ok(gradients.every((values) => values.every(Number.isFinite)));
      assert.equal([...gradients[0].slice(3)], [0, 0, 0], 'of that query');
      assert.equal([...gradients[2].slice(2, 4)], [0, 0], 'of the value that nobody sees');
      assert.ok(gradients[0].slice(0, 3).every((value) => value !== 0));
    }));
}

test('masks: whole numbers keep, floats are added, causal is the lower triangle, and causal joins either', () =>
  assertNoLeak(async () => {
    manualSeed(2);
    const [q, k, v] = [random(2, 3, 4), random(2, 5, 4), random(5, 2)];
    const keep = [[1, 0, 1, 1, 1], [1, 1, 0, 1, 0], [1, 0, 1, 0, 1]];
    const lower = keep.map((row, i) => row.map((_, j) => (j <= i ? 1 : 0)));
    const both = keep.map((row, i) => row.map((value, j) => value * lower[i][j]));
    const added = (rows: number[][]) => tensor(rows.map((row) => row.map((value) => (value === 1 ? 0 : -1e9))), undefined, FACTORY);
    const attend = (options: object) => scaledDotProductAttention(q, k, v, options);
    const scores = q.matmul(k, { transposeB: true }).div(2);
    await assertSame(attend({ attnMask: flags(keep) }), softmax(scores.add(added(keep))).matmul(v), 'kept');
    await assertSame(attend({ attnMask: added(keep) }), attend({ attnMask: flags(keep) }), 'added');
    await assertSame(attend({ isCausal: true }), attend({ attnMask: flags(lower) }), 'causal');
    await assertSame(attend({ isCausal: true, attnMask: flags(keep) }), attend({ attnMask: flags(both) }), 'causal and kept');
    await assertSame(attend({ isCausal: true, attnMask: added(keep) }), attend({ attnMask: flags(both) }), 'causal and added');
    await assertSame(attend({ scale: 0 }), v.mean({ axis: 0, keepDim: true }).add(zeros([2, 3, 2], FACTORY)), 'no scale, so the mean');
  }));

test('dropout of weights: some are 0, the others grow, and the mean stays', () =>
  assertNoLeak(async () => {
    manualSeed(3);
    const out = scaledDotProductAttention(zeros([400, 1], FACTORY), zeros([50, 1], FACTORY), ones([50, 1], FACTORY), { dropoutP: 0.5 });
    const values = [...(await out.data())];
    assert.ok(new Set(values).size > 5);
    assert.ok(Math.abs(values.reduce((a, b) => a + b) / 400 - 1) < 0.03);
  }));

/** Head by head, for sequences [length, features] of one example. */
function byHeads({ numHeads, embedDim, inProjWeight, inProjBias, outProj }: MultiheadAttention, query: Tensor, key: Tensor, value: Tensor): [Tensor, Tensor] {
  const width = embedDim / numHeads;
  const heads = Array.from({ length: numHeads }, (_, head) => {
    const [q, k, v] = [query, key, value].map((x, part) => {
      const start = part * embedDim + head * width;
      return linear(x, inProjWeight.narrow(0, start, width), inProjBias!.narrow(0, start, width));
    });
    const weights = softmax(q.matmul(k, { transposeB: true }).div(Math.sqrt(width)));
    return { weights, out: weights.matmul(v) };
  });
  const mean = heads.map(({ weights }) => weights).reduce((a, b) => a.add(b)).div(numHeads);
  return [linear(concat(heads.map(({ out }) => out), { axis: 1 }), outProj.weight, outProj.bias), mean];
}

/** A layer whose biases are not all 0. */
function layerOf(batchFirst: boolean): MultiheadAttention {
  const layer = new MultiheadAttention(6, 2, { batchFirst, ...FACTORY });
  layer.loadStateDict({ ...layer.stateDict(), inProjBias: random(18), 'outProj.bias': random(6) });
  return layer;
}

for (const batchFirst of [true, false]) {
  test(`MultiheadAttention, batch ${batchFirst ? 'first' : 'second'}: head by head`, () =>
    assertNoLeak(async () => {
      manualSeed(4);
      const layer = layerOf(batchFirst);
      const batchAxis = batchFirst ? 0 : 1;
      const sequences = (length: number) => (batchFirst ? random(2, length, 6) : random(length, 2, 6));
      const one = (t: Tensor, n: number) => t.narrow(batchAxis, n, 1).squeeze(batchAxis);
      const [query, memory_, value] = [sequences(3), sequences(4), sequences(4)];
      for (const [q, k, v] of [[query, memory_, value], [query, query, query], [query, query.alias(), query.alias()]]) {
        const [output, weights] = layer.call(q, k, v);
        for (const n of [0, 1]) {
          const [expected, mean] = byHeads(layer, one(q, n), one(k, n), one(v, n));
          await assertSame(one(output, n), expected, `output ${n}`);
          await assertSame(weights!.narrow(0, n, 1).squeeze(0), mean, `weights ${n}`);
        }
      }
      const [, eachHead] = layer.call(query, memory_, value, { averageAttnWeights: false });
      assert.equal(eachHead!.shape, [2, 2, 3, 4]);
      assert.is(layer.call(query, memory_, value, { needWeights: false })[1], null);
      layer.dispose();
    }));
}

test('MultiheadAttention: padded keys are as good as gone; masks leave out, for all heads or for each', () =>
  assertNoLeak(async () => {
    manualSeed(5);
    const layer = layerOf(true);
    const [query, memory_] = [random(2, 3, 6), random(2, 4, 6)];
    const [output] = layer.call(query, memory_, memory_, { keyPaddingMask: flags([[0, 0, 0, 1], [0, 0, 0, 1]]) });
    const short = memory_.narrow(1, 0, 3);
    await assertSame(output, layer.call(query, short, short)[0], 'padding');

    const left = [[0, 1, 0, 0], [1, 0, 0, 1], [0, 0, 0, 0]];
    const masked = layer.call(query, memory_, memory_, { attnMask: flags(left), averageAttnWeights: false });
    const forEach = tensor([left, left, left, left], undefined, { dtype: 'int32' });
    await assertSame(layer.call(query, memory_, memory_, { attnMask: forEach })[0], masked[0], 'a mask for each head');
    const added = tensor(left.map((row) => row.map((value) => value * -1e9)), undefined, FACTORY);
    await assertSame(layer.call(query, memory_, memory_, { attnMask: added })[0], masked[0], 'an added mask');
    const weights = await masked[1]!.data();
    assert.ok(weights.every((value, i) => (value === 0) === (left[Math.floor(i / 4) % 3][i % 4] === 1)));

    const joined = { attnMask: flags(left), keyPaddingMask: flags([[0, 0, 1, 0], [0, 0, 0, 0]]) };
    const [, mixed] = layer.call(query, memory_, memory_, joined);
    assert.equal([...(await mixed!.data())].map((value) => (value === 0 ? 1 : 0)), [0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, ...left.flat()]);
    await assertSame(layer.call(query, memory_, memory_, { ...joined, attnMask: added })[1]!, mixed!, 'padding with an added mask');
    layer.dispose();
  }));

test('TransformerEncoderLayer: names as in PyTorch; the norm before or after', () =>
  assertNoLeak(async () => {
    manualSeed(6);
    const layers = [false, true].map((normFirst) => new TransformerEncoderLayer(6, 2, { dimFeedforward: 8, normFirst, dropout: 0, ...FACTORY }));
    assert.equal(layers[0].namedParameters().map(([name]) => name), [
      'selfAttn.inProjWeight', 'selfAttn.inProjBias', 'selfAttn.outProj.weight', 'selfAttn.outProj.bias', 'linear1.weight', 'linear1.bias',
      'linear2.weight', 'linear2.bias', 'norm1.weight', 'norm1.bias', 'norm2.weight', 'norm2.bias',
    ]);
    const x = random(3, 2, 6);
    const norm = (t: Tensor) => layerNorm(t, 6);
    for (const [i, layer] of layers.entries()) {
      const attention = (t: Tensor) => layer.selfAttn.call(t, t, t)[0];
      const forward = (t: Tensor) => layer.linear2.call(layer.linear1.call(t).relu());
      const first = x.add(attention(i === 1 ? norm(x) : x));
      const middle = i === 1 ? first : norm(first);
      const last = middle.add(forward(i === 1 ? norm(middle) : middle));
      await assertSame(layer.call(x), i === 1 ? last : norm(last), layer.normFirst ? 'norm first' : 'norm last');
      layer.dispose();
    }
  }));

test('TransformerEncoderLayer: causal places do not see later ones, padding has no influence', () =>
  assertNoLeak(async () => {
    manualSeed(7);
    const layer = new TransformerEncoderLayer(4, 2, { dimFeedforward: 8, batchFirst: true, activation: 'gelu', ...FACTORY }).eval();
    const x = random(1, 4, 4);
    const other = concat([x.narrow(1, 0, 3), random(1, 1, 4)], { axis: 1 });
    const start = (t: Tensor) => t.narrow(1, 0, 3);
    await assertSame(start(layer.call(x, { isCausal: true })), start(layer.call(other, { isCausal: true })), 'causal');
    const srcKeyPaddingMask = flags([[0, 0, 0, 1]]);
    await assertSame(start(layer.call(x, { srcKeyPaddingMask })), layer.call(start(x)), 'padding');
    const srcMask = flags([[0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]]);
    await assertSame(layer.call(x, { srcMask }), layer.call(x, { isCausal: true }), 'a mask');
    layer.dispose();
  }));

for (const device of DEVICES) {
  test(`${device}: training a TransformerEncoderLayer holds the same bytes`, () =>
    assertNoLeak(async () => {
      manualSeed(8);
      const layer = new TransformerEncoderLayer(8, 2, { dimFeedforward: 16, device });
      const optimizer = new Adam(layer.parameters(), { lr: 1e-2 });
      const [x, target] = [randn([5, 3, 8], { device }), randn([5, 3, 8], { device })];
      const srcKeyPaddingMask = tensor([[0, 0, 0, 0, 1], [0, 0, 0, 0, 0], [0, 0, 1, 1, 1]], undefined, { dtype: 'int32', device });
      const held: string[] = [];
      for (let step = 0; step < 10; step++) {
        await scope(async () => {
          optimizer.zeroGrad();
          const loss = mseLoss(layer.call(x, { srcKeyPaddingMask, isCausal: true }), target);
          loss.backward();
          optimizer.step();
          await loss.item();
        });
        const { liveTensors, liveBytes, pooledBytes } = memory();
        held.push(`${liveTensors} tensors, ${liveBytes} live, ${pooledBytes} pooled`);
      }
      assert.is(new Set(held.slice(4)).size, 1, held.join('\n'));
      optimizer.dispose();
      layer.dispose();
    }));
}

test('PositionalEncoding: sines and cosines by position, for each example alike', () =>
  assertNoLeak(async () => {
    for (const batchFirst of [false, true]) {
      const layer = new PositionalEncoding(5, { maxLength: 4, batchFirst, ...FACTORY }).eval();
      const added = layer.call(zeros(batchFirst ? [2, 3, 5] : [3, 2, 5], FACTORY));
      const codes = [0, 1, 2].map((p) => [Math.sin(p), Math.cos(p), Math.sin(p / 10_000 ** 0.4), Math.cos(p / 10_000 ** 0.4), Math.sin(p / 10_000 ** 0.8)]);
      const expected = batchFirst ? [codes, codes] : codes.map((code) => [code, code]);
      assertClose(await added.data(), expected.flat(2), EXACT, 'codes');
      assert.throws(() => layer.call(zeros(batchFirst ? [1, 5, 5] : [5, 1, 5], FACTORY)), /PositionalEncoding: x .* length up to 4$/);
      assert.equal(layer.namedBuffers().map(([name]) => name), ['encoding']);
      layer.dispose();
    }
  }));

const refuses = (what: string, call: (layer: MultiheadAttention) => unknown, message: RegExp, type: typeof TapegradError = ShapeError) =>
  test(`refused: ${what}`, () =>
    assertNoLeak(async () => {
      const layer = new MultiheadAttention(4, 2);
      assert.throws(() => call(layer), (error: Error) => error instanceof type && message.test(error.message) && !error.message.includes('\n'));
      layer.dispose();
    }));
const x = () => randn([3, 2, 4]);

refuses('q and k of different widths', () => scaledDotProductAttention(randn([2, 3]), randn([2, 4]), randn([2, 4])), /^scaledDotProductAttention: q, k, v \[2,3\], \[2,4\], \[2,4\] must be/);
refuses('heads that do not divide', () => new MultiheadAttention(5, 2), /^MultiheadAttention: embedDim 5 does not divide into 2 heads$/);
refuses('a query alone', (layer) => layer.call(...([x()] as never as [Tensor, Tensor, Tensor])), /^MultiheadAttention: key must be a tensor, got undefined/, TapegradError);
refuses('a mask of lists', (layer) => layer.call(x(), x(), x(), { attnMask: [[1]] as never }), /^MultiheadAttention: attnMask must be a tensor, got \[1\]/, TapegradError);
refuses('padding of lists', (layer) => layer.call(x(), x(), x(), { keyPaddingMask: [1] as never }), /^MultiheadAttention: keyPaddingMask must be a tensor, got \[1\]/, TapegradError);
refuses('another width', (layer) => layer.call(x(), randn([3, 2, 5]), x()), /^MultiheadAttention: query, key, value \[3,2,4\], \[3,2,5\], \[3,2,4\] must be \[length, batch, 4\]/);
refuses('another batch', (layer) => layer.call(x(), randn([3, 1, 4]), randn([3, 1, 4])), /^MultiheadAttention: query, key, value/);
refuses('fewer values than keys', (layer) => layer.call(x(), x(), randn([2, 2, 4])), /^MultiheadAttention: query, key, value/);
refuses('a mask of another shape', (layer) => layer.call(x(), x(), x(), { attnMask: zeros([3, 2]) }), /^MultiheadAttention: attnMask \[3,2\] must be \[3,3\] or \[4,3,3\]$/);
refuses('padding as floats', (layer) => layer.call(x(), x(), x(), { keyPaddingMask: zeros([2, 3]) }), /^MultiheadAttention: keyPaddingMask float32 \[2,3\] must be int32 \[2,3\]/);

test.run();
