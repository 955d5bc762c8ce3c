import type { CpuOperand } from '../../core/op.js';
import { checkIndex } from '../indexing.js';
import { rowStart } from '../rows.js';
import { type CrossEntropyAttrs, samplesOf } from './layout.js';

/** What one sample contributes: where its scores lie, their softmax in logarithms, and the weight of each class. */
interface SampleTerms {
  start: number;
  logProbability: (c: number) => number;
  /** The target distribution times the classes' weights. */
  share: (c: number) => number;
}

function forEachSample(
  op: string, [logits, target, weight]: readonly CpuOperand[], { ignoreIndex, labelSmoothing }: CrossEntropyAttrs,
  visit: (i: number, terms: SampleTerms | null) => void,
): void {
  const { samples, classes, inner } = samplesOf(logits.shape);
  for (let i = 0; i < samples; i++) {
    const label = target.data[i];
    if (label === ignoreIndex) {
      visit(i, null);
      continue;
    }
    checkIndex(op, label, classes);
    const start = rowStart(i, { length: classes, inner });
    let largest = -Infinity;
    for (let c = 0; c < classes; c++) largest = Math.max(largest, logits.data[start + c * inner]);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(logits.data[start + c * inner] - largest);
    const logSum = Math.log(sum);
    visit(i, {
      start,
      logProbability: (c) => logits.data[start + c * inner] - largest - logSum,
      share(c) {
        const share = (c === label ? 1 - labelSmoothing : 0) + labelSmoothing / classes;
        return share === 0 || !weight ? share : share * weight.data[c];
      },
    });
  }
}

/** out[i] = -(sum over c of share[c] log p[c]) */
export function crossEntropyLossesCpu(inputs: readonly CpuOperand[], [out]: readonly CpuOperand[], attrs: CrossEntropyAttrs): void {
  const { classes } = samplesOf(inputs[0].shape);
  forEachSample('crossEntropy', inputs, attrs, (i, terms) => {
    let loss = 0;
    // A class without a share may have the score -Infinity, and 0 times that is NaN.
    for (let c = 0; terms && c < classes; c++) if (terms.share(c) !== 0) loss -= terms.share(c) * terms.logProbability(c);
    out.data[i] = loss;
  });
}

/** out[c] = gradient[i] (p[c] (sum of all shares) - share[c]) */
export function crossEntropyGradCpu(
  [gradient, logits, target, weight]: readonly CpuOperand[], [out]: readonly CpuOperand[], attrs: CrossEntropyAttrs,
): void {
  const { classes, inner } = samplesOf(logits.shape);
  out.data.fill(0);
  forEachSample('crossEntropyGrad', weight ? [logits, target, weight] : [logits, target], attrs, (i, terms) => {
    if (!terms) return;
    let total = 0;
    for (let c = 0; c < classes; c++) total += terms.share(c);
    for (let c = 0; c < classes; c++) {
      const probability = Math.exp(terms.logProbability(c));
      out.data[terms.start + c * inner] = gradient.data[i] * (probability * total - terms.share(c));
    }
  });
}
