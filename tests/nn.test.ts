import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DeviceName, TapegradError, Tensor, manualSeed, memory, ones, scope, shutdown, tensor } from '../index.js';
import { createCnn } from '../examples/mnist-cnn/model.js';
import { erf } from '../kernels/unary/functions.js';
import { BatchNorm2d, Dropout, Linear, Module, ReLU, Sequential, buffer, init, parameter } from '../nn/index.js';
import { normalQuantile } from '../nn/normalQuantile.js';
import { SGD } from '../optim/index.js';
import { assertNoLeak, initBothDevices } from './support.js';

const test = suite('nn: modules');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

const DEVICES: DeviceName[] = ['cpu', 'webgpu'];

/** Runs `body` on a module and disposes it. Parameters outlive scopes, so a test must. */
async function using<M extends Module>(module: M, body: (module: M) => unknown): Promise<void> {
  try {
    await scope(async () => body(module));
  } finally {
    module.dispose();
  }
}

/** Every way to hold a tensor or a module. */
class Zoo extends Module {
  readonly scale: Tensor;
  readonly mean: Tensor;
  readonly constant = 3;
  readonly nothing: Tensor | null = null;
  readonly blocks: Module[];
  readonly head: Sequential;
  lastOutput: Tensor | null = null;

  constructor(device?: DeviceName) {
    super();
    this.scale = parameter(tensor([2, 3], [2], { device }));
    this.mean = buffer(tensor([0.5, 0.25], [2], { device }));
    this.blocks = [new Linear(2, 2, { bias: false, device }), new ReLU()];
    this.head = new Sequential(new Linear(2, 3, { device }), new Sequential(new Dropout(0.5), new Linear(3, 1, { device })));
  }

  forward(x: Tensor): Tensor {
    const hidden = this.blocks.reduce((value, block) => block.call(value), x.mul(this.scale).sub(this.mean));
    this.lastOutput = this.head.call(hidden);
    return this.lastOutput;
  }
}

const ZOO_PARAMETERS = ['scale', 'blocks.0.weight', 'head.0.weight', 'head.0.bias', 'head.1.1.weight', 'head.1.1.bias'];

const valuesOf = async (state: Record<string, Tensor>): Promise<Record<string, number[]>> =>
  Object.fromEntries(await Promise.all(Object.entries(state).map(async ([name, t]) => [name, [...(await t.data())]])));

test('parameters, buffers and modules are found and named as in PyTorch', () =>
  assertNoLeak(() =>
    using(new Zoo(), (zoo) => {
      zoo.call(ones([1, 2])); // lastOutput requires a gradient, but is no leaf
      assert.equal(zoo.namedParameters().map(([name]) => name), ZOO_PARAMETERS);
      assert.equal(zoo.parameters(), zoo.namedParameters().map(([, t]) => t));
      assert.equal(zoo.namedBuffers().map(([name]) => name), ['mean']);
      assert.is(zoo.buffers()[0], zoo.mean);
      assert.equal(Object.keys(zoo.stateDict()), [ZOO_PARAMETERS[0], 'mean', ...ZOO_PARAMETERS.slice(1)]);
      const modules = ['', 'blocks.0', 'blocks.1', 'head', 'head.0', 'head.1', 'head.1.0', 'head.1.1'];
      assert.equal(zoo.namedModules().map(([name]) => name), modules);
    })));

/** Tensors and modules in nested arrays, and a Sequential with more than its layers. */
class Nest extends Sequential {
  readonly grid = [[new Linear(1, 1, { bias: false })], [new ReLU(), [new Linear(2, 2)]]];
  readonly scales = [parameter(tensor([1])), [buffer(tensor([2]))]];
  readonly words = ['a', 'b'];
  readonly head = new Linear(2, 1);
}

