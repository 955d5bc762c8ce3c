import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DeviceName, ShapeError, TapegradError, type Tensor, grad, manualSeed, shutdown, tensor } from '../index.js';
import { gradcheck } from '../core/gradcheck.js';
import * as nn from '../nn/index.js';
import { assertClose, assertNoLeak, initBothDevices } from './support.js';

/* What the oracle does not hold: loss modules, extreme inputs, errors. Values and gradients are in oracle.test.ts. */

const test = suite('nn losses');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

const of = (values: number[]) => tensor(values, { dtype: 'float64' });

test('each module computes its function', () =>
  assertNoLeak(async () => {
    const [p, q] = [of([0.2, 0.7, 0.4]), of([1, 0, 0.5])];
    const logits = tensor([[1, -1, 0.5], [0, 2, 1]], { dtype: 'float64' });
    const labels = tensor([2, 0], { dtype: 'int32' });
    const weight = of([1, 2, 0.5]);
    const cases: [nn.Module, Tensor, Tensor, Tensor][] = [
      [new nn.MSELoss(), p, q, nn.mseLoss(p, q)],
      [new nn.L1Loss({ reduction: 'sum' }), p, q, nn.l1Loss(p, q, { reduction: 'sum' })],
      [new nn.HuberLoss({ delta: 0.3 }), p, q, nn.huberLoss(p, q, { delta: 0.3 })],
      [new nn.SmoothL1Loss({ beta: 0.3 }), p, q, nn.smoothL1Loss(p, q, { beta: 0.3 })],
      [new nn.BCELoss({ weight }), p, q, nn.bceLoss(p, q, { weight })],
      [new nn.BCEWithLogitsLoss({ posWeight: weight }), p, q, nn.bceWithLogitsLoss(p, q, { posWeight: weight })],
      [new nn.BCEWithLogitsLoss({ weight, reduction: 'sum' }), p, q, nn.bceWithLogitsLoss(p, q, { weight, posWeight: null, reduction: 'sum' })],
      [new nn.KLDivLoss({ reduction: 'sum' }), p, q, nn.klDiv(p, q, { reduction: 'sum' })],
      [new nn.CrossEntropyLoss({ weight }), logits, labels, nn.crossEntropy(logits, labels, { weight })],
      [new nn.NLLLoss({ weight }), logits, labels, nn.nllLoss(logits, labels, { weight })],
    ];
    for (const [module, input, target, expected] of cases) {
      assert.is(await module.call(input, target).item(), await expected.item(), module.constructor.name);
    }
    assert.equal(Object.keys(new nn.BCEWithLogitsLoss({ weight, posWeight: weight }).stateDict()), ['weight', 'posWeight']);
    weight.dispose(); // kept from the scope as a buffer
  }));

test('a certain mistake costs much, but not infinity', () =>
  assertNoLeak(async () => {
    assertClose(await nn.bceLoss(of([0, 1]), of([1, 0]), { reduction: 'none' }).data(), [100, 100], { relative: 0, absolute: 1e-12 }, 'bce');
    const far = await nn.bceWithLogitsLoss(of([1000, -1000]), of([0, 1]), { reduction: 'none' }).data();
    assertClose(far, [1000, 1000], { relative: 1e-12, absolute: 0 }, 'bceWithLogits');
    assertClose(await nn.klDiv(of([-1, -2]), of([0, 1]), { reduction: 'none' }).data(), [0, 2], { relative: 0, absolute: 1e-12 }, 'klDiv');
  }));

for (const device of ['cpu', 'webgpu'] as DeviceName[]) {
  test(`${device}: binary cross-entropy has a finite gradient where a probability is 0 or 1`, () =>
    assertNoLeak(async () => {
      // The last three: all but 0, a certain mistake, and a doubt.
      const scores = tensor([20, -110, -90, -110, 0], { device, requiresGrad: true });
      const target = tensor([1, 0, 0, 1, 1], { device });
      const loss = nn.bceLoss(scores.sigmoid(), target, { reduction: 'sum' });
      loss.backward();
      assertClose([await loss.item()], [100 + Math.log(2)], { relative: 1e-6, absolute: 0 }, 'loss');
      assertClose(await scores.grad!.data(), [0, 0, 0, 0, -0.5], { relative: 0, absolute: 1e-6 }, 'gradient');
    }));
}

test('what is no probability has no binary cross-entropy', () =>
  assertNoLeak(async () => {
    const losses = await nn.bceLoss(of([-0.5, 1.5, NaN]), of([1, 0, 1]), { reduction: 'none' }).data();
    assert.ok(losses.every(Number.isNaN), String(losses));
  }));

test('ignored targets count for nothing, in the mean as well', () =>
  assertNoLeak(async () => {
    const logProbabilities = tensor([[-1, -2], [-3, -4], [-5, -6]], { dtype: 'float64' });
    const target = tensor([1, -100, 0], { dtype: 'int32' });
    assert.is(await nn.nllLoss(logProbabilities, target).item(), 3.5);
  }));

