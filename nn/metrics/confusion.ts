import type { HostArray } from '../../core/batch.js';
import { TapegradError } from '../../core/errors.js';
import { REQUIRED, readOptions, requireChoice, requireWhole } from '../../core/options.js';
import { requireClass } from './classification.js';
import { CLASS_DEFAULTS, type ClassOptions, forEachTarget, predictedClasses } from './classes.js';
import { Metric } from './metric.js';

export interface ConfusionOptions extends ClassOptions {
  /** How many classes there are. */
  classes: number;
}

const CONFUSION_DEFAULTS = { classes: REQUIRED, ...CLASS_DEFAULTS };

/** Counts by class wanted (row) and class predicted (column); `sums` holds them row by row. */
abstract class Confusion<Value> extends Metric<Value> {
  readonly classes: number;

  constructor(private readonly options: Required<ConfusionOptions>) {
    requireWhole(new.target.name, 'classes', options.classes, 2);
    super(options.classes ** 2);
    this.classes = options.classes;
  }

  update(output: HostArray, target: HostArray): void {
    const { name } = this.constructor;
    const predicted = predictedClasses(name, output, target, this.options);
    forEachTarget(name, target, this.options.ignoreIndex, (label, t) => {
      requireClass(name, label, this.classes);
      requireClass(name, predicted[t], this.classes);
      this.sums[label * this.classes + predicted[t]]++;
    });
  }

  /** Of one class: predicted rightly, wanted, and predicted. */
  protected countsOf(label: number): Counts {
    const counts = { right: this.sums[label * (this.classes + 1)], wanted: 0, predicted: 0 };
    for (let other = 0; other < this.classes; other++) {
      counts.wanted += this.sums[label * this.classes + other];
      counts.predicted += this.sums[other * this.classes + label];
    }
    return counts;
  }
}

interface Counts {
  right: number;
  wanted: number;
  predicted: number;
}

/** How often each class (row) was taken for each class (column). */
export class ConfusionMatrix extends Confusion<number[][]> {
  constructor(options: ConfusionOptions) {
    super(readOptions('ConfusionMatrix', options, CONFUSION_DEFAULTS));
  }

  compute(): number[][] {
    return Array.from({ length: this.classes }, (_, row) => [...this.sums.subarray(row * this.classes, (row + 1) * this.classes)]);
  }
}

/**
 * How the figures of single classes become one: their mean (`macro`, default), that of all decisions together (`micro`), or
 * that of class 1 (`binary`). As in scikit-learn.
 */
export type Average = 'macro' | 'micro' | 'binary';

export interface AverageOptions extends ConfusionOptions {
  average?: Average;
}

abstract class AveragedFigure extends Confusion<number> {
  private readonly average: Average;

  constructor(options: AverageOptions) {
    const { average, ...own } = readOptions(new.target.name, options, { average: 'macro', ...CONFUSION_DEFAULTS });
    super(own);
    requireChoice(new.target.name, 'average', average, ['macro', 'micro', 'binary']);
    if (average === 'binary' && own.classes !== 2) {
      throw new TapegradError(`${new.target.name}: average 'binary' takes 2 classes, got ${own.classes}`);
    }
    this.average = average;
  }

  protected abstract figure(counts: Counts): number;

  /** The figure of each class; 0 where nothing was wanted or predicted. */
  perClass(): number[] {
    return Array.from({ length: this.classes }, (_, label) => this.figure(this.countsOf(label)));
  }

  compute(): number {
    if (this.average === 'binary') return this.perClass()[1];
    if (this.average === 'macro') return this.perClass().reduce((total, figure) => total + figure, 0) / this.classes;
    const all = Array.from({ length: this.classes }, (_, label) => this.countsOf(label));
    const sumOf = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0);
    return this.figure({ right: sumOf('right'), wanted: sumOf('wanted'), predicted: sumOf('predicted') });
  }
}

/** a / b, and 0 for 0 / 0. */
const share = (a: number, b: number) => (b === 0 ? 0 : a / b);

/** Of what was predicted as a class, the share that was of it. */
export class Precision extends AveragedFigure {
  protected figure({ right, predicted }: Counts): number {
    return share(right, predicted);
  }
}

/** Of what is of a class, the share that was predicted as it. */
export class Recall extends AveragedFigure {
  protected figure({ right, wanted }: Counts): number {
    return share(right, wanted);
  }
}

/** The harmonic mean of precision and recall. */
export class F1Score extends AveragedFigure {
  protected figure({ right, wanted, predicted }: Counts): number {
    return share(2 * right, wanted + predicted);
  }
}