test('parameters are found in nested arrays, and beside the layers of a Sequential; state and device reach them', () =>
  assertNoLeak(() =>
    using(new Nest(new Linear(3, 2)), async (nest) => {
      const names = ['scales.0', '0.weight', '0.bias', 'grid.0.0.weight', 'grid.1.1.0.weight', 'grid.1.1.0.bias', 'head.weight', 'head.bias'];
      assert.equal(nest.namedParameters().map(([name]) => name), names);
      assert.equal(nest.namedBuffers().map(([name]) => name), ['scales.1.0']);
      assert.equal(nest.namedChildren().map(([name]) => name), ['0', 'grid.0.0', 'grid.1.0', 'grid.1.1.0', 'head']);
      const state = Object.fromEntries(Object.entries(nest.stateDict()).map(([name, t]) => [name, ones(t.shape)]));
      nest.loadStateDict(state);
      await nest.to('webgpu');
      assert.is(nest.namedParameters().length, names.length);
      assert.ok(Object.values(await valuesOf(nest.stateDict())).flat().every((value) => value === 1));
      assert.ok(Object.values(nest.stateDict()).every((t) => t.device === 'webgpu'));
    })));

test('a frozen parameter stays one; a leaf that requires a gradient is one without being told', () =>
  assertNoLeak(() =>
    using(new Linear(2, 2), (layer) => {
      layer.weight.requiresGrad = false;
      Object.assign(layer, { extra: ones([1], { requiresGrad: true }), other: ones([1]) });
      assert.equal(layer.namedParameters().map(([name]) => name), ['weight', 'bias', 'extra']);
    })));

test('a shared layer counts once, and is saved under both names', () =>
  assertNoLeak(() => {
    const shared = new Linear(2, 2);
    return using(new Sequential(shared, new ReLU(), shared), (model) => {
      assert.equal(model.namedParameters().map(([name]) => name), ['0.weight', '0.bias']);
      assert.equal(Object.keys(model.stateDict()), ['0.weight', '0.bias', '2.weight', '2.bias']);
      model.loadStateDict(model.stateDict());
    });
  }));

test('train and eval reach every module; zeroGrad every parameter', () =>
  assertNoLeak(() =>
    using(new Zoo(), (zoo) => {
      assert.ok(zoo.namedModules().every(([, module]) => module.training));
      assert.is(zoo.eval(), zoo);
      assert.ok(zoo.namedModules().every(([, module]) => !module.training));
      zoo.train();
      assert.ok(zoo.namedModules().every(([, module]) => module.training));
      zoo.call(ones([4, 2])).backward(ones([4, 1]));
      assert.ok(zoo.parameters().every((t) => t.grad));
      zoo.zeroGrad();
      assert.ok(zoo.parameters().every((t) => t.grad === null));
    })));

test('parameters outlive the scope that made them, and go with dispose()', () => {
  const before = memory();
  const zoo = scope(() => ({ zoo: new Zoo() })).zoo;
  assert.not(zoo.scale.disposed);
  assert.is(memory().liveTensors, before.liveTensors + ZOO_PARAMETERS.length + 1);
  zoo.dispose();
  assert.equal([memory().liveTensors, memory().liveBytes], [before.liveTensors, before.liveBytes]);
});

for (const device of DEVICES) {
  test(`${device}: a state dict carries every value over, into the tensors that an optimiser holds`, () =>
    assertNoLeak(() =>
      using(new Zoo(device), (source) =>
        using(new Zoo(device), async (target) => {
          const held = target.parameters();
          assert.not.equal(await valuesOf(target.stateDict()), await valuesOf(source.stateDict()), 'different before');
          target.loadStateDict(source.stateDict());
          target.loadStateDict(target.stateDict()); // its own: nothing to copy
          assert.equal(await valuesOf(target.stateDict()), await valuesOf(source.stateDict()));
          assert.equal(target.parameters(), held);

          const before = await valuesOf(source.stateDict());
          const optimizer = new SGD(target.parameters(), { lr: 1 });
          target.eval().call(ones([1, 2], { device })).backward(ones([1, 1], { device }));
          optimizer.step();
          assert.not.equal(await valuesOf(target.stateDict()), before);
          assert.equal(await valuesOf(source.stateDict()), before, 'values were copied, not shared');
        }))));
}

