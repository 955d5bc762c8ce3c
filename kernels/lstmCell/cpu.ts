import type { CpuOperand } from '../../core/op.js';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Calls `visit` for each unit: its place in [rows, units], and its gates i, f, g, o after their activations. */
function forEachUnit(
  inputGates: CpuOperand, hiddenGates: CpuOperand, [rows, units]: readonly number[],
  visit: (place: number, places: readonly number[], gates: readonly number[]) => void,
): void {
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) {
      const places = [0, 1, 2, 3].map((gate) => (row * 4 + gate) * units + unit);
      const [i, f, g, o] = places.map((place) => inputGates.data[place] + hiddenGates.data[place]);
      visit(row * units + unit, places, [sigmoid(i), sigmoid(f), Math.tanh(g), sigmoid(o)]);
    }
  }
}

export function lstmCellCpu([inputGates, hiddenGates, c]: readonly CpuOperand[], [hNext, cNext]: readonly CpuOperand[]): void {
  forEachUnit(inputGates, hiddenGates, c.shape, (at, _places, [i, f, g, o]) => {
    const cell = f * c.data[at] + i * g;
    cNext.data[at] = cell;
    hNext.data[at] = o * Math.tanh(cell);
  });
}

export function lstmCellGradCpu(
  [gradH, gradC, inputGates, hiddenGates, c]: readonly CpuOperand[], [gradGates, gradCell]: readonly CpuOperand[],
): void {
  forEachUnit(inputGates, hiddenGates, c.shape, (at, [atI, atF, atG, atO], [i, f, g, o]) => {
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
