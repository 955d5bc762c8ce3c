import { TapegradError } from '../core/errors.js';
import { REQUIRED, readOptions, requireArray, requireChoice, requireFunction, requireNumber, requireWhole, show } from '../core/options.js';
import { requireSetting } from './optimizer.js';

/*
 * Learning-rate schedules: names and options are those of `torch.optim.lr_scheduler`, in camelCase. A schedule sets the
 * optimiser's rates when it is made, and again with every `step()`, which is called once an epoch (or once a batch: the unit is yours).
 * Several may share an optimiser: their factors multiply, as PyTorch's do.
 */

/** What a schedule needs of an optimiser: groups whose rate can be set. Every optimiser here fits. */
export interface Scheduled {
  readonly groups: readonly { readonly settings: { lr: number } }[];
}

function requireThat(condition: boolean, schedule: string, rule: string, value: unknown): void {
  if (!condition) throw new TapegradError(`${schedule}: ${rule}, got ${show(value)}`);
}

function requirePositive(schedule: string, name: string, value: number): void {
  requireThat(Number.isFinite(value) && value > 0, schedule, `${name} must be a number above 0`, value);
}

/** What a schedule needs to go on. Of each group: the rate that it began with, and the one in force. */
export interface ScheduleState {
  steps: number;
  baseRates: readonly number[];
  rates: readonly number[];
}

/**
 * A schedule whose rate depends on nothing but the number of steps and the rate that each group began with. Where something else has
 * changed a rate since (another schedule, a plateau, `optimizer.lr = 0.01`), the schedule goes on from there in proportion; from a rate of
 * its own that is 0, as its formula says.
 */
export abstract class Schedule {
  private baseRates: readonly number[];
  private steps = 0;

  constructor(private readonly optimizer: Scheduled) {
    requireArray(this.constructor.name, 'the groups of the optimiser', optimizer?.groups);
    this.baseRates = optimizer.groups.map(({ settings }) => settings.lr);
  }

  /** The rate after `step` steps for a group that began with `base`. */
  abstract rateAt(step: number, base: number): number;

  /** Moves on by one step. */
  step(): void {
    this.optimizer.groups.forEach(({ settings }, i) => (settings.lr = this.rateAfter(settings.lr, this.baseRates[i])));
    this.steps++;
  }

  /** To continue from a checkpoint with `loadStateDict`. */
  stateDict(): ScheduleState {
    return { steps: this.steps, baseRates: [...this.baseRates], rates: this.optimizer.groups.map(({ settings }) => settings.lr) };
  }

  /**
   * Puts the rates back, and goes on from there. Of a state that holds `steps` alone, as older checkpoints do, the base rates are those
   * that this schedule was made with.
   */
  loadStateDict(state: Pick<ScheduleState, 'steps'> & Partial<ScheduleState>): void {
    const where = `${this.constructor.name}.loadStateDict`;
    const { groups } = this.optimizer;
    const requireRates = (name: string, values: readonly number[]) => {
      requireArray(where, name, values);
      requireThat(values.length === groups.length, where, `${name} must hold one rate for each of ${groups.length} groups`, values);
      values.forEach((value, i) => requireSetting(where, `${name}[${i}]`, value));
    };
    requireWhole(where, 'steps', state?.steps, 0);
    const { steps, baseRates = this.baseRates } = state;
    requireRates('baseRates', baseRates);
    const { rates = baseRates.map((base) => this.rateAt(steps, base)) } = state;
    requireRates('rates', rates);
    this.steps = steps;
    this.baseRates = [...baseRates];
    groups.forEach(({ settings }, i) => (settings.lr = rates[i]));
  }

  /** Sets the rates to begin with: the last thing that the constructor of a schedule does. */
  protected apply(): void {
    this.optimizer.groups.forEach(({ settings }, i) => (settings.lr = this.rateAt(this.steps, this.baseRates[i])));
  }

  /** The rate after one more step, where it is `rate` now. */
  private rateAfter(rate: number, base: number): number {
    const next = this.rateAt(this.steps + 1, base);
    if (rate === this.rateAt(this.steps, base)) return next;
    // Changed by something else. The proportions are those of any base; one of 0 has none.
    const [from, to] = [this.steps, this.steps + 1].map((step) => this.rateAt(step, base || 1));
    return from === 0 ? next : rate * (to / from);
  }
}

