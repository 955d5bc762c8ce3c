import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DeviceName, type DType, TapegradError, type Tensor, keep, memory, scope, shutdown, tensor } from '../index.js';
import { Adadelta, Adagrad, Adam, AdamW, NAdam, type Optimizer, RMSprop, SGD, type SGDOptions } from '../optim/index.js';
import { assertClose, assertNoLeak, initBothDevices, skip } from './support.js';

const test = suite('optim');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

type AnyOptimizer = Optimizer<object, { lr: number }>;

const DEVICES: DeviceName[] = ['cpu', 'webgpu'];

/** Every kind of state: names, settings, branches of the kernels. */
const KINDS: Record<string, (params: Tensor[]) => AnyOptimizer> = {
  'SGD': (params) => new SGD(params, { lr: 0.1 }),
  'SGD, momentum': (params) => new SGD(params, { lr: 0.1, momentum: 0.9, dampening: 0.5, weightDecay: 0.1 }),
  'SGD, Nesterov': (params) => new SGD(params, { lr: 0.1, momentum: 0.9, nesterov: true }),
  'Adam': (params) => new Adam(params, { lr: 0.1, weightDecay: 0.1 }),
  'AdamW': (params) => new AdamW(params, { lr: 0.1 }),
  'RMSprop': (params) => new RMSprop(params, { lr: 0.1 }),
  'RMSprop, centred, momentum': (params) => new RMSprop(params, { lr: 0.1, centered: true, momentum: 0.5 }),
  'Adagrad': (params) => new Adagrad(params, { lr: 0.1, lrDecay: 0.1, initialAccumulatorValue: 0.5, weightDecay: 0.1 }),
  'Adadelta': (params) => new Adadelta(params, { lr: 0.1, weightDecay: 0.1 }),
  'NAdam': (params) => new NAdam(params, { lr: 0.1, weightDecay: 0.1, momentumDecay: 0.5 }),
};

function makeParameters(device: DeviceName = 'cpu', dtype: DType = 'float32'): Tensor[] {
  return [
    tensor([0.5, -1, 2, 0.25, 3], [5], { device, dtype, requiresGrad: true }),
    tensor([1, -2, 0.75, 4], [2, 2], { device, dtype, requiresGrad: true }),
  ];
}

/** Gives every parameter a gradient that depends on `step`. */
function setGradients(params: readonly Tensor[], step: number): void {
  params.forEach((parameter, k) => {
    const values = Array.from({ length: parameter.size }, (_, i) => Math.sin(1 + 3 * step + 5 * k + i));
    parameter.zeroGrad();
    parameter.grad = keep(tensor(values, parameter.shape, { device: parameter.device, dtype: parameter.dtype }));
  });
}

function takeSteps(optimizer: AnyOptimizer, params: readonly Tensor[], from: number, to: number): void {
  for (let step = from; step < to; step++) {
    setGradients(params, step);
    optimizer.step();
  }
}

const valuesOf = (params: readonly Tensor[]) => Promise.all(params.map(async (parameter) => [...(await parameter.data())]));

/* Trajectories of 20 steps by PyTorch in float64. */

interface Trajectory {
  id: string;
  optimizer: string;
  options: Record<string, any>;
  params_after_step: number[][][];
}

const ORACLE: Record<string, new (params: Tensor[], options: Record<string, any>) => AnyOptimizer> = {
  sgd: SGD, adam: Adam, adamw: AdamW, rmsprop: RMSprop, adagrad: Adagrad, adadelta: Adadelta, nadam: NAdam,
};

/** weight_decay -> weightDecay; without amsgrad, which no case turns on, and which there is not. */
const inCamelCase = ({ amsgrad = false, ...options }: Record<string, any>) => {
  assert.is(amsgrad, false);
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name.replace(/_(.)/g, (_, letter) => letter.toUpperCase()), value]));
};

const EDGES: { device: DeviceName; dtype: DType; tolerance: { relative: number; absolute: number } }[] = [
  { device: 'cpu', dtype: 'float64', tolerance: { relative: 1e-10, absolute: 1e-12 } },
  // 20 steps, each rounding a parameter by half an ULP (6e-8 of it) and its update by a few ULP.
  { device: 'cpu', dtype: 'float32', tolerance: { relative: 2e-6, absolute: 1e-6 } },
  { device: 'webgpu', dtype: 'float32', tolerance: { relative: 2e-6, absolute: 1e-6 } },
];

