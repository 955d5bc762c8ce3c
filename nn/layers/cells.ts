import { ShapeError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions } from '../../core/options.js';
import { sameShape } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { zeros } from '../../kernels/fill/op.js';
import { gruCell } from '../../kernels/gruCell/op.js';
import { lstmCell } from '../../kernels/lstmCell/op.js';
import { linear, matmul } from '../../kernels/matmul/op.js';
import { uniform } from '../init.js';
import { Module, parameter } from '../module.js';
import { FACTORY, type FactoryOptions, requireCounts } from './options.js';

/* One step of each kind of recurrent network, and the layers that take one step. */

/** The state of an LSTM: what it says and what it remembers. */
export type LSTMState = [h: Tensor, c: Tensor];

/** One kind of cell. Its state is a list of tensors [batch, hidden], h first. */
export interface CellKind {
  /** Pre-activations a unit. */
  readonly gates: number;
  /** Tensors a state. */
  readonly states: number;
  /** The bias of the hidden product enters a gate by itself, so it cannot be added to the input's once for all steps. */
  readonly needsHiddenBias: boolean;
  /** The next state from the products [batch, gates * hidden] and the state. */
  step(inputGates: Tensor, hiddenGates: Tensor, state: readonly Tensor[]): Tensor[];
}

export type RNNNonlinearity = 'tanh' | 'relu';

export const rnnKind = (nonlinearity: RNNNonlinearity): CellKind => ({
  gates: 1, states: 1, needsHiddenBias: false, step: (inputGates, hiddenGates) => [inputGates.add(hiddenGates)[nonlinearity]()],
});
export const lstmKind: CellKind = { gates: 4, states: 2, needsHiddenBias: false, step: (inputGates, hiddenGates, [, c]) => lstmCell(inputGates, hiddenGates, c) };
export const gruKind: CellKind = { gates: 3, states: 1, needsHiddenBias: true, step: (inputGates, hiddenGates, [h]) => [gruCell(inputGates, hiddenGates, h)] };

/** What one direction of one layer learns. */
export interface CellWeights {
  /** [gates * hidden, inputs] */
  readonly weightIh: Tensor;
  /** [gates * hidden, hidden] */
  readonly weightHh: Tensor;
  /** [gates * hidden], like biasHh. */
  readonly biasIh: Tensor | null;
  readonly biasHh: Tensor | null;
}

/** Weights and biases as they start: uniform within 1 / sqrt(hiddenSize). */
export function initialWeights({ gates }: CellKind, inputSize: number, hiddenSize: number, bias: boolean, factory: FactoryOptions): CellWeights {
  const bound = 1 / Math.sqrt(hiddenSize);
  const make = (...shape: number[]) => parameter(uniform(shape, -bound, bound, factory));
  const rows = gates * hiddenSize;
  return {
    weightIh: make(rows, inputSize),
    weightHh: make(rows, hiddenSize),
    biasIh: bias ? make(rows) : null,
    biasHh: bias ? make(rows) : null,
  };
}

/** The products of x [.., inputs] with the weights, for any number of steps at once, with every bias that may be added here. */
export function inputProducts({ needsHiddenBias }: CellKind, { weightIh, biasIh, biasHh }: CellWeights, x: Tensor): Tensor {
  if (needsHiddenBias || !biasIh || !biasHh) return linear(x, weightIh, biasIh);
  return scope(() => linear(x, weightIh, biasIh.add(biasHh)));
}

/** One step of one layer. */
export function takeStep(kind: CellKind, { weightHh, biasHh }: CellWeights, inputGates: Tensor, state: readonly Tensor[]): Tensor[] {
  const [h] = state;
  const hiddenGates = kind.needsHiddenBias ? linear(h, weightHh, biasHh) : matmul(h, weightHh, { transposeB: true });
  return kind.step(inputGates, hiddenGates, state);
}

