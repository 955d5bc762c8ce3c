import { ShapeError, TapegradError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions, requireChoice, requireOptions, show } from '../../core/options.js';
import { type Shape, sameShape } from '../../core/shape.js';
import { Tensor, requireTensor } from '../../core/tensor.js';
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

export interface RNNOptions {
  /** Default tanh. */
  nonlinearity?: RNNNonlinearity;
}

/** The kind that an RNN's options ask for, and the rest of them. */
export function readRnn<Options extends RNNOptions>(layer: string, options: Options): { kind: CellKind; rest: Omit<Options, 'nonlinearity'> } {
  requireOptions(layer, options);
  const { nonlinearity = 'tanh', ...rest } = options;
  requireChoice(layer, 'nonlinearity', nonlinearity, ['tanh', 'relu']);
  const step: CellKind['step'] = (inputGates, hiddenGates) => [inputGates.add(hiddenGates)[nonlinearity]()];
  return { kind: { gates: 1, states: 1, needsHiddenBias: false, step }, rest };
}

export const lstmKind: CellKind = { gates: 4, states: 2, needsHiddenBias: false, step: (inputGates, hiddenGates, [, c]) => lstmCell(inputGates, hiddenGates, c) };
export const gruKind: CellKind = { gates: 3, states: 1, needsHiddenBias: true, step: (inputGates, hiddenGates, [h]) => [gruCell(inputGates, hiddenGates, h)] };

/** What one direction of one layer learns, under PyTorch's names. */
export interface CellWeights {
  /** [gates * hidden, inputs] */
  readonly weight_ih: Tensor;
  /** [gates * hidden, hidden] */
  readonly weight_hh: Tensor;
  /** [gates * hidden], like bias_hh. */
  readonly bias_ih: Tensor | null;
  readonly bias_hh: Tensor | null;
}

/** Weights and biases as they start: uniform within 1 / sqrt(hiddenSize). */
export function initialWeights({ gates }: CellKind, inputSize: number, hiddenSize: number, bias: boolean, factory: FactoryOptions): CellWeights {
  const bound = 1 / Math.sqrt(hiddenSize);
  const make = (...shape: number[]) => parameter(uniform(shape, -bound, bound, factory));
  const rows = gates * hiddenSize;
  return {
    weight_ih: make(rows, inputSize),
    weight_hh: make(rows, hiddenSize),
    bias_ih: bias ? make(rows) : null,
    bias_hh: bias ? make(rows) : null,
  };
}

/** The products of x [.., inputs] with the weights, for any number of steps at once, with every bias that may be added here. */
export function inputProducts({ needsHiddenBias }: CellKind, { weight_ih, bias_ih, bias_hh }: CellWeights, x: Tensor): Tensor {
  if (needsHiddenBias || !bias_ih || !bias_hh) return linear(x, weight_ih, bias_ih);
  return scope(() => linear(x, weight_ih, bias_ih.add(bias_hh)));
}

/** One step of one layer. */
export function takeStep(kind: CellKind, { weight_hh, bias_hh }: CellWeights, inputGates: Tensor, state: readonly Tensor[]): Tensor[] {
  const [h] = state;
  const hiddenGates = kind.needsHiddenBias ? linear(h, weight_hh, bias_hh) : matmul(h, weight_hh, { transposeB: true });
  return kind.step(inputGates, hiddenGates, state);
}

/** A state of zeros that fits x. */
export function zeroState({ states }: CellKind, batch: number, hiddenSize: number, { dtype, device }: Tensor): Tensor[] {
  return Array.from({ length: states }, () => zeros([batch, hiddenSize], { dtype, device }));
}

/** The tensors of a state that was given: one, or a list of as many as the kind has. Throws unless each is of `shape`. */
export function readState(layer: string, { states }: CellKind, given: unknown, shape: Shape): readonly Tensor[] {
  const list: unknown = states === 1 ? [given] : given;
  if (!Array.isArray(list) || list.length !== states || !list.every((t): t is Tensor => t instanceof Tensor)) {
    throw new TapegradError(`${layer}: the state must be ${states === 1 ? 'a tensor' : 'two tensors [h, c]'}, got ${show(given)}`);
  }
  const odd = list.find((t) => !sameShape(t.shape, shape));
  if (odd) throw new ShapeError(`${layer}: the state [${odd.shape}] must be [${shape}]`);
  return list;
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
    ({ weight_ih: this.weight_ih, weight_hh: this.weight_hh, bias_ih: this.bias_ih, bias_hh: this.bias_hh } = weights);
  }

  /** The tensors of the next state. */
  protected next(x: Tensor, state: State | null): Tensor[] {
    const { kind, inputSize, hiddenSize } = this;
    const name = this.constructor.name;
    requireTensor(name, 'x', x);
    if (x.rank !== 2 || x.shape[1] !== inputSize) throw new ShapeError(`${name}: x [${x.shape}] must be [batch, ${inputSize}]`);
    const [batch] = x.shape;
    const given = state && readState(name, kind, state, [batch, hiddenSize]);
    return scope(() => takeStep(kind, this, inputProducts(kind, this, x), given ?? zeroState(kind, batch, hiddenSize, x)));
  }
}

/**
 * h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu: x [batch, inputSize] and h [batch, hiddenSize] (default zeros) to h'.
 * PyTorch's name: `nn.RNNCell`.
 */
export class RNNCell extends Cell<Tensor> {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions & RNNOptions = {}) {
    const { kind, rest } = readRnn('RNNCell', options);
    super(kind, inputSize, hiddenSize, rest);
  }

  forward(x: Tensor, h: Tensor | null = null): Tensor {
    return this.next(x, h)[0];
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
    return this.next(x, h)[0];
  }
}
