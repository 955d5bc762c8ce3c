import type { HostArray } from '../../core/batch.js';
import { ShapeError, TapegradError } from '../../core/errors.js';
import { REQUIRED, readOptions, requireWhole } from '../../core/options.js';
import { CLASS_DEFAULTS, type ClassOptions, firstScore, forEachTarget, predictedClasses, scoreLayout } from './classes.js';
import { Metric } from './metric.js';

/** The share of targets whose class was predicted. Outputs as `ClassOptions` says; NaN without targets. */
export class Accuracy extends Metric {
  private readonly options: Required<ClassOptions>;

  constructor(options: ClassOptions = {}) {
    super(2);
    this.options = readOptions('Accuracy', options, CLASS_DEFAULTS);
  }

  update(output: HostArray, target: HostArray): void {
    const predicted = predictedClasses('Accuracy', output, target, this.options);
    forEachTarget('Accuracy', target, this.options.ignoreIndex, (label, t) => {
      this.sums[0] += predicted[t] === label ? 1 : 0;
      this.sums[1]++;
    });
  }

  compute(): number {
    return this.sums[0] / this.sums[1];
  }
}

/** The share of targets among the `k` largest of their scores [n, classes, ...]; equal scores count as larger. */
export class TopKAccuracy extends Metric {
  private readonly options: { k: number; ignoreIndex: number };

  constructor(options: { k: number; ignoreIndex?: number }) {
    super(2);
    this.options = readOptions('TopKAccuracy', options, { k: REQUIRED, ignoreIndex: CLASS_DEFAULTS.ignoreIndex });
    requireWhole('TopKAccuracy', 'k', this.options.k, 1);
  }

  update(output: HostArray, target: HostArray): void {
    const layout = scoreLayout(output, target);
    if (!layout) {
      throw new ShapeError(`TopKAccuracy: output [${output.shape}] must be scores [n, classes, ...] for target [${target.shape}]`);
    }
    const { k, ignoreIndex } = this.options;
    forEachTarget('TopKAccuracy', target, ignoreIndex, (label, t) => {
      requireClass('TopKAccuracy', label, layout.classes);
      const first = firstScore(t, layout);
      const own = output.data[first + label * layout.inner];
      let ahead = 0;
      for (let c = 0; c < layout.classes; c++) if (c !== label && !(output.data[first + c * layout.inner] < own)) ahead++;
      this.sums[0] += ahead < k ? 1 : 0;
      this.sums[1]++;
    });
  }

  compute(): number {
    return this.sums[0] / this.sums[1];
  }
}

/** exp of the mean negative log-likelihood of the targets, from logits [n, classes, ...]: how many classes the model wavers between. */
export class Perplexity extends Metric {
  private readonly ignoreIndex: number;

  constructor(options: { ignoreIndex?: number } = {}) {
    super(2);
    ({ ignoreIndex: this.ignoreIndex } = readOptions('Perplexity', options, { ignoreIndex: CLASS_DEFAULTS.ignoreIndex }));
  }

  update(output: HostArray, target: HostArray): void {
    const layout = scoreLayout(output, target);
    if (!layout) throw new ShapeError(`Perplexity: output [${output.shape}] must be logits [n, classes, ...] for target [${target.shape}]`);
    forEachTarget('Perplexity', target, this.ignoreIndex, (label, t) => {
      requireClass('Perplexity', label, layout.classes);
      const first = firstScore(t, layout);
      const logit = (c: number) => output.data[first + c * layout.inner];
      let top = -Infinity;
      for (let c = 0; c < layout.classes; c++) top = Math.max(top, logit(c));
      let total = 0;
      for (let c = 0; c < layout.classes; c++) total += Math.exp(logit(c) - top);
      this.sums[0] += top + Math.log(total) - logit(label);
      this.sums[1]++;
    });
  }

  compute(): number {
    return Math.exp(this.sums[0] / this.sums[1]);
  }
}

export function requireClass(metric: string, label: number, classes: number): void {
  if (label < 0 || label >= classes) throw new TapegradError(`${metric}: class ${label} is not below the ${classes} classes there are`);
}