/** base gamma^floor(t / stepSize). */
export class StepLR extends Schedule {
  private readonly options: { stepSize: number; gamma: number };

  constructor(optimizer: Scheduled, options: { stepSize: number; gamma?: number }) {
    super(optimizer);
    this.options = readOptions('StepLR', options, { stepSize: REQUIRED, gamma: 0.1 });
    requireWhole('StepLR', 'stepSize', this.options.stepSize, 1);
    requireSetting('StepLR', 'gamma', this.options.gamma);
    this.apply();
  }

  rateAt(step: number, base: number): number {
    const { stepSize, gamma } = this.options;
    return base * gamma ** Math.floor(step / stepSize);
  }
}

/** base gamma^(number of milestones reached). */
export class MultiStepLR extends Schedule {
  private readonly options: { milestones: readonly number[]; gamma: number };

  constructor(optimizer: Scheduled, options: { milestones: readonly number[]; gamma?: number }) {
    super(optimizer);
    this.options = readOptions('MultiStepLR', options, { milestones: REQUIRED, gamma: 0.1 });
    const { milestones, gamma } = this.options;
    requireArray('MultiStepLR', 'milestones', milestones);
    milestones.forEach((milestone, i) => requireWhole('MultiStepLR', `milestones[${i}]`, milestone, 0));
    requireSetting('MultiStepLR', 'gamma', gamma);
    this.apply();
  }

  rateAt(step: number, base: number): number {
    const { milestones, gamma } = this.options;
    return base * gamma ** milestones.filter((milestone) => step >= milestone).length;
  }
}

/** base gamma^t. */
export class ExponentialLR extends Schedule {
  private readonly gamma: number;

  constructor(optimizer: Scheduled, options: { gamma: number }) {
    super(optimizer);
    ({ gamma: this.gamma } = readOptions('ExponentialLR', options, { gamma: REQUIRED }));
    requireSetting('ExponentialLR', 'gamma', this.gamma);
    this.apply();
  }

  rateAt(step: number, base: number): number {
    return base * this.gamma ** step;
  }
}

/** Half a cosine from base down to etaMin in tMax steps, and up again (Loshchilov and Hutter, arXiv 1608.03983). */
export class CosineAnnealingLR extends Schedule {
  private readonly options: { tMax: number; etaMin: number };

  constructor(optimizer: Scheduled, options: { tMax: number; etaMin?: number }) {
    super(optimizer);
    this.options = readOptions('CosineAnnealingLR', options, { tMax: REQUIRED, etaMin: 0 });
    requirePositive('CosineAnnealingLR', 'tMax', this.options.tMax);
    requireSetting('CosineAnnealingLR', 'etaMin', this.options.etaMin);
    this.apply();
  }

  rateAt(step: number, base: number): number {
    const { tMax, etaMin } = this.options;
    return etaMin + ((base - etaMin) * (1 + Math.cos((Math.PI * step) / tMax))) / 2;
  }
}

export interface LinearOptions {
  /** The share of the base rate to begin with. Default 1/3. */
  startFactor?: number;
  /** The share to end with. Default 1. */
  endFactor?: number;
  /** Steps from one to the other. Default 5. */
  totalIters?: number;
}

/** A straight line from startFactor to endFactor times base, then constant: a warm-up. */
export class LinearLR extends Schedule {
  private readonly options: Required<LinearOptions>;

  constructor(optimizer: Scheduled, options: LinearOptions = {}) {
    super(optimizer);
    this.options = readOptions('LinearLR', options, { startFactor: 1 / 3, endFactor: 1, totalIters: 5 });
    const { startFactor, endFactor, totalIters } = this.options;
    requireSetting('LinearLR', 'startFactor', startFactor);
    requireSetting('LinearLR', 'endFactor', endFactor);
    requirePositive('LinearLR', 'totalIters', totalIters);
    this.apply();
  }

  rateAt(step: number, base: number): number {
    const { startFactor, endFactor, totalIters } = this.options;
    return base * (startFactor + (endFactor - startFactor) * Math.min(step / totalIters, 1));
  }
}

