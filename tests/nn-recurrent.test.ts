import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DeviceName, ShapeError, TapegradError, Tensor, concat, flip, grad, manualSeed, memory, noGrad, randn, scope, shutdown, tensor } from '../index.js';
import { GRU, GRUCell, LSTM, LSTMCell, type Module, RNN, RNNCell, type RecurrentOptions, mseLoss } from '../nn/index.js';
import { Adam } from '../optim/index.js';
import { backendFor } from '../core/device.js';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import { assertClose, assertNoLeak, initBothDevices } from './support.js';

const test = suite('nn: recurrent layers');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

const DEVICES: DeviceName[] = ['cpu', 'webgpu'];
const EXACT = { relative: 1e-12, absolute: 1e-12 };

type Layer = RNN | LSTM | GRU;
const LAYERS: Record<string, (inputs: number, hidden: number, options?: RecurrentOptions) => Layer> = {
  RNN: (...args) => new RNN(...args),
  'RNN with relu': (inputs, hidden, options) => new RNN(inputs, hidden, { nonlinearity: 'relu', ...options }),
  LSTM: (...args) => new LSTM(...args),
  GRU: (...args) => new GRU(...args),
};

/** The output and the tensors of the last state. */
function run(layer: Layer, x: Tensor, state: readonly Tensor[] | null, lengths?: readonly number[]): Tensor[] {
  const result = layer instanceof LSTM ? layer.call(x, state && [state[0], state[1]], { lengths }) : layer.call(x, state && state[0], { lengths });
  return result.flat();
}

/** Random values of the layer's dtype. */
const random = (like: Tensor, shape: readonly number[]) => randn(shape, { dtype: like.dtype, device: like.device });
const stateCount = (layer: Layer) => (layer instanceof LSTM ? 2 : 1);
const weighted = (outputs: readonly Tensor[], weights: readonly Tensor[]) =>
  outputs.map((output, i) => output.mul(weights[i]).sum()).reduce((a, b) => a.add(b));

for (const [name, make] of Object.entries(LAYERS)) {
  test(`${name}: sequences of unequal lengths give what each gives by itself`, () =>
    assertNoLeak(async () => {
      manualSeed(5);
      const [time, batch, inputs, hidden] = [5, 4, 3, 2];
      const lengths = [3, 5, 1, 2];
      const layer = make(inputs, hidden, { numLayers: 2, bidirectional: true, dtype: 'float64' });
      const parameters = layer.parameters();
      const values = random(parameters[0], [time, batch, inputs]);
      const state = Array.from({ length: stateCount(layer) }, () => random(parameters[0], [4, batch, hidden]));
      const weights = [random(parameters[0], [time, batch, 2 * hidden]), ...state.map((t) => random(t, t.shape))];
      // Nothing is read past the end.
      const padded = Float64Array.from(await values.data(), (value, i) => (Math.floor(i / inputs / batch) < lengths[Math.floor(i / inputs) % batch] ? value : NaN));
      const x = tensor(padded, values.shape, { requiresGrad: true });

      const together = run(layer, x, state, lengths);
      const gradients = grad(weighted(together, weights), [x, ...parameters]);
      const summed = new Map<number, Tensor>();
      for (const [n, length] of lengths.entries()) {
        const own = x.detach().narrow(1, n, 1).narrow(0, 0, length);
        own.requiresGrad = true;
        const alone = run(layer, own, state.map((t) => t.narrow(1, n, 1)));
        const [output, ...last] = together;
        const what = `sequence ${n}`;
        assertClose(await output.narrow(1, n, 1).narrow(0, 0, length).data(), await alone[0].data(), EXACT, `${what}: output`);
        assert.ok([...(await output.narrow(1, n, 1).narrow(0, length, time - length).data())].every((value) => value === 0), `${what}: zero after its end`);
        for (const [i, t] of last.entries()) assertClose(await t.narrow(1, n, 1).data(), await alone[1 + i].data(), EXACT, `${what}: state ${i}`);

        const ownWeights = [weights[0].narrow(1, n, 1).narrow(0, 0, length), ...weights.slice(1).map((t) => t.narrow(1, n, 1))];
        const [ofX, ...ofParameters] = grad(weighted(alone, ownWeights), [own, ...parameters]);
        assertClose(await gradients[0].narrow(1, n, 1).narrow(0, 0, length).data(), await ofX.data(), EXACT, `${what}: gradient of x`);
        assert.ok([...(await gradients[0].narrow(1, n, 1).narrow(0, length, time - length).data())].every((value) => value === 0));
        ofParameters.forEach((t, i) => summed.set(i, summed.get(i)?.add(t) ?? t));
      }
      for (const [i, t] of summed) assertClose(await gradients[1 + i].data(), await t.data(), EXACT, `gradient of ${layer.namedParameters()[i][0]}`);
      layer.dispose();
    }));

  test(`${name}: backwards is forwards over the reversed sequence; batchFirst only swaps axes`, () =>
    assertNoLeak(async () => {
      manualSeed(6);
      const both = make(3, 4, { bidirectional: true, batchFirst: true, dtype: 'float64' });
      const one = make(3, 4, { dtype: 'float64' });
      const x = random(both.parameters()[0], [2, 5, 3]);
      const [output, ...last] = run(both, x, null);
      assert.equal(output.shape, [2, 5, 8]);
      assert.ok(last.every((t) => String(t.shape) === '2,2,4'));
      const swapped = x.transpose(0, 1);
      for (const [direction, suffix, input] of [[0, '', swapped], [1, '_reverse', flip(swapped, 0)]] as const) {
        one.loadStateDict(Object.fromEntries(Object.keys(one.stateDict()).map((key) => [key, both.stateDict()[key + suffix]])));
        const [alone, ...lastAlone] = run(one, input, null);
        const inOrder = direction === 0 ? alone : flip(alone, 0);
        assertClose(await output.narrow(2, 4 * direction, 4).data(), await inOrder.transpose(0, 1).data(), EXACT, `output${suffix}`);
        for (const [i, t] of last.entries()) assertClose(await t.narrow(0, direction, 1).data(), await lastAlone[i].data(), EXACT, `state${suffix}`);
      }
      [both, one].forEach((layer) => layer.dispose());
    }));
}