test('a state that does not fit is refused in one line, and nothing is loaded', () =>
  assertNoLeak(() =>
    using(new Sequential(new Linear(2, 2), new Linear(2, 1)), async (model) => {
      const before = await valuesOf(model.stateDict());
      const { '0.bias': bias, ...rest } = model.stateDict();
      const fill = (shape: number[], options = {}) => tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(9), shape, options);
      const whole = Object.fromEntries(Object.entries(model.stateDict()).map(([name, t]) => [name, fill([...t.shape])]));
      const refusals: [Record<string, Tensor>, string][] = [
        [rest, 'missing 0.bias'],
        [{}, 'missing 0.weight, 0.bias, 1.weight, 1.bias'],
        [{ ...whole, '2.weight': bias, head: bias }, 'unexpected 2.weight, head'],
        [{ ...whole, '1.weight': fill([2, 1]) }, '1.weight is float32 [2,1] on cpu, wanted float32 [1,2] on cpu'],
        [{ ...whole, '1.bias': tensor([1], [1], { dtype: 'int32' }) }, '1.bias is int32 [1] on cpu, wanted float32 [1] on cpu'],
        [{ ...whole, '1.bias': null as never, '0.bias': [1, 2] as never }, '0.bias is [1,2], wanted float32 [2] on cpu; 1.bias is null, wanted float32 [1] on cpu'],
        [{ ...whole, '1.bias': fill([1], { device: 'webgpu' }) }, '1.bias is float32 [1] on webgpu, wanted float32 [1] on cpu'],
        [
          { ...rest, '0.weight': fill([4]), extra: bias },
          'missing 0.bias; unexpected extra; 0.weight is float32 [4] on cpu, wanted float32 [2,2] on cpu',
        ],
      ];
      for (const state of [undefined, null, 3]) {
        const message = `loadStateDict: the state must hold tensors by name, got ${state}`;
        assert.throws(() => model.loadStateDict(state as never), (error: Error) => error instanceof TapegradError && error.message === message);
      }
      for (const [state, problems] of refusals) {
        const message = `loadStateDict: the state does not fit this module: ${problems}`;
        assert.throws(() => model.loadStateDict(state), (error: Error) => error instanceof TapegradError && error.message === message);
      }
      assert.equal(await valuesOf(model.stateDict()), before);
    })));

test('to() moves parameters and buffers, shared and frozen ones as they are', () =>
  assertNoLeak(() => {
    const shared = new Linear(2, 2);
    shared.bias!.requiresGrad = false;
    return using(new Sequential(shared, new Zoo(), shared), async (model) => {
      const before = await valuesOf(model.stateDict());
      const old = model.parameters();
      old[0].grad = ones([2, 2]);
      assert.is(await model.to('webgpu'), model);
      assert.ok(old.every((t) => t.disposed));
      assert.ok(Object.values(model.stateDict()).every((t) => t.device === 'webgpu' && t.grad === null));
      assert.equal(await valuesOf(model.stateDict()), before);
      assert.is((model.layers[0] as Linear).weight, (model.layers[2] as Linear).weight);
      assert.equal(model.parameters().map((t) => t.requiresGrad), [true, false, true, true, true, true, true, true]);
      assert.equal(model.namedBuffers().map(([name]) => name), ['1.mean']);
      const moved = model.parameters();
      await model.to('webgpu');
      assert.equal(model.parameters(), moved, 'what is there already stays');
    });
  }));