export interface SequentialOptions {
  /** Made for the optimiser that they are given: `(o) => new LinearLR(o, { startFactor: 0.01, totalIters: 100 })`. */
  schedules: readonly ((optimizer: Scheduled) => Schedule)[];
  /** At each of these steps the next schedule begins, with its step 0: one less than there are schedules. */
  milestones: readonly number[];
}

/** One schedule after the other: a warm-up and then a decay, say. Each starts from the base rate. PyTorch's name: `SequentialLR`. */
export class SequentialLR extends Schedule {
  private readonly parts: readonly Schedule[];
  private readonly milestones: readonly number[];

  constructor(optimizer: Scheduled, options: SequentialOptions) {
    super(optimizer);
    const { schedules, milestones } = readOptions('SequentialLR', options, { schedules: REQUIRED, milestones: REQUIRED });
    requireArray('SequentialLR', 'schedules', schedules);
    requireArray('SequentialLR', 'milestones', milestones);
    requireThat(schedules.length === milestones.length + 1, 'SequentialLR', `${schedules.length} schedules take one milestone less`, milestones.length);
    const rise = milestones.every((at, i) => Number.isInteger(at) && at > (milestones[i - 1] ?? 0));
    requireThat(rise, 'SequentialLR', 'milestones must rise from 1', milestones);
    this.milestones = milestones;
    const copy = () => ({ groups: optimizer.groups.map(({ settings }) => ({ settings: { lr: settings.lr } })) });
    this.parts = schedules.map((make, i) => {
      requireFunction('SequentialLR', `schedules[${i}]`, make);
      const part = make(copy());
      requireThat(part instanceof Schedule, 'SequentialLR', `schedules[${i}] must return a schedule`, part);
      return part;
    });
    this.apply();
  }

  rateAt(step: number, base: number): number {
    const part = this.milestones.filter((milestone) => step >= milestone).length;
    return this.parts[part].rateAt(step - (this.milestones[part - 1] ?? 0), base);
  }
}

export interface OneCycleOptions {
  maxLr: number;
  totalSteps: number;
  /** The share of the steps that the rate rises for. Default 0.3. */
  pctStart?: number;
  /** Default `cos`. */
  annealStrategy?: 'cos' | 'linear';
  /** The rate begins at maxLr / divFactor, default 25, and ends at a finalDivFactor-th of that, default 10,000. */
  divFactor?: number;
  finalDivFactor?: number;
}

/** Up to maxLr, then down far below the start (Smith and Topin, arXiv 1708.07120). The base rate plays no part. */
export class OneCycleLR extends Schedule {
  private readonly options: Required<OneCycleOptions>;

  constructor(optimizer: Scheduled, options: OneCycleOptions) {
    super(optimizer);
    this.options = readOptions('OneCycleLR', options, {
      maxLr: REQUIRED, totalSteps: REQUIRED, pctStart: 0.3, annealStrategy: 'cos', divFactor: 25, finalDivFactor: 1e4,
    });
    const { maxLr, totalSteps, pctStart, annealStrategy, divFactor, finalDivFactor } = this.options;
    requirePositive('OneCycleLR', 'maxLr', maxLr);
    requireWhole('OneCycleLR', 'totalSteps', totalSteps, 2);
    requirePositive('OneCycleLR', 'pctStart', pctStart);
    requireThat(pctStart < 1, 'OneCycleLR', 'pctStart must be below 1', pctStart);
    requireChoice('OneCycleLR', 'annealStrategy', annealStrategy, ['cos', 'linear']);
    requirePositive('OneCycleLR', 'divFactor', divFactor);
    requirePositive('OneCycleLR', 'finalDivFactor', finalDivFactor);
    this.apply();
  }

  rateAt(step: number): number {
    const { maxLr, totalSteps, pctStart, annealStrategy, divFactor, finalDivFactor } = this.options;
    const first = maxLr / divFactor;
    const top = pctStart * totalSteps - 1; // from 0 down, the cycle begins at or past its top
    const [from, to, share] = step < top ? [first, maxLr, step / top] : [maxLr, first / finalDivFactor, (step - top) / (totalSteps - 1 - top)];
    const way = Math.min(share, 1);
    return annealStrategy === 'linear' ? from + (to - from) * way : to + ((from - to) * (1 + Math.cos(Math.PI * way))) / 2;
  }
}

