import type { TypedArray } from '../../core/dtype.js';
import type { CpuOperand } from '../../core/op.js';
import { type NormalizeLayout, valuesOfGroup } from './layout.js';

/** Calls `visit` with the place in x of every value of one group, and with its channel. */
function visitGroup(layout: NormalizeLayout, group: number, visit: (place: number, channel: number) => void): void {
  const { blocks, groups, inner, channels, step } = layout;
  for (let block = 0; block < blocks; block++) {
    const start = (block * groups + group) * inner;
    for (let place = start; place < start + inner; place++) visit(place, Math.floor(place / step) % channels);
  }
}

/** Mean and biased variance of one group, in two passes, so that nothing cancels; 0 for no values. */
function momentsOf(x: TypedArray, layout: NormalizeLayout, group: number): { mean: number; variance: number } {
  const count = Math.max(valuesOfGroup(layout), 1);
  let sum = 0;
  visitGroup(layout, group, (place) => (sum += x[place]));
  const mean = sum / count;
  let squares = 0;
  visitGroup(layout, group, (place) => (squares += (x[place] - mean) ** 2));
  return { mean, variance: squares / count };
}

/** What a normalisation of values with these statistics, weight and bias gives, group by group. */
export function normalizeGroup(
  [x, weight, bias]: readonly CpuOperand[], out: CpuOperand, layout: NormalizeLayout, group: number,
  mean: number, variance: number, eps: number,
): void {
  const inverseStd = 1 / Math.sqrt(variance + eps);
  visitGroup(layout, group, (place, channel) => {
    const normalized = (x.data[place] - mean) * inverseStd;
    out.data[place] = normalized * (weight ? weight.data[channel] : 1) + (bias ? bias.data[channel] : 0);
  });
}

/** Outputs: out and, where asked for, mean and variance of each group. */
export function normalizeCpu(
  inputs: readonly CpuOperand[], [out, means, variances]: readonly CpuOperand[], layout: NormalizeLayout, eps: number,
): void {
  for (let group = 0; group < layout.groups; group++) {
    const { mean, variance } = momentsOf(inputs[0].data, layout, group);
    normalizeGroup(inputs, out, layout, group, mean, variance, eps);
    if (means) means.data[group] = mean;
    if (variances) variances.data[group] = variance;
  }
}

/**
 * With h = (x - mean) / std and g = gradient * weight, averages taken over the group:
 *   gradInput = (g - average(g) - h * average(g h)) / std,
 * and by channel, gradWeight = sum of gradient * h, gradBias = sum of gradient.
 */
export function normalizeGradCpu(
  [gradient, x, weight]: readonly CpuOperand[], [gradInput, gradWeight, gradBias]: readonly CpuOperand[],
  layout: NormalizeLayout, eps: number,
): void {
  const count = Math.max(valuesOfGroup(layout), 1);
  const weightSums = new Float64Array(gradWeight.data.length);
  const biasSums = new Float64Array(gradBias.data.length);
  for (let group = 0; group < layout.groups; group++) {
    const { mean, variance } = momentsOf(x.data, layout, group);
    const inverseStd = 1 / Math.sqrt(variance + eps);
    const normalized = (place: number) => (x.data[place] - mean) * inverseStd;
    const weighted = (place: number, channel: number) => gradient.data[place] * (weight ? weight.data[channel] : 1);
    let sum = 0;
    let products = 0;
    visitGroup(layout, group, (place, channel) => {
      sum += weighted(place, channel);
      products += weighted(place, channel) * normalized(place);
    });
    visitGroup(layout, group, (place, channel) => {
      gradInput.data[place] = inverseStd * (weighted(place, channel) - sum / count - normalized(place) * (products / count));
      if (!weight) return;
      weightSums[channel] += gradient.data[place] * normalized(place);
      biasSums[channel] += gradient.data[place];
    });
  }
  gradWeight.data.set(weightSums);
  gradBias.data.set(biasSums);
}