/** A state of zeros that fits x. */
export function zeroState({ states }: CellKind, batch: number, hiddenSize: number, { dtype, device }: Tensor): Tensor[] {
  return Array.from({ length: states }, () => zeros([batch, hiddenSize], { dtype, device }));
}

export interface CellOptions extends FactoryOptions {
  /** Learn a bias for the input and one for the state; default true. */
  bias?: boolean;
}

/** Base of the layers that take one step. A state is a tensor, or a list of them where there are several. */
abstract class Cell<State extends Tensor | LSTMState> extends Module<[x: Tensor, state?: State | null], State> {
  /** [gates * hiddenSize, inputSize] */
  weight_ih: Tensor;
  /** [gates * hiddenSize, hiddenSize] */
  weight_hh: Tensor;
  /** [gates * hiddenSize], like bias_hh. */
  bias_ih: Tensor | null;
  bias_hh: Tensor | null;

  constructor(private readonly kind: CellKind, readonly inputSize: number, readonly hiddenSize: number, options: CellOptions) {
    super();
    requireCounts(this.constructor.name, { inputSize, hiddenSize });
    const { bias, ...factory } = readOptions(this.constructor.name, options, { bias: true, ...FACTORY });
    const weights = initialWeights(kind, inputSize, hiddenSize, bias, factory);
    this.weight_ih = weights.weightIh;
    this.weight_hh = weights.weightHh;
    this.bias_ih = weights.biasIh;
    this.bias_hh = weights.biasHh;
  }

  protected next(x: Tensor, given: readonly Tensor[] | null): Tensor[] {
    const { kind, inputSize, hiddenSize, weight_ih: weightIh, weight_hh: weightHh, bias_ih: biasIh, bias_hh: biasHh } = this;
    const name = this.constructor.name;
    if (x.rank !== 2 || x.shape[1] !== inputSize) throw new ShapeError(`${name}: x [${x.shape}] must be [batch, ${inputSize}]`);
    const [batch] = x.shape;
    for (const { shape } of given ?? []) {
      if (!sameShape(shape, [batch, hiddenSize])) throw new ShapeError(`${name}: the state [${shape}] must be [${batch},${hiddenSize}]`);
    }
    return scope(() => {
      const weights = { weightIh, weightHh, biasIh, biasHh };
      return takeStep(kind, weights, inputProducts(kind, weights, x), given ?? zeroState(kind, batch, hiddenSize, x));
    });
  }
}

/**
 * h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu: x [batch, inputSize] and h [batch, hiddenSize] (default zeros) to h'.
 * PyTorch's name: `nn.RNNCell`.
 */
export class RNNCell extends Cell<Tensor> {
  constructor(inputSize: number, hiddenSize: number, { nonlinearity = 'tanh', ...options }: CellOptions & { nonlinearity?: RNNNonlinearity } = {}) {
    super(rnnKind(nonlinearity), inputSize, hiddenSize, options);
  }

  forward(x: Tensor, h: Tensor | null = null): Tensor {
    return this.next(x, h && [h])[0];
  }
}

/**
 * One step of a long short-term memory, see `lstmCell`: x [batch, inputSize] and [h, c] [batch, hiddenSize] (default zeros) to
 * [h', c']. Weights in the order i, f, g, o. PyTorch's name: `nn.LSTMCell`.
 */
export class LSTMCell extends Cell<LSTMState> {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(lstmKind, inputSize, hiddenSize, options);
  }

  forward(x: Tensor, state: LSTMState | null = null): LSTMState {
    const [h, c] = this.next(x, state);
    return [h, c];
  }
}

/**
 * One step of a gated recurrent unit, see `gruCell`: x [batch, inputSize] and h [batch, hiddenSize] (default zeros) to h'.
 * Weights in the order r, z, n. PyTorch's name: `nn.GRUCell`.
 */
export class GRUCell extends Cell<Tensor> {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = {}) {
    super(gruKind, inputSize, hiddenSize, options);
  }

  forward(x: Tensor, h: Tensor | null = null): Tensor {
    return this.next(x, h && [h])[0];
  }
}
