import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TapegradError, tensor } from '../index.js';
import {
  CosineAnnealingLR, ExponentialLR, LinearLR, MultiStepLR, OneCycleLR, ReduceLROnPlateau, SGD, type Schedule, SequentialLR, type Scheduled,
  StepLR,
} from '../optim/index.js';
import { throwsError } from './fixtures/expect.js';
import { assertClose, skip } from './support.js';

/* Learning-rate schedules against PyTorch's (TAPEGRAD_DATA/oracle/schedulers.json), and what that does not hold. */

interface Case {
  id: string;
  scheduler: string;
  options: Record<string, any>;
  base_lr?: number;
  metrics?: number[];
  lr_at_step: number[];
}

const MAKE: Record<string, (optimizer: Scheduled, options: Case['options']) => Schedule | ReduceLROnPlateau> = {
  step: (optimizer, { step_size, gamma }) => new StepLR(optimizer, { stepSize: step_size, gamma }),
  exponential: (optimizer, { gamma }) => new ExponentialLR(optimizer, { gamma }),
  cosine: (optimizer, { T_max, eta_min }) => new CosineAnnealingLR(optimizer, { tMax: T_max, etaMin: eta_min }),
  onecycle: (optimizer, { max_lr, total_steps, pct_start, anneal_strategy, div_factor, final_div_factor }) =>
    new OneCycleLR(optimizer, {
      maxLr: max_lr, totalSteps: total_steps, pctStart: pct_start, annealStrategy: anneal_strategy, divFactor: div_factor, finalDivFactor: final_div_factor,
    }),
  reduce_on_plateau: (optimizer, { mode, factor, patience, threshold, threshold_mode, cooldown, min_lr, eps }) =>
    new ReduceLROnPlateau(optimizer, { mode, factor, patience, threshold, thresholdMode: threshold_mode, cooldown, minLr: min_lr, eps }),
};

const optimizerAt = (lr: number): Scheduled => ({ groups: [{ settings: { lr } }] });

/** The rates in force before each of `count` steps. */
function ratesOf(optimizer: Scheduled, schedule: Schedule, count: number): number[] {
  return Array.from({ length: count }, () => {
    const { lr } = optimizer.groups[0].settings;
    schedule.step();
    return lr;
  });
}

const test = suite('schedulers');
const file = process.env.TAPEGRAD_DATA && join(process.env.TAPEGRAD_DATA, 'oracle/schedulers.json');
if (file && existsSync(file)) {
  for (const { id, scheduler, options, base_lr, metrics, lr_at_step } of JSON.parse(readFileSync(file, 'utf8')).cases as Case[]) {
    test(id, () => {
      const optimizer = optimizerAt(base_lr ?? 1);
      const schedule = MAKE[scheduler](optimizer, options);
      const rates = lr_at_step.map((_, t) => {
        const { lr } = optimizer.groups[0].settings;
        schedule.step(metrics?.[t] ?? NaN);
        return lr;
      });
      assertClose(rates, lr_at_step, { relative: 1e-12, absolute: 0 }, id);
    });
  }
} else {
  skip('TAPEGRAD_DATA holds no oracle/: set it to the reference values to compare schedules');
}

test('milestones, a warm-up, and cosine annealing of a cycle', () => {
  const milestones = optimizerAt(1);
  assert.equal(ratesOf(milestones, new MultiStepLR(milestones, { milestones: [2, 3], gamma: 0.5 }), 5), [1, 1, 0.5, 0.25, 0.25]);
  const warm = optimizerAt(2);
  assert.equal(ratesOf(warm, new LinearLR(warm, { startFactor: 0.25, totalIters: 3 }), 5), [0.5, 1, 1.5, 2, 2]);
  const cycle = optimizerAt(1);
  const rates = ratesOf(cycle, new OneCycleLR(cycle, { maxLr: 1, totalSteps: 10, pctStart: 0.5, divFactor: 10, finalDivFactor: 10 }), 10);
  assertClose([rates[0], rates[4], rates[9]], [0.1, 1, 0.01], { relative: 1e-12, absolute: 0 }, 'start, top and end');
  assert.ok(rates[2] > rates[1] && rates[6] < rates[5]);
});

test('a cycle whose rise takes no step begins at its top', () => {
  for (const [totalSteps, pctStart] of [[10, 0.1], [2, 0.5]]) {
    for (const annealStrategy of ['cos', 'linear'] as const) {
      const optimizer = optimizerAt(1);
      const rates = ratesOf(optimizer, new OneCycleLR(optimizer, { maxLr: 1, totalSteps, pctStart, annealStrategy }), totalSteps);
      assertClose([rates[0], rates.at(-1)!], [1, 1 / 25e4], { relative: 1e-12, absolute: 0 }, `${totalSteps} steps, ${annealStrategy}`);
      assert.ok(rates.every((rate, i) => i === 0 || rate < rates[i - 1]), `${rates}`);
    }
  }
});

