import type { HostArray } from '../../core/batch.js';
import { ShapeError } from '../../core/errors.js';
import { Metric } from './metric.js';

function requireSameSize(metric: string, output: HostArray, target: HostArray): void {
  if (output.data.length !== target.data.length) {
    throw new ShapeError(`${metric}: output [${output.shape}] and target [${target.shape}] must have as many values`);
  }
}

abstract class MeanError extends Metric {
  constructor() {
    super(2);
  }

  protected abstract error(difference: number): number;

  update(output: HostArray, target: HostArray): void {
    requireSameSize(this.constructor.name, output, target);
    for (let i = 0; i < target.data.length; i++) this.sums[0] += this.error(output.data[i] - target.data[i]);
    this.sums[1] += target.data.length;
  }

  compute(): number {
    return this.sums[0] / this.sums[1];
  }
}

/** The mean of |output - target|, in the targets' unit. */
export class MeanAbsoluteError extends MeanError {
  protected error(difference: number): number {
    return Math.abs(difference);
  }
}

/** The mean of (output - target)^2, in the square of the targets' unit. */
export class MeanSquaredError extends MeanError {
  protected error(difference: number): number {
    return difference ** 2;
  }
}

/**
 * 1 - sum of (target - output)^2 / sum of (target - mean target)^2: 1 is perfect, 0 no better than the mean, over all values
 * of all outputs; not finite where all targets are equal. The variance is summed without cancellation (Welford 1962).
 */
export class R2Score extends Metric {
  constructor() {
    super(4); // targets, their mean, their squared distances from it, squared errors
  }

  update(output: HostArray, target: HostArray): void {
    requireSameSize('R2Score', output, target);
    const { sums } = this;
    for (let i = 0; i < target.data.length; i++) {
      const value = target.data[i];
      sums[0]++;
      const before = value - sums[1];
      sums[1] += before / sums[0];
      sums[2] += before * (value - sums[1]);
      sums[3] += (value - output.data[i]) ** 2;
    }
  }

  compute(): number {
    return 1 - this.sums[3] / this.sums[2];
  }
}