export interface PlateauOptions {
  /** Is a smaller (default) or a larger metric better? */
  mode?: 'min' | 'max';
  /** The rate is multiplied by this. Default 0.1. */
  factor?: number;
  /** Steps without improvement that are borne. Default 10. */
  patience?: number;
  /** What counts as improvement: by this share of the best (`rel`, default), or by this much (`abs`). Default 1e-4. */
  threshold?: number;
  thresholdMode?: 'rel' | 'abs';
  /** Steps after a reduction in which bad ones are not counted. Default 0. */
  cooldown?: number;
  /** No rate falls below this. Default 0. */
  minLr?: number;
  /** A smaller change of the rate is not made. Default 1e-8. */
  eps?: number;
}

/** Lowers the rate when a metric has stopped improving. PyTorch's name: `ReduceLROnPlateau`. */
export class ReduceLROnPlateau {
  private best: number;
  private badSteps = 0;
  private coolingDown = 0;
  private readonly options: Required<PlateauOptions>;

  constructor(private readonly optimizer: Scheduled, options: PlateauOptions = {}) {
    requireArray('ReduceLROnPlateau', 'the groups of the optimiser', optimizer?.groups);
    this.options = readOptions('ReduceLROnPlateau', options, {
      mode: 'min', factor: 0.1, patience: 10, threshold: 1e-4, thresholdMode: 'rel', cooldown: 0, minLr: 0, eps: 1e-8,
    });
    requireChoice('ReduceLROnPlateau', 'mode', this.options.mode, ['min', 'max']);
    requireChoice('ReduceLROnPlateau', 'thresholdMode', this.options.thresholdMode, ['rel', 'abs']);
    const { factor, patience, cooldown, threshold, minLr, eps } = this.options;
    requireSetting('ReduceLROnPlateau', 'factor', factor, 1);
    requireWhole('ReduceLROnPlateau', 'patience', patience, 0);
    requireWhole('ReduceLROnPlateau', 'cooldown', cooldown, 0);
    for (const [name, value] of Object.entries({ threshold, minLr, eps })) requireSetting('ReduceLROnPlateau', name, value);
    this.best = this.options.mode === 'min' ? Infinity : -Infinity;
  }

  /** Takes the metric of one step (an epoch's validation loss, say). NaN is no improvement. */
  step(metric: number): void {
    requireThat(typeof metric === 'number', 'ReduceLROnPlateau.step', 'the metric must be a number', metric);
    const { patience, cooldown, factor, minLr, eps } = this.options;
    if (this.isBetter(metric)) {
      this.best = metric;
      this.badSteps = 0;
    } else {
      this.badSteps++;
    }
    if (this.coolingDown > 0) {
      this.coolingDown--;
      this.badSteps = 0;
    }
    if (this.badSteps <= patience) return;
    for (const { settings } of this.optimizer.groups) {
      const lower = Math.max(settings.lr * factor, minLr);
      if (settings.lr - lower > eps) settings.lr = lower;
    }
    this.coolingDown = cooldown;
    this.badSteps = 0;
  }

  stateDict(): { best: number; badSteps: number; coolingDown: number } {
    const { best, badSteps, coolingDown } = this;
    return { best, badSteps, coolingDown };
  }

  loadStateDict(state: { best: number; badSteps: number; coolingDown: number }): void {
    const where = 'ReduceLROnPlateau.loadStateDict';
    requireNumber(where, 'best', state?.best);
    const { best, badSteps, coolingDown } = state;
    requireWhole(where, 'badSteps', badSteps, 0);
    requireWhole(where, 'coolingDown', coolingDown, 0);
    Object.assign(this, { best, badSteps, coolingDown });
  }

  private isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === 'min' ? -1 : 1;
    if (thresholdMode === 'abs') return sign * (metric - this.best) > threshold;
    const margin = Number.isFinite(this.best) ? threshold * this.best : 0;
    return mode === 'min' ? metric < this.best - margin : metric > this.best + margin;
  }
}