/** What two schedules of one optimiser come to, either of them first: the products of their factors, as PyTorch's. */
const CHAINS: [string, ((o: Scheduled) => Schedule)[], number[]][] = [
  ['a decay and a milestone', [(o) => new ExponentialLR(o, { gamma: 0.9 }), (o) => new MultiStepLR(o, { milestones: [1], gamma: 0.1 })],
    [1, 0.09, 0.081, 0.0729]],
  ['a warm-up and a decay', [(o) => new LinearLR(o, { startFactor: 0.25, totalIters: 3 }), (o) => new ExponentialLR(o, { gamma: 0.5 })],
    [0.25, 0.25, 0.1875, 0.125, 0.0625]],
  ['half a cosine and steps', [(o) => new CosineAnnealingLR(o, { tMax: 4 }), (o) => new StepLR(o, { stepSize: 2, gamma: 0.5 })],
    [1, (1 + Math.SQRT1_2) / 2, 0.25, (1 - Math.SQRT1_2) / 4, 0]],
];
for (const [what, makers, expected] of CHAINS) {
  test(`schedules that share an optimiser multiply: ${what}`, () => {
    for (const order of [makers, [...makers].reverse()]) {
      const optimizer = optimizerAt(1);
      const schedules = order.map((make) => make(optimizer));
      const rates = expected.map(() => {
        const { lr } = optimizer.groups[0].settings;
        schedules.forEach((schedule) => schedule.step());
        return lr;
      });
      assertClose(rates, expected, { relative: 1e-12, absolute: 1e-16 }, what);
    }
  });
}

test('a schedule that begins at a rate of 0 multiplies like any other', () => {
  const optimizer = optimizerAt(1);
  const [warmUp, decay] = [new LinearLR(optimizer, { startFactor: 0, totalIters: 2 }), new ExponentialLR(optimizer, { gamma: 0.5 })];
  for (const expected of [0.25, 0.25, 0.125]) {
    warmUp.step();
    decay.step();
    assert.is(optimizer.groups[0].settings.lr, expected);
  }
});

test('what a plateau has lowered, or a person set, a schedule does not undo', () => {
  const optimizer = optimizerAt(1);
  const { settings } = optimizer.groups[0];
  const [decay, plateau] = [new ExponentialLR(optimizer, { gamma: 0.5 }), new ReduceLROnPlateau(optimizer, { patience: 0, factor: 0.1 })];
  const rates = [1, 1, 1, NaN].map((metric) => {
    decay.step();
    plateau.step(metric);
    return settings.lr;
  });
  assertClose(rates, [0.5, 0.025, 0.00125, 0.0000625], { relative: 1e-12, absolute: 0 }, 'with a plateau');
  const steps = new StepLR(optimizer, { stepSize: 2, gamma: 0.1 });
  settings.lr = 0.5;
  steps.step();
  assert.is(settings.lr, 0.5);
  steps.step();
  assertClose([settings.lr], [0.05], { relative: 1e-12, absolute: 0 }, 'set by hand');
});

test('a warm-up, then a cosine, each from the base rate; a resumed one goes on', () => {
  const make = (optimizer: Scheduled) => new SequentialLR(optimizer, {
    schedules: [(o) => new LinearLR(o, { startFactor: 0.25, totalIters: 3 }), (o) => new CosineAnnealingLR(o, { tMax: 4 })],
    milestones: [3],
  });
  const optimizer = optimizerAt(2);
  const schedule = make(optimizer);
  const rates = ratesOf(optimizer, schedule, 8);
  assertClose(rates, [0.5, 1, 1.5, 2, 1 + Math.SQRT1_2, 1, 1 - Math.SQRT1_2, 0], { relative: 1e-12, absolute: 1e-12 }, 'rates');
  const resumed = optimizerAt(2);
  const continued = make(resumed);
  continued.loadStateDict({ steps: 4 });
  continued.step();
  assertClose([resumed.groups[0].settings.lr], [1], { relative: 1e-12, absolute: 0 }, 'after five steps');
  const parts = [(o: Scheduled) => new ExponentialLR(o, { gamma: 0.5 }), (o: Scheduled) => new ExponentialLR(o, { gamma: 0.5 })];
  assert.throws(() => new SequentialLR(optimizerAt(1), { schedules: parts, milestones: [] }), /^SequentialLR: 2 schedules take one milestone less, got 0/);
  assert.throws(() => new SequentialLR(optimizerAt(1), { schedules: parts, milestones: [0] }), /^SequentialLR: milestones must rise from 1, got \[0\]/);
});

