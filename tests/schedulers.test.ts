import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  CosineAnnealingLR, ExponentialLR, LinearLR, MultiStepLR, OneCycleLR, ReduceLROnPlateau, type Schedule, SequentialLR, type Scheduled, StepLR,
} from '../optim/index.js';
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
  assert.throws(() => new SequentialLR(optimizerAt(1), { schedules: parts, milestones: [0] }), /^SequentialLR: milestones must rise from 1, got 0/);
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
  assert.is(resumed.groups[0].settings.lr, 1, 'the rate belongs to the optimiser: it is restored with its state');
  for (const schedule of [first, second]) schedule.step();
  assert.is(resumed.groups[0].settings.lr, straight.groups[0].settings.lr);
});

test('wrong settings are named', () => {
  assert.throws(() => new StepLR(optimizerAt(1), { stepSize: 0 }), /^StepLR: stepSize must be a whole number from 1, got 0/);
  assert.throws(() => new OneCycleLR(optimizerAt(1), { maxLr: 1, totalSteps: 1 }), /OneCycleLR: totalSteps/);
  assert.throws(() => new ReduceLROnPlateau(optimizerAt(1), { factor: 1 }), /ReduceLROnPlateau: factor must be below 1, got 1/);
});

test.run();