const file = process.env.TAPEGRAD_DATA && join(process.env.TAPEGRAD_DATA, 'oracle', 'optimizers.json');
if (file && existsSync(file)) {
  const { cases, initial_params: initial, grads } = JSON.parse(readFileSync(file, 'utf8'));
  for (const { id, optimizer: kind, options, params_after_step: expected } of cases as Trajectory[]) {
    for (const { device, dtype, tolerance } of EDGES) {
      test(`${id} on ${device} ${dtype}`, () =>
        assertNoLeak(async () => {
          const params: Tensor[] = initial.map((values: number[]) =>
            tensor(values, [values.length], { device, dtype, requiresGrad: true }));
          const optimizer = new ORACLE[kind](params, inCamelCase(options));
          for (const [step, wanted] of expected.entries()) {
            params.forEach((parameter, k) => {
              parameter.grad = tensor(grads[step][k], parameter.shape, { device, dtype });
            });
            optimizer.step();
            const found = await valuesOf(params);
            found.forEach((values, k) => assertClose(values, wanted[k], tolerance, `step ${step + 1}, parameter ${k}`));
            optimizer.zeroGrad();
          }
          optimizer.dispose();
        }));
    }
  }
} else {
  skip('TAPEGRAD_DATA holds no oracle/: set it to the reference values to compare optimiser trajectories');
}

/** A parameter that starts at 0, its gradient always 1, rate 1: worked out by hand, exact in binary. */
const BY_HAND: [string, SGDOptions, number[]][] = [
  ['momentum', { momentum: 0.5 }, [-1, -2.5, -4.25]],
  ['dampening, from the second step on', { momentum: 0.5, dampening: 0.25 }, [-1, -2.25, -3.625]],
  ['Nesterov', { momentum: 0.5, nesterov: true }, [-1.5, -3.25, -5.125]],
  ['weight decay before momentum', { momentum: 0.5, weightDecay: 0.5 }, [-1, -2, -2.5]],
];

for (const device of DEVICES) {
  for (const [what, options, expected] of BY_HAND) {
    test(`SGD on ${device}: ${what}`, () =>
      assertNoLeak(async () => {
        const parameter = tensor([0], [1], { device, requiresGrad: true });
        parameter.grad = tensor([1], [1], { device });
        const optimizer = new SGD([parameter], { lr: 1, ...options });
        for (const value of expected) {
          optimizer.step();
          assert.is(await parameter.item(), value);
        }
        optimizer.dispose();
      }));
  }

  for (const [kind, make] of Object.entries(KINDS)) {
    test(`${kind} on ${device}: a saved state continues bit-exactly`, () =>
      assertNoLeak(async () => {
        const params = makeParameters(device);
        const optimizer = make(params);
        takeSteps(optimizer, params, 0, 3);

        const copies = await Promise.all(params.map(async (parameter) =>
          tensor(await parameter.data(), parameter.shape, { device, requiresGrad: true })));
        const state = optimizer.stateDict();
        const restored = make(copies);
        restored.lr = 123;
        restored.loadStateDict({ tensors: state.tensors, numbers: JSON.parse(JSON.stringify(state.numbers)) });
        assert.is(restored.lr, 0.1, 'settings are part of the state');

        takeSteps(optimizer, params, 3, 6);
        takeSteps(restored, copies, 3, 6);
        assert.equal(await valuesOf(copies), await valuesOf(params));

        optimizer.loadStateDict(optimizer.stateDict());
        takeSteps(optimizer, params, 6, 7);
        takeSteps(restored, copies, 6, 7);
        assert.equal(await valuesOf(params), await valuesOf(copies), 'loading its own state changes nothing');
        optimizer.dispose();
        restored.dispose();
      }));
  }
}

test('state is made at the first step, outlives scopes, and goes with dispose()', async () => {
  const before = memory().liveBytes;
  const params = makeParameters();
  const parameterBytes = memory().liveBytes - before;
  const optimizer = new Adam(params);
  assert.is(memory().liveBytes, before + parameterBytes);
  assert.equal(optimizer.stateDict().tensors, {});
  scope(() => takeSteps(optimizer, params, 0, 2));
  optimizer.zeroGrad();
  assert.is(memory().liveBytes, before + 3 * parameterBytes, 'two averages a parameter');
  optimizer.dispose();
  params.forEach((parameter) => parameter.dispose());
  assert.is(memory().liveBytes, before);
});

test('a parameter without a gradient is skipped, and its weights do not decay', () =>
  assertNoLeak(async () => {
    const params = makeParameters();
    const optimizer = new AdamW(params, { lr: 0.1, weightDecay: 0.5 });
    setGradients([params[0]], 0);
    const [, untouched] = await valuesOf(params);
    optimizer.step();
    const [changed, after] = await valuesOf(params);
    assert.equal(after, untouched);
    assert.is.not(changed[0], 0.5);
    assert.equal(Object.keys(optimizer.stateDict().tensors), ['0.expAvg', '0.expAvgSq']);
    optimizer.zeroGrad();
    assert.is(params[0].grad, null);
    optimizer.dispose();
  }));