test('a plateau in relative terms, for a metric that should grow', () => {
  const optimizer = optimizerAt(1);
  const schedule = new ReduceLROnPlateau(optimizer, { mode: 'max', patience: 1, threshold: 0.1 });
  for (const metric of [1, 1.05, 1.09]) schedule.step(metric);
  assert.is(optimizer.groups[0].settings.lr, 0.1);
});

test('a schedule continues from its state', () => {
  const straight = optimizerAt(1);
  const first = new CosineAnnealingLR(straight, { tMax: 7 });
  for (let t = 0; t < 5; t++) first.step();
  const resumed = optimizerAt(1);
  const second = new CosineAnnealingLR(resumed, { tMax: 7 });
  second.loadStateDict(first.stateDict());
  assert.is(resumed.groups[0].settings.lr, straight.groups[0].settings.lr, 'the rate is put back');
  for (const schedule of [first, second]) schedule.step();
  assert.is(resumed.groups[0].settings.lr, straight.groups[0].settings.lr);
});

test('a run saved with its schedules goes on where it was, whatever is made and loaded first', () => {
  const make = (lr: number) => {
    const optimizer = new SGD([tensor([1], { requiresGrad: true })], { lr });
    const schedules = () => [new StepLR(optimizer, { stepSize: 2, gamma: 0.1 }), new LinearLR(optimizer, { totalIters: 10 })];
    return { optimizer, schedules };
  };
  const straight = make(1);
  const schedules = straight.schedules();
  const advance = (each: Schedule[], steps: number) => {
    for (let t = 0; t < steps; t++) each.forEach((schedule) => schedule.step());
  };
  advance(schedules, 3);
  const saved = straight.optimizer.stateDict();
  const states = schedules.map((schedule) => JSON.parse(JSON.stringify(schedule.stateDict())));
  advance(schedules, 4);
  for (const order of ['optimiser first', 'schedules made first', 'schedules loaded first']) {
    const { optimizer, schedules: makeSchedules } = make(0.7);
    if (order === 'optimiser first') optimizer.loadStateDict(saved);
    const resumed = makeSchedules();
    if (order === 'schedules made first') optimizer.loadStateDict(saved);
    resumed.forEach((schedule, i) => schedule.loadStateDict(states[i]));
    if (order === 'schedules loaded first') optimizer.loadStateDict(saved);
    advance(resumed, 4);
    assert.is(optimizer.lr, straight.optimizer.lr, order);
  }
});

test('a schedule made for an optimiser that has resumed takes the base rate from its own state', () => {
  const optimizer = optimizerAt(1);
  const first = new StepLR(optimizer, { stepSize: 2, gamma: 0.1 });
  for (let t = 0; t < 3; t++) first.step();
  const resumed = optimizerAt(optimizer.groups[0].settings.lr);
  const second = new StepLR(resumed, { stepSize: 2, gamma: 0.1 });
  second.loadStateDict(first.stateDict());
  second.step();
  assertClose([resumed.groups[0].settings.lr], [0.01], { relative: 1e-12, absolute: 0 }, 'after four steps');
});

test('states that are none are refused, and nothing changes', () => {
  const optimizer = optimizerAt(1);
  const schedule = new ExponentialLR(optimizer, { gamma: 0.5 });
  const plateau = new ReduceLROnPlateau(optimizer);
  const refusals: [() => void, RegExp][] = [
    [() => schedule.loadStateDict({} as never), /^ExponentialLR\.loadStateDict: steps must be a whole number from 0, got undefined$/],
    [() => schedule.loadStateDict(null as never), /^ExponentialLR\.loadStateDict: steps must be/],
    [() => schedule.loadStateDict({ steps: 2.5 }), /^ExponentialLR\.loadStateDict: steps must be a whole number from 0, got 2\.5$/],
    [() => schedule.loadStateDict({ steps: 2, baseRates: 1 as never }), /loadStateDict: baseRates must be an array, got 1$/],
    [() => schedule.loadStateDict({ steps: 2, baseRates: [1, 1] }), /loadStateDict: baseRates must hold one rate for each of 1 groups, got \[1,1\]$/],
    [() => schedule.loadStateDict({ steps: 2, baseRates: [1], rates: [NaN] }), /loadStateDict: rates\[0\] must be a finite number from 0, got NaN$/],
    [() => plateau.loadStateDict({} as never), /^ReduceLROnPlateau\.loadStateDict: best must be a number, got undefined$/],
    [() => plateau.loadStateDict({ best: 1, badSteps: 0.5, coolingDown: 0 }), /loadStateDict: badSteps must be a whole number from 0, got 0\.5$/],
    [() => plateau.step(undefined as never), /^ReduceLROnPlateau\.step: the metric must be a number, got undefined$/],
  ];
  for (const [call, message] of refusals) throwsError(call, TapegradError, message);
  schedule.step();
  assert.is(optimizer.groups[0].settings.lr, 0.5);
});