test('GAN losses by hand, and where the discriminator is sure', () =>
  assertNoLeak(async () => {
    const [real, fake] = [of([2, -1]), of([0.5, -3])];
    const logSigmoid = (x: number) => -Math.log1p(Math.exp(-x));
    const mean = (f: (x: number) => number, values: number[]) => values.reduce((total, x) => total + f(x), 0) / values.length;
    const cases: [Tensor, number][] = [
      [nn.minimaxDiscriminatorLoss(real, fake), -mean(logSigmoid, [2, -1]) - mean((x) => logSigmoid(-x), [0.5, -3])],
      [nn.minimaxGeneratorLoss(fake), mean((x) => logSigmoid(-x), [0.5, -3])],
      [nn.nonSaturatingGeneratorLoss(fake), -mean(logSigmoid, [0.5, -3])],
      [nn.wassersteinDiscriminatorLoss(real, fake), -1.25 - 0.5],
      [nn.wassersteinGeneratorLoss(fake), 1.25],
    ];
    for (const [loss, expected] of cases) assertClose([await loss.item()], [expected], { relative: 1e-12, absolute: 0 }, 'loss');
    const refused = tensor([-1000], { dtype: 'float64', requiresGrad: true });
    const slope = async (loss: Tensor) => (await grad(loss, [refused])[0].data())[0];
    assert.is(Math.abs(await slope(nn.minimaxGeneratorLoss(refused))), 0, 'minimax has no slope left');
    assert.is(await slope(nn.nonSaturatingGeneratorLoss(refused)), -1, 'non-saturating has');
  }));

test('gradient penalty: the slope of a linear critic is its weight, and so is the gradient of the penalty', () =>
  assertNoLeak(async () => {
    const weight = tensor([[1], [2], [-2]], { dtype: 'float64', requiresGrad: true });
    const [real, fake] = [0, 1].map((shift) => tensor(Array.from({ length: 12 }, (_, i) => Math.sin(i + shift)), [4, 3], { dtype: 'float64' }));
    const penalty = nn.gradientPenalty((x) => x.matmul(weight), real, fake, { weight: 5 });
    assertClose([await penalty.item()], [5 * (3 - 1) ** 2], { relative: 1e-9, absolute: 0 }, 'penalty');
    const [slope] = grad(penalty, [weight]);
    assertClose(await slope.data(), [1, 2, -2].map((w) => (5 * 2 * (3 - 1) * w) / 3), { relative: 1e-9, absolute: 0 }, 'gradient');
  }));

test('gradient penalty of a network: its gradient, numerically', () =>
  assertNoLeak(async () => {
    const weights = [[3, 4], [4, 1]].map((shape, k) =>
      tensor(Array.from({ length: shape[0] * shape[1] }, (_, i) => Math.cos(2 * i + k)), shape, { dtype: 'float64', requiresGrad: true }));
    const [real, fake] = [0, 1].map((shift) => tensor(Array.from({ length: 6 }, (_, i) => Math.sin(i + shift)), [2, 3], { dtype: 'float64' }));
    const report = await gradcheck((first, second) => {
      manualSeed(1); // the same points at each call
      return nn.gradientPenalty((x) => x.matmul(first).tanh().matmul(second), real, fake);
    }, weights);
    assert.is(report.verdict, 'PASS', report.details);
  }));

test('penalties by hand', () =>
  assertNoLeak(async () => {
    const parameters = [of([1, -2]), of([0.5])];
    assert.is(await nn.l1Penalty(parameters, 0.1).item(), 3.5 * 0.1);
    assert.is(await nn.l2Penalty(parameters, 0.1).item(), 5.25 * 0.1);
  }));

test('shapes and settings that do not fit', () =>
  assertNoLeak(async () => {
    const fails = (body: () => unknown, type: typeof TapegradError, message: RegExp) =>
      assert.throws(body, (error: Error) => error instanceof type && message.test(error.message));
    for (const loss of [nn.mseLoss, nn.l1Loss, nn.huberLoss, nn.smoothL1Loss, nn.bceLoss, nn.bceWithLogitsLoss, nn.klDiv]) {
      fails(() => loss(of([1, 2]), of([1])), ShapeError, new RegExp(`^${loss.name}: input \\[2\\] and target \\[1\\]`));
    }
    fails(() => nn.nllLoss(tensor([[1, 2]]), tensor([0, 1], { dtype: 'int32' })), ShapeError, /^nllLoss: target \[2\] does not fit \[1,2\]/);
    fails(() => nn.gradientPenalty((x) => x, tensor([[1, 2]]), tensor([[1]])), ShapeError, /^gradientPenalty: real \[1,2\] and fake \[1,1\]/);
    fails(() => nn.l1Penalty([], 1), TapegradError, /^l1Penalty: there are no parameters/);
    fails(() => nn.l2Penalty([of([1])], -1), TapegradError, /^l2Penalty: factor must be a finite number from 0, got -1/);
    const modules = [nn.MSELoss, nn.L1Loss, nn.HuberLoss, nn.SmoothL1Loss, nn.KLDivLoss, nn.CrossEntropyLoss, nn.NLLLoss, nn.BCELoss, nn.BCEWithLogitsLoss];
    for (const loss of modules) {
      fails(() => new loss(5 as never), TapegradError, new RegExp(`^${loss.name}: options must be an object, got 5$`));
      fails(() => new loss(null as never), TapegradError, new RegExp(`^${loss.name}: options must be an object, got null$`));
    }
    fails(() => nn.huberLoss(of([1]), of([1]), { delta: 0 }), TapegradError, /^huberLoss: delta must be above 0, got 0/);
    fails(() => nn.smoothL1Loss(of([1]), of([1]), { beta: -1 }), TapegradError, /^smoothL1Loss: beta must be above 0, got -1/);
  }));

test.run();