test('groups have settings of their own; lr sets all of them', () =>
  assertNoLeak(async () => {
    const [a, b] = makeParameters();
    const optimizer = new SGD([{ params: [a] }, { params: [b], lr: 1, weightDecay: 0.5 }], { lr: 0.125 });
    [a, b].forEach((parameter) => (parameter.grad = tensor(new Float32Array(parameter.size).fill(2), parameter.shape)));
    optimizer.step();
    assert.equal(await valuesOf([a, b]), [[0.25, -1.25, 1.75, 0, 2.75], [-1.5, -3, -1.625, 0]]);
    assert.is(optimizer.lr, 0.125);
    optimizer.lr = 0;
    optimizer.step();
    assert.equal(await valuesOf([a, b]), [[0.25, -1.25, 1.75, 0, 2.75], [-1.5, -3, -1.625, 0]]);
    assert.equal(optimizer.groups.map(({ settings }) => settings.lr), [0, 0]);
  }));

test('a step between forward and backward is found out', () =>
  scope(() => {
    const [a] = makeParameters();
    const optimizer = new SGD([a], { lr: 0.1 });
    setGradients([a], 0);
    const product = a.mul(a);
    optimizer.step();
    assert.throws(() => product.backward(tensor([1, 1, 1, 1, 1])), /changed in place.*call backward\(\) before the optimiser step/);
  }));

test("defaults are PyTorch's", () =>
  assertNoLeak(async () => {
    const params = makeParameters();
    const made = [
      new SGD(params), new Adam(params), new AdamW(params), new RMSprop(params), new Adagrad(params), new Adadelta(params), new NAdam(params),
    ];
    const settings = made.map(({ groups }) => groups[0].settings);
    const adam = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupled: false };
    assert.equal(settings, [
      { lr: 1e-3, momentum: 0, dampening: 0, nesterov: false, weightDecay: 0 },
      adam,
      { ...adam, weightDecay: 0.01, decoupled: true },
      { lr: 0.01, alpha: 0.99, eps: 1e-8, momentum: 0, centered: false, weightDecay: 0 },
      { lr: 0.01, lrDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, weightDecay: 0 },
      { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0 },
      { lr: 2e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, momentumDecay: 4e-3 },
    ]);
  }));

const refuses = (what: string, make: (params: Tensor[]) => void, message: RegExp) =>
  test(`refused: ${what}`, () =>
    assertNoLeak(async () => {
      const isOurs = (error: Error) => error instanceof TapegradError && message.test(error.message) && !error.message.includes('\n');
      assert.throws(() => make(makeParameters()), isOurs, String(message));
    }));