test('forward hooks see what call() gives, until they are removed', () =>
  assertNoLeak(() =>
    using(new Sequential(new Linear(2, 3), new ReLU()), (model) => {
      const seen: string[] = [];
      const removers = model.namedModules().map(([name, module]) =>
        module.registerForwardHook((at, [x], y) => {
          assert.is(at, module);
          seen.push(`${name}: [${x.shape}] to [${y.shape}]`);
        }));
      model.call(ones([5, 2]));
      assert.equal(seen, ['0: [5,2] to [5,3]', '1: [5,3] to [5,3]', ': [5,2] to [5,3]']);
      removers.forEach((remove) => remove());
      model.call(ones([5, 2]));
      assert.is(seen.length, 3);
    })));

test("the summary of the mission's network", () =>
  assertNoLeak(() =>
    using(createCnn(), (model) => {
      assert.is(model.summary([2, 1, 28, 28]), [
        'layer        output shape  parameters',
        '0 Conv2d     [2,32,26,26]         320',
        '1 ReLU       [2,32,26,26]           0',
        '2 MaxPool2d  [2,32,13,13]           0',
        '3 Conv2d     [2,64,11,11]      18,496',
        '4 ReLU       [2,64,11,11]           0',
        '5 MaxPool2d  [2,64,5,5]             0',
        '6 Flatten    [2,1600]               0',
        '7 Linear     [2,128]          204,928',
        '8 ReLU       [2,128]                0',
        '9 Linear     [2,10]             1,290',
        'total                         225,034',
      ].join('\n'));
    })));

test('what console.log shows of tensors and modules is one line, or a tree', () =>
  assertNoLeak(() =>
    using(new Sequential(new Linear(2, 3), new Sequential(new ReLU(), new Linear(3, 1, { bias: false }))), (model) => {
      const tree = ['Sequential(', '  0: Linear(weight [3,2], bias [3])', '  1: Sequential(', '    0: ReLU()', '    1: Linear(weight [1,3])', '  )', ')'].join('\n');
      assert.is(String(model), tree);
      assert.is(inspect(model), tree);
      const y = model.layers[0].call(tensor([[1, 2]]));
      assert.is(inspect({ y }), `{ y: Tensor([1,3], float32, ${y.device}, requiresGrad, from matmul) }`);
    })));

test('a summary leaves modes, running statistics and hooks as they were', () =>
  assertNoLeak(() =>
    using(new Sequential(new BatchNorm2d(3), new Sequential(new Dropout(0.5))), async (model) => {
      model.layers[1].eval();
      const before = await valuesOf(model.stateDict());
      assert.match(model.summary([4, 3, 5, 5]), /1\.0 Dropout +\[4,3,5,5\]/);
      assert.equal(model.namedModules().map(([, module]) => module.training), [true, true, false, false]);
      assert.equal(await valuesOf(model.stateDict()), before);
    })));

test('a summary names a container that has parameters of its own', () =>
  assertNoLeak(() =>
    using(new Zoo(), (zoo) => {
      assert.match(zoo.summary([1, 2]), /^layer .*\n *Zoo +\[1,1\] +2\nblocks\.0 Linear +\[1,2\] +4\n/);
    })));

/* Initial values. */

const momentsOf = (values: ArrayLike<number>) => {
  const list = Array.from(values);
  const mean = list.reduce((a, b) => a + b, 0) / list.length;
  const std = Math.sqrt(list.reduce((a, b) => a + (b - mean) ** 2, 0) / list.length);
  return { mean, std, largest: Math.max(...list.map(Math.abs)) };
};