test('a layer takes the steps of its cell', () =>
  assertNoLeak(async () => {
    manualSeed(7);
    const factory = { dtype: 'float64' } as const;
    const pairs: [Layer, RNNCell | LSTMCell | GRUCell][] = [
      [new RNN(3, 2, factory), new RNNCell(3, 2, factory)],
      [new LSTM(3, 2, factory), new LSTMCell(3, 2, factory)],
      [new GRU(3, 2, factory), new GRUCell(3, 2, factory)],
    ];
    for (const [layer, cell] of pairs) {
      layer.loadStateDict(Object.fromEntries(Object.entries(cell.stateDict()).map(([key, t]) => [`${key}_l0`, t])));
      const x = random(cell.weight_ih, [4, 2, 3]);
      let state: Tensor[] | null = null;
      const outputs: Tensor[] = [];
      for (const step of x.unbind()) {
        const next: Tensor | Tensor[] = cell instanceof LSTMCell ? cell.call(step, state && [state[0], state[1]]) : cell.call(step, state && state[0]);
        state = next instanceof Tensor ? [next] : next;
        outputs.push(state[0].unsqueeze(0));
      }
      assertClose(await run(layer, x, null)[0].data(), await concat(outputs).data(), EXACT, layer.constructor.name);
      [layer, cell].forEach((module) => module.dispose());
    }
  }));

test("parameters: PyTorch's names and shapes, uniform within 1 / sqrt(hidden)", () =>
  assertNoLeak(async () => {
    const layer = new GRU(3, 5, { numLayers: 2, bidirectional: true });
    const shapes = Object.fromEntries(layer.namedParameters().map(([name, { shape }]) => [name, shape]));
    const direction = (suffix: string, inputs: number) => ({
      [`weight_ih_${suffix}`]: [15, inputs], [`weight_hh_${suffix}`]: [15, 5], [`bias_ih_${suffix}`]: [15], [`bias_hh_${suffix}`]: [15],
    });
    assert.equal(shapes, { ...direction('l0', 3), ...direction('l0_reverse', 3), ...direction('l1', 10), ...direction('l1_reverse', 10) });
    const values = (await Promise.all(layer.parameters().map((t) => t.data()))).flatMap((data) => [...data]);
    const bound = 1 / Math.sqrt(5);
    assert.ok(Math.max(...values) <= bound && Math.max(...values) > 0.95 * bound && Math.min(...values) < -0.95 * bound);
    layer.dispose();
    const plain = new LSTM(3, 5, { bias: false });
    assert.equal(Object.keys(plain.stateDict()), ['weight_ih_l0', 'weight_hh_l0']);
    plain.dispose();
  }));