const WRONG: [(o: Scheduled) => void, RegExp][] = [
  [(o) => new StepLR(o, { stepSize: 1.5 }), /^StepLR: stepSize must be a whole number from 1, got 1\.5$/],
  [(o) => new StepLR(o, { stepSize: 1, gamma: 'x' as never }), /^StepLR: gamma must be a finite number from 0, got 'x'$/],
  [(o) => new MultiStepLR(o, { milestones: 5 as never }), /^MultiStepLR: milestones must be an array, got 5$/],
  [(o) => new MultiStepLR(o, { milestones: [1, 2.5] }), /^MultiStepLR: milestones\[1\] must be a whole number from 0, got 2\.5$/],
  [(o) => new MultiStepLR(o, { milestones: [1], gamma: -1 }), /^MultiStepLR: gamma must be a finite number from 0, got -1$/],
  [(o) => new ExponentialLR(o, { gamma: NaN }), /^ExponentialLR: gamma must be a finite number from 0, got NaN$/],
  [(o) => new CosineAnnealingLR(o, { tMax: '5' as never }), /^CosineAnnealingLR: tMax must be a number above 0, got '5'$/],
  [(o) => new CosineAnnealingLR(o, { tMax: 5, etaMin: -1 }), /^CosineAnnealingLR: etaMin must be a finite number from 0, got -1$/],
  [(o) => new LinearLR(o, { totalIters: 0 }), /^LinearLR: totalIters must be a number above 0, got 0$/],
  [(o) => new LinearLR(o, { totalIters: -3 }), /^LinearLR: totalIters must be a number above 0, got -3$/],
  [(o) => new LinearLR(o, { startFactor: -1 }), /^LinearLR: startFactor must be a finite number from 0, got -1$/],
  [(o) => new OneCycleLR(o, { maxLr: 'x' as never, totalSteps: 10 }), /^OneCycleLR: maxLr must be a number above 0, got 'x'$/],
  [(o) => new OneCycleLR(o, { maxLr: 1, totalSteps: 10, pctStart: 1 }), /^OneCycleLR: pctStart must be below 1, got 1$/],
  [(o) => new OneCycleLR(o, { maxLr: 1, totalSteps: 10, divFactor: 0 }), /^OneCycleLR: divFactor must be a number above 0, got 0$/],
  [(o) => new ReduceLROnPlateau(o, { patience: 'x' as never }), /^ReduceLROnPlateau: patience must be a whole number from 0, got 'x'$/],
  [(o) => new ReduceLROnPlateau(o, { factor: -1 }), /^ReduceLROnPlateau: factor must be from 0 to below 1, got -1$/],
  [(o) => new ReduceLROnPlateau(o, { minLr: NaN }), /^ReduceLROnPlateau: minLr must be a finite number from 0, got NaN$/],
  [() => new SequentialLR(optimizerAt(1), { schedules: [new ExponentialLR(optimizerAt(1), { gamma: 1 }) as never], milestones: [] }),
    /^SequentialLR: schedules\[0\] must be a function/],
  [(o) => new SequentialLR(o, { schedules: [(() => 1) as never], milestones: [] }), /^SequentialLR: schedules\[0\] must return a schedule, got 1$/],
  [(o) => new SequentialLR(o, { schedules: 5 as never, milestones: [] }), /^SequentialLR: schedules must be an array, got 5$/],
  [() => new StepLR(undefined as never, { stepSize: 1 }), /^StepLR: the groups of the optimiser must be an array, got undefined$/],
  [() => new ReduceLROnPlateau({} as never), /^ReduceLROnPlateau: the groups of the optimiser must be an array, got undefined$/],
];

test('wrong settings are named, and the rate stays', () => {
  for (const [make, message] of WRONG) {
    const optimizer = optimizerAt(1);
    throwsError(() => make(optimizer), TapegradError, message);
    assert.is(optimizer.groups[0].settings.lr, 1);
  }
  assert.throws(() => new StepLR(optimizerAt(1), { stepSize: 0 }), /^StepLR: stepSize must be a whole number from 1, got 0/);
  assert.throws(() => new OneCycleLR(optimizerAt(1), { maxLr: 1, totalSteps: 1 }), /OneCycleLR: totalSteps/);
  assert.throws(() => new ReduceLROnPlateau(optimizerAt(1), { factor: 1 }), /ReduceLROnPlateau: factor must be from 0 to below 1, got 1/);
});

test.run();