const SHAPE = [40, 20, 3, 3]; // 7200 values; fanIn 180, fanOut 360
const PYTORCH = { a: Math.sqrt(5) }; // how Linear and Conv2d start
const INITS: [string, () => Tensor, { std: number; bound?: number; mean?: number }][] = [
  ['uniform', () => init.uniform(SHAPE, -1, 3), { mean: 1, std: 4 / Math.sqrt(12), bound: 3 }],
  ['normal', () => init.normal(SHAPE, 2, 0.5), { mean: 2, std: 0.5 }],
  ['kaimingUniform', () => init.kaimingUniform(SHAPE, { nonlinearity: 'relu' }), { std: Math.sqrt(2 / 180), bound: Math.sqrt(6 / 180) }],
  ['kaimingUniform, a', () => init.kaimingUniform(SHAPE, PYTORCH), { std: 1 / Math.sqrt(540), bound: 1 / Math.sqrt(180) }],
  ['kaimingNormal, fanOut', () => init.kaimingNormal(SHAPE, { mode: 'fanOut', nonlinearity: 'linear' }), { std: 1 / Math.sqrt(360) }],
  ['xavierUniform', () => init.xavierUniform(SHAPE), { std: Math.sqrt(2 / 540), bound: Math.sqrt(6 / 540) }],
  ['lecunUniform', () => init.lecunUniform(SHAPE), { std: Math.sqrt(1 / 180), bound: Math.sqrt(3 / 180) }],
  ['lecunNormal', () => init.lecunNormal(SHAPE), { std: Math.sqrt(1 / 180) }],
  // Its variance is 1 - 2 * 2 density(2) / P(|x| < 2) = 1 - 4 * 0.0539910 / 0.9544997.
  ['truncatedNormal', () => init.truncatedNormal(SHAPE), { std: 0.879626, bound: 2 }],
  ['truncatedNormal, one tail', () => init.truncatedNormal(SHAPE, 1, 0.5, { low: 1, high: 9 }), { mean: 1 + 0.5 * Math.sqrt(2 / Math.PI), std: 0.5 * Math.sqrt(1 - 2 / Math.PI) }],
  ['xavierNormal, gain', () => init.xavierNormal(SHAPE, { gain: init.gain('tanh') }), { std: (5 / 3) * Math.sqrt(2 / 540) }],
];

for (const [name, make, { mean = 0, std, bound }] of INITS) {
  test(`${name}: moments and bounds, the same bits for one seed on both devices`, () =>
    assertNoLeak(async () => {
      manualSeed(5);
      const values = await make().data();
      const found = momentsOf(values);
      // 7200 draws: the mean is off by std / 85, the standard deviation by 1.2 % at most (one sigma each); five sigma allowed.
      assert.ok(Math.abs(found.mean - mean) < (5 * std) / 85, `mean ${found.mean}`);
      assert.ok(Math.abs(found.std / std - 1) < 0.05, `std ${found.std}, expected ${std}`);
      if (bound) assert.ok(found.largest <= bound * (1 + 1e-7) && found.largest > 0.99 * bound, `largest ${found.largest}`);
      manualSeed(5);
      assert.equal(await make().data(), values);
      assert.not.equal(await make().data(), values, 'the generator moves on');
    }));
}

for (const shape of [[24, 24], [30, 7], [7, 30], [6, 4, 3, 3], [1, 5], [0, 3]]) {
  test(`orthogonal [${shape}]: rows or columns are orthonormal, times the gain`, () =>
    assertNoLeak(async () => {
      manualSeed(2);
      const weight = init.orthogonal(shape, { gain: 3, dtype: 'float64' });
      const values = await weight.data();
      const [rows, columns] = [shape[0], shape.slice(1).reduce((a, b) => a * b)];
      const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
      const at = (vector: number, i: number) => (rows >= columns ? values[i * columns + vector] : values[vector * columns + i]);
      for (let a = 0; a < count; a++) {
        for (let b = 0; b <= a; b++) {
          let dot = 0;
          for (let i = 0; i < length; i++) dot += at(a, i) * at(b, i);
          assert.ok(Math.abs(dot - (a === b ? 9 : 0)) < 1e-12, `${a} times ${b} is ${dot}`);
        }
      }
    }));
}

test('orthogonal: every direction is as likely: the mean of many is zero, signs included', () =>
  assertNoLeak(async () => {
    manualSeed(4);
    let first = 0;
    for (let i = 0; i < 400; i++) first += (await init.orthogonal([3, 3]).data())[0];
    assert.ok(Math.abs(first / 400) < (5 * Math.sqrt(1 / 3)) / 20, `mean ${first / 400}`);
  }));