test('dropout acts between the layers, in training only', () =>
  assertNoLeak(async () => {
    manualSeed(8);
    const layer = new LSTM(2, 8, { numLayers: 2, dropout: 0.5 });
    const x = random(layer.parameters()[0], [3, 2, 2]);
    const output = async () => [...(await layer.call(x)[0].data())];
    assert.not.equal(await output(), await output());
    layer.eval();
    assert.equal(await output(), await output());
    layer.dispose();
  }));

for (const device of DEVICES) {
  test(`${device}: training steps hold the same bytes`, () =>
    assertNoLeak(async () => {
      manualSeed(9);
      const layer = new LSTM(4, 8, { numLayers: 2, bidirectional: true, dropout: 0.2, device });
      const optimizer = new Adam(layer.parameters(), { lr: 1e-2 });
      const x = random(layer.parameters()[0], [6, 3, 4]);
      const target = random(x, [6, 3, 16]);
      const held: string[] = [];
      const losses: number[] = [];
      for (let step = 0; step < 12; step++) {
        await scope(async () => {
          optimizer.zeroGrad();
          const loss = mseLoss(layer.call(x, null, { lengths: [6, 2, 4] })[0], target);
          loss.backward();
          optimizer.step();
          losses.push(await loss.item());
        });
        const { liveTensors, liveBytes, pooledBytes } = memory();
        held.push(`${liveTensors} tensors, ${liveBytes} live, ${pooledBytes} pooled`);
      }
      assert.is(new Set(held.slice(4)).size, 1, held.join('\n'));
      assert.ok(losses.at(-1)! < losses[0]);
      optimizer.dispose();
      layer.dispose();
    }));

  test(`${device}: a thousand steps, there and back; memory grows with the length, no faster`, () =>
    assertNoLeak(async () => {
      manualSeed(10);
      const layer = new LSTM(2, 4, { device });
      const bytesAfterForward: number[] = [];
      for (const time of [250, 1000]) {
        await scope(async () => {
          const x = random(layer.parameters()[0], [time, 1, 2]);
          const before = memory().liveBytes;
          const output = scope(() => layer.call(x)[0].square().mean());
          bytesAfterForward.push(memory().liveBytes - before);
          output.backward();
          const slope = await layer.weight_hh_l0.grad!.data();
          assert.ok(slope.every(Number.isFinite) && slope.some((value) => value !== 0));
          layer.zeroGrad();
        });
      }
      const growth = bytesAfterForward[1] / bytesAfterForward[0];
      assert.ok(growth < 4.2, `four times as long, ${growth} times the bytes`);
      layer.dispose();
    }));
}

test('webgpu: a warm training step makes no bind group', () =>
  assertNoLeak(async () => {
    manualSeed(11);
    const { device } = backendFor('webgpu') as WebGpuBackend;
    const layer = new LSTM(4, 8, { numLayers: 2, device: 'webgpu' });
    const x = random(layer.parameters()[0], [40, 2, 4]);
    const step = async () => {
      scope(() => layer.call(x)[0].square().mean().backward());
      layer.zeroGrad();
      await layer.weight_ih_l0.data();
    };
    for (let i = 0; i < 3; i++) await step();
    let made = 0;
    const create = device.createBindGroup.bind(device);
    device.createBindGroup = (descriptor) => (made++, create(descriptor));
    try {
      await step();
    } finally {
      Reflect.deleteProperty(device, 'createBindGroup');
    }
    assert.is(made, 0);
    layer.dispose();
  }));