refuses('SGD with a negative rate', (p) => new SGD(p, { lr: -1 }), /^SGD: lr must be a finite number from 0, got -1$/);
refuses('SGD with an infinite rate', (p) => new SGD(p, { lr: Infinity }), /^SGD: lr .*got Infinity$/);
refuses('SGD with a rate in words', (p) => new SGD(p, { lr: '0.1' as unknown as number }), /^SGD: lr .*got '0\.1'$/);
refuses('SGD with negative momentum', (p) => new SGD(p, { momentum: -0.5 }), /^SGD: momentum .*got -0.5$/);
refuses('SGD with negative dampening', (p) => new SGD(p, { dampening: -2 }), /^SGD: dampening .*got -2$/);
refuses('SGD with negative weight decay', (p) => new SGD(p, { weightDecay: NaN }), /^SGD: weightDecay .*got NaN$/);
refuses('Nesterov without momentum', (p) => new SGD(p, { nesterov: true }), /^SGD: nesterov .*momentum 0, dampening 0$/);
refuses('Nesterov with dampening', (p) => new SGD(p, { nesterov: true, momentum: 0.9, dampening: 0.5 }), /^SGD: nesterov .*dampening 0.5$/);
refuses('Adam with a beta of 1', (p) => new Adam(p, { betas: [1, 0.9] }), /^Adam: betas\[0\] must be from 0 to below 1, got 1$/);
refuses('Adam with one beta', (p) => new Adam(p, { betas: [0.9] as unknown as [number, number] }), /^Adam: betas\[1\] .*got undefined$/);
refuses('AdamW with negative eps', (p) => new AdamW(p, { eps: -1e-8 }), /^AdamW: eps .*got -1e-8$/);
refuses('RMSprop with an alpha above 1', (p) => new RMSprop(p, { alpha: 1.5 }), /^RMSprop: alpha .*got 1.5$/);
refuses('Adagrad with a negative accumulator', (p) => new Adagrad(p, { initialAccumulatorValue: -1 }), /^Adagrad: initialAccumulatorValue .*got -1$/);
refuses('Adadelta with a rho of 1', (p) => new Adadelta(p, { rho: 1 }), /^Adadelta: rho must be from 0 to below 1, got 1$/);
refuses('NAdam with negative momentumDecay', (p) => new NAdam(p, { momentumDecay: -1 }), /^NAdam: momentumDecay .*got -1$/);
refuses('a wrong option of a group', (p) => new RMSprop([{ params: p, momentum: -1 }]), /^RMSprop: momentum .*got -1$/);
refuses('Adam with one number for both betas', (p) => new Adam(p, { betas: 0.9 as never }), /^Adam: betas must be an array, got 0\.9$/);
refuses('NAdam with a beta of 1', (p) => new NAdam(p, { betas: [0.9, 1] }), /^NAdam: betas\[1\] must be from 0 to below 1, got 1$/);
for (const make of [SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, NAdam]) {
  for (const options of [0.5, null, [0.5]]) {
    refuses(`${make.name} with ${JSON.stringify(options)} for its options`, (p) => new make(p, options as never), /^\w+: options must be an object, got .*$/);
  }
}
refuses('a wrong rate later', (p) => (new Adam(p).lr = -3), /^Adam: lr .*got -3$/);
refuses('no parameters', () => new SGD([], { lr: 0.1 }), /^SGD: there are no parameters/);
refuses('a result instead of a leaf', ([a]) => new SGD([a.mul(a)], { lr: 0.1 }), /^SGD: parameter 0 of shape \[5\] is the result of an op/);
refuses('a module instead of its parameters', () => new SGD({} as never), /^SGD: params must be an array, got \[object Object\]$/);
refuses('no tensor', ([a]) => new Adam([a, 'b' as never]), /^Adam: parameter 1 of group 0 must be a tensor, got 'b'/);
refuses('a group without parameters', () => new Adam([{ lr: 1 } as never]), /^Adam: params of group 0 must be an array, got undefined$/);
refuses('a parameter given twice', ([a, b]) => new Adam([a, b, a]), /^Adam: parameter 2 of shape \[5\] is listed twice/);

test('a saved state that does not fit is refused, and nothing changes', () =>
  assertNoLeak(async () => {
    const params = makeParameters();
    const optimizer = new Adam(params);
    takeSteps(optimizer, params, 0, 1);
    const { tensors, numbers } = optimizer.stateDict();
    const { '0.expAvg': first, ...others } = tensors;
    const { 'groups.0.eps': _eps, ...someNumbers } = numbers;
    const misshapen = { ...tensors, '0.expAvg': params[1] };
    const refusals: [() => void, RegExp][] = [
      [() => optimizer.loadStateDict({ tensors: others, numbers }), /^Adam: the saved state does not fit: 0.expAvg is missing$/],
      [() => optimizer.loadStateDict({ tensors: misshapen, numbers }), /0.expAvg is float32 \[2,2\] .*float32 \[5\]/],
      [() => optimizer.loadStateDict({ tensors: { ...tensors, '7.expAvg': first }, numbers }), /7.expAvg unexpected/],
      [() => optimizer.loadStateDict({ tensors, numbers: someNumbers }), /groups.0.eps is undefined, not a number/],
      [() => optimizer.loadStateDict({ tensors, numbers: { ...numbers, '1.step': NaN } }), /1.step is NaN, not a number/],
      [() => optimizer.loadStateDict({} as never), /^Adam: the saved state does not fit: its tensors must be an object by name, got undefined$/],
      [() => optimizer.loadStateDict(null as never), /^Adam: .*got undefined$/],
      [() => optimizer.loadStateDict({ tensors } as never), /^Adam: .*its numbers must be an object by name, got undefined$/],
      [() => optimizer.loadStateDict({ tensors: { ...tensors, '0.expAvg': [1] as never }, numbers }), /^Adam: .*0\.expAvg must be a tensor, got \[1\]$/],
      [() => new SGD(params, { lr: 1 }).loadStateDict({ tensors, numbers }), /^SGD: .*groups.0.momentum is undefined/],
    ];
    for (const [load, message] of refusals) assert.throws(load, message);
    assert.is(optimizer.stateDict().tensors['0.expAvg'], first);
    assert.not(first.disposed);
    optimizer.dispose();
  }));

test.run();
