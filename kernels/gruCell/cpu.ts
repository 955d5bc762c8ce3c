import type { CpuOperand } from '../../core/op.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Calls `visit` for each unit: its place in [rows, units], those of its gates, and r, z, n after their activations. */
function forEachUnit(
  inputGates: CpuOperand, hiddenGates: CpuOperand, [rows, units]: readonly number[],
  visit: (place: number, places: readonly number[], gates: readonly number[]) => void,
): void {
  const [x, a] = [inputGates.data, hiddenGates.data];
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) {
      const [atR, atZ, atN] = [0, 1, 2].map((gate) => (row * 3 + gate) * units + unit);
      const r = sigmoid(x[atR] + a[atR]);
      const z = sigmoid(x[atZ] + a[atZ]);
      visit(row * units + unit, [atR, atZ, atN], [r, z, Math.tanh(x[atN] + r * a[atN])]);
    }
  }
}

export function gruCellCpu([inputGates, hiddenGates, h]: readonly CpuOperand[], [hNext]: readonly CpuOperand[]): void {
  forEachUnit(inputGates, hiddenGates, h.shape, (at, _places, [, z, n]) => {
    hNext.data[at] = (1 - z) * n + z * h.data[at];
  });
}

export function gruCellGradCpu(
  [gradH, inputGates, hiddenGates, h]: readonly CpuOperand[],
  [gradInputGates, gradHiddenGates, gradState]: readonly CpuOperand[],
): void {
  forEachUnit(inputGates, hiddenGates, h.shape, (at, [atR, atZ, atN], [r, z, n]) => {
    const dh = gradH.data[at];
    const dn = dh * (1 - z) * (1 - n ** 2);
    gradInputGates.data[atN] = dn;
    gradHiddenGates.data[atN] = dn * r;
    gradInputGates.data[atR] = gradHiddenGates.data[atR] = dn * hiddenGates.data[atN] * r * (1 - r);
    gradInputGates.data[atZ] = gradHiddenGates.data[atZ] = dh * (h.data[at] - n) * z * (1 - z);
    gradState.data[at] = dh * z;
  });
}