test('without gradients a long sequence keeps its outputs only', () =>
  assertNoLeak(async () => {
    const layer = new GRU(2, 4);
    const x = random(layer.parameters()[0], [50, 1, 2]);
    const before = memory().liveTensors;
    scope(() => noGrad(() => layer.call(x).length));
    const kept = noGrad(() => layer.call(x));
    assert.is(memory().liveTensors - before, 2);
    kept.forEach((t) => t.dispose());
    layer.dispose();
  }));

/** `call` gets a layer, which may refuse it; or makes one that is refused. */
const refuses = <M extends Module<any[], any>>(
  what: string, make: () => M, call: (layer: M) => unknown, message: RegExp, type: typeof ShapeError | typeof TapegradError = ShapeError,
) =>
  test(`refused: ${what}`, () =>
    assertNoLeak(async () => {
      let layer: M | undefined;
      const body = () => call((layer = make()));
      assert.throws(body, (error: Error) => error instanceof type && message.test(error.message) && !error.message.includes('\n'));
      layer?.dispose();
    }));
const lstm = () => new LSTM(3, 2);
const x = () => randn([4, 2, 3]);
const none = () => {};

refuses('another width', lstm, (layer) => layer.call(randn([4, 2, 5])), /^LSTM: x \[4,2,5\] must be \[time, batch, 3\]/);
refuses('no steps', lstm, (layer) => layer.call(randn([0, 2, 3])), /^LSTM: x \[0,2,3\] .*at least one step$/);
refuses('no batch axis', lstm, (layer) => layer.call(randn([4, 3])), /^LSTM: x \[4,3\] must be/);
refuses('a state of another shape', lstm, (layer) => layer.call(x(), [randn([2, 2]), randn([2, 2])]), /^LSTM: the state \[2,2\] must be \[1,2,2\]/);
refuses('too few lengths', lstm, (layer) => layer.call(x(), null, { lengths: [4] }), /^LSTM: lengths \[4\] must be 2 whole numbers from 0 to 4/);
refuses('a length beyond the end', lstm, (layer) => layer.call(x(), null, { lengths: [4, 5] }), /^LSTM: lengths \[4,5\] must be/);
refuses('no hidden units', () => new LSTM(3, 0), none, /^LSTM: hiddenSize must be a whole number from 1, got 0$/);
refuses('dropout of everything', () => new GRU(3, 2, { dropout: 1 }), none, /^GRU: dropout must be at least 0 and below 1, got 1$/, TapegradError);
refuses('half of a state', lstm, (layer) => layer.call(x(), randn([1, 2, 2]) as never), /^LSTM: the state must be two tensors \[h, c\], got Tensor/, TapegradError);
refuses('two states for one', () => new GRU(3, 2), (layer) => layer.call(x(), [x(), x()] as never), /^GRU: the state must be a tensor, got \[/, TapegradError);
refuses('half of a state of a cell', () => new LSTMCell(3, 2), (cell) => cell.call(randn([4, 3]), randn([4, 2]) as never), /^LSTMCell: the state must be two tensors/, TapegradError);
refuses('a state of numbers', () => new RNNCell(3, 2), (cell) => cell.call(randn([4, 3]), [1, 2] as never), /^RNNCell: the state must be a tensor, got \[1,2\]$/, TapegradError);
for (const layer of [RNN, RNNCell]) {
  const wrong = (options: unknown) => () => new layer(3, 2, options as never);
  refuses(`${layer.name} of no such nonlinearity`, wrong({ nonlinearity: 'foo' }), none, new RegExp(`^${layer.name}: nonlinearity must be one of tanh, relu, got 'foo'$`), TapegradError);
  refuses(`${layer.name} with sigmoid`, wrong({ nonlinearity: 'sigmoid' }), none, new RegExp(`^${layer.name}: nonlinearity must be one of tanh, relu`), TapegradError);
  refuses(`${layer.name} with a number for options`, wrong(5), none, new RegExp(`^${layer.name}: options must be an object, got 5$`), TapegradError);
}
refuses('a cell given a sequence', () => new LSTMCell(3, 2), (cell) => cell.call(x()), /^LSTMCell: x \[4,2,3\] must be \[batch, 3\]$/);
refuses(
  'a cell with a state of another shape', () => new GRUCell(3, 2), (cell) => cell.call(randn([4, 3]), randn([4, 3])),
  /^GRUCell: the state \[4,3\] must be \[4,2\]$/,
);

test.run();
