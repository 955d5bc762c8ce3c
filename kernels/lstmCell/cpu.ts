import type { CpuOperand } from '../../core/op.js';
import { sigmoid } from '../unary/functions.js';

/**
 * Calls `visit` for each unit: its place in [rows, units], that of its gate i in [rows, 4 * units] (f, g and o follow `units` apart),
 * and its gates after their activations.
 */
function forEachUnit(
  inputGates: CpuOperand, hiddenGates: CpuOperand, [rows, units]: readonly number[],
  visit: (at: number, atI: number, i: number, f: number, g: number, o: number) => void,
): void {
  const [x, a] = [inputGates.data, hiddenGates.data];
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) {
      const atI = row * 4 * units + unit;
      const gate = (k: number) => x[atI + k * units] + a[atI + k * units];
      visit(row * units + unit, atI, sigmoid(gate(0)), sigmoid(gate(1)), Math.tanh(gate(2)), sigmoid(gate(3)));
    }
  }
}

export function lstmCellCpu([inputGates, hiddenGates, c]: readonly CpuOperand[], [hNext, cNext]: readonly CpuOperand[]): void {
  forEachUnit(inputGates, hiddenGates, c.shape, (at, _atI, i, f, g, o) => {
    const cell = f * c.data[at] + i * g;
    cNext.data[at] = cell;
    hNext.data[at] = o * Math.tanh(cell);
  });
}

export function lstmCellGradCpu(
  [gradH, gradC, inputGates, hiddenGates, c]: readonly CpuOperand[], [gradGates, gradCell]: readonly CpuOperand[],
): void {
  const units = c.shape[1];
  forEachUnit(inputGates, hiddenGates, c.shape, (at, atI, i, f, g, o) => {
    const [atF, atG, atO] = [atI + units, atI + 2 * units, atI + 3 * units];
    const bent = Math.tanh(f * c.data[at] + i * g);
    const dh = gradH.data[at];
    const dc = gradC.data[at] + dh * o * (1 - bent ** 2);
    gradGates.data[atI] = dc * g * i * (1 - i);
    gradGates.data[atF] = dc * c.data[at] * f * (1 - f);
    gradGates.data[atG] = dc * i * (1 - g ** 2);
    gradGates.data[atO] = dh * bent * o * (1 - o);
    gradCell.data[at] = dc * f;
  });
}
