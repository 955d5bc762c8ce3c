import type { CpuOperand } from '../../core/op.js';
import { sigmoid } from '../unary/functions.js';

/**
 * Calls `visit` for each unit: its place in [rows, units], that of its gate r in [rows, 3 * units] (z and n follow `units` apart), and
 * r, z, n after their activations.
 */
function forEachUnit(
  inputGates: CpuOperand, hiddenGates: CpuOperand, [rows, units]: readonly number[],
  visit: (at: number, atR: number, r: number, z: number, n: number) => void,
): void {
  const [x, a] = [inputGates.data, hiddenGates.data];
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) {
      const atR = row * 3 * units + unit;
      const [atZ, atN] = [atR + units, atR + 2 * units];
      const r = sigmoid(x[atR] + a[atR]);
      visit(row * units + unit, atR, r, sigmoid(x[atZ] + a[atZ]), Math.tanh(x[atN] + r * a[atN]));
    }
  }
}

export function gruCellCpu([inputGates, hiddenGates, h]: readonly CpuOperand[], [hNext]: readonly CpuOperand[]): void {
  forEachUnit(inputGates, hiddenGates, h.shape, (at, _atR, _r, z, n) => {
    hNext.data[at] = (1 - z) * n + z * h.data[at];
  });
}

export function gruCellGradCpu(
  [gradH, inputGates, hiddenGates, h]: readonly CpuOperand[],
  [gradInputGates, gradHiddenGates, gradState]: readonly CpuOperand[],
): void {
  const units = h.shape[1];
  forEachUnit(inputGates, hiddenGates, h.shape, (at, atR, r, z, n) => {
    const [atZ, atN] = [atR + units, atR + 2 * units];
    const dh = gradH.data[at];
    const dn = dh * (1 - z) * (1 - n ** 2);
    gradInputGates.data[atN] = dn;
    gradHiddenGates.data[atN] = dn * r;
    gradInputGates.data[atR] = gradHiddenGates.data[atR] = dn * hiddenGates.data[atN] * r * (1 - r);
    gradInputGates.data[atZ] = gradHiddenGates.data[atZ] = dh * (h.data[at] - n) * z * (1 - z);
    gradState.data[at] = dh * z;
  });
}
