import { TapegradError } from '../core/errors.js';
import { REQUIRED, readOptions, requireChoice } from '../core/options.js';

/*
 * Learning-rate schedules: names and options are those of `torch.optim.lr_scheduler`, in camelCase. A schedule sets the
 * optimiser's rates when it is made, and again with every `step()`, which is called once an epoch (or once a batch: the unit is yours).
 */

/** What a schedule needs of an optimiser: groups whose rate can be set. Every optimiser here fits. */
export interface Scheduled {
  readonly groups: readonly { readonly settings: { lr: number } }[];
}

function requireThat(condition: boolean, schedule: string, rule: string, value: unknown): void {
  if (!condition) throw new TapegradError(`${schedule}: ${rule}, got ${value}`);
}

/** A schedule whose rate depends on nothing but the number of steps and the rate that each group began with. */
export abstract class Schedule {
  private readonly baseRates: readonly number[];
  private steps = 0;

  constructor(private readonly optimizer: Scheduled) {
    this.baseRates = optimizer.groups.map(({ settings }) => settings.lr);
  }

  /** The rate after `step` steps for a group that began with `base`. */
  abstract rateAt(step: number, base: number): number;

  /** Moves on by one step. */
  step(): void {
    this.steps++;
    this.apply();
  }

  /** Steps taken, to continue from a checkpoint with `loadStateDict`. */
  stateDict(): { steps: number } {
    return { steps: this.steps };
  }

  /** The next `step()` goes on from here. The rate now is the optimiser's own state: another schedule may have changed it since. */
  loadStateDict({ steps }: { steps: number }): void {
    this.steps = steps;
  }

  protected apply(): void {
    this.optimizer.groups.forEach(({ settings }, i) => (settings.lr = this.rateAt(this.steps, this.baseRates[i])));
  }
}

/** base gamma^floor(t / stepSize). */
export class StepLR extends Schedule {
  private readonly options: { stepSize: number; gamma: number };

  constructor(optimizer: Scheduled, options: { stepSize: number; gamma?: number }) {
    super(optimizer);
    this.options = readOptions('StepLR', options, { stepSize: REQUIRED, gamma: 0.1 });
    requireThat(Number.isInteger(options.stepSize) && options.stepSize > 0, 'StepLR', 'stepSize must be a whole number from 1', options.stepSize);
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
    requireThat(options.tMax > 0, 'CosineAnnealingLR', 'tMax must be above 0', options.tMax);
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
    requireThat(schedules.length === milestones.length + 1, 'SequentialLR', `${schedules.length} schedules take one milestone less`, milestones.length);
    requireThat(milestones.every((at, i) => at > (milestones[i - 1] ?? 0)), 'SequentialLR', 'milestones must rise from 1', milestones);
    this.milestones = milestones;
    const copy = () => ({ groups: optimizer.groups.map(({ settings }) => ({ settings: { lr: settings.lr } })) });
    this.parts = schedules.map((make) => make(copy()));
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
    const { totalSteps, pctStart, annealStrategy } = this.options;
    requireChoice('OneCycleLR', 'annealStrategy', annealStrategy, ['cos', 'linear']);
    requireThat(Number.isInteger(totalSteps) && totalSteps > 1, 'OneCycleLR', 'totalSteps must be a whole number from 2', totalSteps);
    requireThat(pctStart > 0 && pctStart < 1, 'OneCycleLR', 'pctStart must lie between 0 and 1', pctStart);
    this.apply();
  }

  rateAt(step: number): number {
    const { maxLr, totalSteps, pctStart, annealStrategy, divFactor, finalDivFactor } = this.options;
    const first = maxLr / divFactor;
    const top = pctStart * totalSteps - 1;
    const [from, to, share] = step <= top ? [first, maxLr, step / top] : [maxLr, first / finalDivFactor, (step - top) / (totalSteps - 1 - top)];
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
    this.options = readOptions('ReduceLROnPlateau', options, {
      mode: 'min', factor: 0.1, patience: 10, threshold: 1e-4, thresholdMode: 'rel', cooldown: 0, minLr: 0, eps: 1e-8,
    });
    requireChoice('ReduceLROnPlateau', 'mode', this.options.mode, ['min', 'max']);
    requireChoice('ReduceLROnPlateau', 'thresholdMode', this.options.thresholdMode, ['rel', 'abs']);
    requireThat(this.options.factor < 1, 'ReduceLROnPlateau', 'factor must be below 1', this.options.factor);
    this.best = this.options.mode === 'min' ? Infinity : -Infinity;
  }

  /** Takes the metric of one step (an epoch's validation loss, say). */
  step(metric: number): void {
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

  loadStateDict({ best, badSteps, coolingDown }: { best: number; badSteps: number; coolingDown: number }): void {
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