test('the normal quantile undoes the normal distribution', () => {
  for (const x of [-6, -3, -1.97, -1, -0.1, 0, 0.4, 1.9, 2.5, 5]) {
    const p = (1 + erf(x / Math.SQRT2)) / 2;
    assert.ok(Math.abs(normalQuantile(p) - x) < 1e-6 * Math.max(1, Math.abs(x)), `${x} became ${normalQuantile(p)}`);
  }
  assert.equal([normalQuantile(0), normalQuantile(1)], [-Infinity, Infinity]);
});

test('layers start with the same bits on both devices, within the bounds of PyTorch', () =>
  assertNoLeak(async () => {
    const starts = DEVICES.map((device) => {
      manualSeed(9);
      return new Linear(100, 50, { device });
    });
    const [cpu, webgpu] = await Promise.all(starts.map((layer) => valuesOf(layer.stateDict())));
    assert.equal(webgpu, cpu);
    for (const values of Object.values(cpu)) {
      const { largest } = momentsOf(values);
      assert.ok(largest <= 0.1 && largest > 0.09, `largest ${largest}`);
    }
    starts.forEach((layer) => layer.dispose());
  }));

test('initialisers refuse what they cannot fill', () => {
  assert.throws(() => init.kaimingUniform([3]), /fans: a weight has at least two axes .*got shape \[3\]/);
  assert.throws(() => init.uniform([2], 0, 1, { dtype: 'int32' }), /uniform: the result must be a float tensor, got int32/);
  assert.throws(() => init.orthogonal([4]), /orthogonal: a weight has at least two axes .*got shape \[4\]/);
  assert.throws(() => init.truncatedNormal([4], 0, 1, { low: 3, high: 2 }), /truncatedNormal: nothing .* lies between 3 and 2/);
  assert.throws(() => init.truncatedNormal([4], 0, 1, { low: 50, high: 60 }), /truncatedNormal: nothing/);
  assert.throws(() => init.normal([-1]), /normal: shape \[-1\]/);
  const refusals: [() => unknown, RegExp][] = [
    [() => init.kaimingNormal([2, 2], { nonlinearity: 'leaky_relu' as never }), /^gain: nonlinearity must be one of linear, .* got 'leaky_relu'$/],
    [() => init.gain('foo' as never), /^gain: nonlinearity must be one of/],
    [() => init.gain('leakyRelu', '1' as never), /^gain: a must be a number, got '1'$/],
    [() => init.normal([2], { std: 1 } as never), /^normal: mean must be a number, got \[object Object\]$/],
    [() => init.uniform([2], 'a' as never), /^uniform: low must be a number, got 'a'$/],
    [() => init.uniform([2], 0, 1, null as never), /^uniform: options must be an object/],
    [() => init.truncatedNormal([2], 0, 1, { low: '-1' as never }), /^truncatedNormal: low must be a number, got '-1'$/],
    [() => init.xavierUniform([2, 2], { gain: 'x' as never }), /^xavierUniform: gain must be a number, got 'x'$/],
    [() => init.orthogonal([2, 2], { gain: 'x' as never }), /^orthogonal: gain must be a number, got 'x'$/],
    [() => init.lecunUniform([2, 2], 5 as never), /^lecunUniform: options must be an object/],
    [() => init.lecunNormal([2, 2], { mode: 'fanOut' } as never), /^lecunNormal: there is no option mode/],
    [() => init.kaimingUniform(5 as never), /^fans: shape must be an array, got 5$/],
    [() => init.orthogonal(5 as never), /^orthogonal: shape must be an array, got 5$/],
  ];
  for (const [call, message] of refusals) assert.throws(call, (error: Error) => error instanceof TapegradError && message.test(error.message));
});

test.run();
