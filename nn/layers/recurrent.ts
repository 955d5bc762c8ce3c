import { ShapeError, TapegradError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions } from '../../core/options.js';
import { type Tensor, requireTensor, tensor } from '../../core/tensor.js';
import { concat } from '../../kernels/concat/op.js';
import { dropout } from '../../kernels/dropout/op.js';
import { permute } from '../../kernels/permute/op.js';
import { stack, unbind } from '../../kernels/stack/op.js';
import { where } from '../../kernels/where/op.js';
import { Module } from '../module.js';
import {
  type CellKind, type CellWeights, type LSTMState, type RNNOptions, gruKind, initialWeights, inputProducts, lstmKind, readRnn, readState,
  takeStep, zeroState,
} from './cells.js';
import { FACTORY, type FactoryOptions, requireCounts } from './options.js';

export interface RecurrentOptions extends FactoryOptions {
  /** Layers one on top of the other; default 1. */
  numLayers?: number;
  /** Learn a bias for the input and one for the state; default true. */
  bias?: boolean;
  /** Sequences are [batch, time, features] instead of [time, batch, features], states as ever; default false. */
  batchFirst?: boolean;
  /** In training, the chance of each value on its way from one layer to the next to become 0; default 0. */
  dropout?: number;
  /** Read each sequence backwards as well, with weights of its own; default false. */
  bidirectional?: boolean;
}

export interface SequenceOptions {
  /**
   * How many steps of each sequence count, where they are unequal. Past its end a sequence's state stays as it is, its outputs
   * are 0, and what x holds there, be it NaN, has no influence; backwards it is read from its own end. In PyTorch: packed sequences.
   */
  lengths?: ArrayLike<number>;
}

/** Which sequences last at each step. */
interface Ends {
  /** int32 [time, batch, 1] */
  readonly mask: Tensor;
  /** For each step int32 [batch, 1], or null where every sequence lasts. */
  readonly steps: readonly (Tensor | null)[];
}

/** Null if no sequence ends early. Throws unless there is a length up to `time` for each of `batch` sequences. */
function endsOf(layer: string, lengths: ArrayLike<number>, time: number, batch: number, x: Tensor): Ends | null {
  const list = Array.from(lengths);
  if (list.length !== batch || list.some((length) => !Number.isInteger(length) || length < 0 || length > time)) {
    throw new ShapeError(`${layer}: lengths [${list}] must be ${batch} whole numbers from 0 to ${time}, one for each sequence of x [${x.shape}]`);
  }
  const shortest = Math.min(time, ...list);
  if (shortest === time) return null;
  const values = Int32Array.from({ length: time * batch }, (_, i) => (Math.floor(i / batch) < list[i % batch] ? 1 : 0));
  const mask = tensor(values, [time, batch, 1], { device: x.device });
  return { mask, steps: unbind(mask).map((step, t) => (t < shortest ? null : step)) };
}

/** One direction of one layer over x [time, batch, features]: outputs [time, batch, hidden] and the last state. */
function runThrough(
  kind: CellKind, weights: CellWeights, x: Tensor, first: readonly Tensor[], backwards: boolean, ends: Ends | null,
): { output: Tensor; state: readonly Tensor[] } {
  const gates = unbind(inputProducts(kind, weights, x));
  const outputs = new Array<Tensor>(gates.length);
  let state = first;
  for (let step = 0; step < gates.length; step++) {
    const t = backwards ? gates.length - 1 - step : step;
    state = scope(() => {
      const next = takeStep(kind, weights, gates[t], state);
      const lasts = ends?.steps[t];
      return lasts ? next.map((value, i) => where(lasts, value, state[i])) : next;
    });
    outputs[t] = state[0];
  }
  const output = stack(outputs);
  return { output: ends ? where(ends.mask, output, 0) : output, state };
}

/**
 * Base of the recurrent layers. Parameters carry PyTorch's names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0` for
 * the first layer, `_l1` for the next, and `_reverse` after it for the direction backwards.
 */
abstract class Recurrent<State extends Tensor | LSTMState>
  extends Module<[x: Tensor, state?: State | null, options?: SequenceOptions], [output: Tensor, state: State]> {
  /** [gates * hiddenSize, inputs of the layer], and [gates * hiddenSize, hiddenSize]. */
  [weight: `weight_${string}`]: Tensor;
  /** [gates * hiddenSize] */
  [bias: `bias_${string}`]: Tensor;
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  private readonly hasBias: boolean;

  constructor(private readonly kind: CellKind, readonly inputSize: number, readonly hiddenSize: number, options: RecurrentOptions) {
    super();
    const defaults = { numLayers: 1, bias: true, batchFirst: false, dropout: 0, bidirectional: false, ...FACTORY };
    const { numLayers, bias, batchFirst, dropout, bidirectional, ...factory } = readOptions(this.constructor.name, options, defaults);
    requireCounts(this.constructor.name, { inputSize, hiddenSize, numLayers });
    if (!(dropout >= 0 && dropout < 1)) {
      throw new TapegradError(`${this.constructor.name}: dropout must be at least 0 and below 1, got ${dropout}`);
    }
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.dropout = dropout;
    this.bidirectional = bidirectional;
    this.hasBias = bias;
    for (let layer = 0; layer < numLayers; layer++) {
      const inputs = layer === 0 ? inputSize : hiddenSize * this.suffixes.length;
      for (const suffix of this.suffixes) {
        const weights = initialWeights(kind, inputs, hiddenSize, bias, factory);
        for (const [name, t] of Object.entries(weights)) if (t) Object.assign(this, { [`${name}_l${layer}${suffix}`]: t });
      }
    }
  }

  /**
   * x [time, batch, inputSize] (or [batch, time, inputSize], see `batchFirst`) to the last layer's h of every step,
   * [time, batch, directions * hiddenSize], and the last state of every layer and direction, [numLayers * directions, batch,
   * hiddenSize], layer by layer. `state`, the first one, has that shape too; default zeros.
   */
  forward(x: Tensor, state: State | null = null, options: SequenceOptions = {}): [output: Tensor, state: State] {
    const name = this.constructor.name;
    const { lengths } = readOptions(name, options, { lengths: undefined });
    requireTensor(name, 'x', x);
    const axes = this.batchFirst ? ['batch', 'time'] : ['time', 'batch'];
    if (x.rank !== 3 || x.shape[2] !== this.inputSize || x.shape[axes.indexOf('time')] === 0) {
      throw new ShapeError(`${name}: x [${x.shape}] must be [${axes.join(', ')}, ${this.inputSize}] with at least one step`);
    }
    return scope(() => {
      const [output, last] = this.run(this.batchFirst ? swapped(x) : x, state, lengths);
      return [this.batchFirst ? swapped(output) : output, last];
    });
  }

  private run(x: Tensor, given: State | null, lengths: ArrayLike<number> | undefined): [Tensor, State] {
    const [time, batch] = x.shape;
    const ends = lengths ? endsOf(this.constructor.name, lengths, time, batch, x) : null;
    const first = this.firstStates(x, given);
    const last: (readonly Tensor[])[] = [];
    let values = ends ? where(ends.mask, x, 0) : x;
    for (let layer = 0; layer < this.numLayers; layer++) {
      if (layer > 0) values = dropout(values, { p: this.dropout, training: this.training });
      const directions = this.suffixes.map((suffix) => {
        const weights = this.weightsOf(`l${layer}${suffix}`);
        const { output, state } = runThrough(this.kind, weights, values, first[last.length], suffix !== '', ends);
        last.push(state);
        return output;
      });
      values = directions.length === 1 ? directions[0] : concat(directions, { axis: -1 });
    }
    const states = Array.from({ length: this.kind.states }, (_, i) => stack(last.map((state) => state[i])));
    return [values, (states.length === 1 ? states[0] : states) as State];
  }

  /** What each direction of each layer starts from. */
  private firstStates(x: Tensor, given: Tensor | LSTMState | null): readonly (readonly Tensor[])[] {
    const [, batch] = x.shape;
    const count = this.numLayers * this.suffixes.length;
    if (!given) {
      const zeros = zeroState(this.kind, batch, this.hiddenSize, x);
      return Array<readonly Tensor[]>(count).fill(zeros);
    }
    const states = readState(this.constructor.name, this.kind, given, [count, batch, this.hiddenSize]);
    const parts = states.map((state) => unbind(state));
    return Array.from({ length: count }, (_, i) => parts.map((part) => part[i]));
  }

  private weightsOf(suffix: string): CellWeights {
    return {
      weight_ih: this[`weight_ih_${suffix}`],
      weight_hh: this[`weight_hh_${suffix}`],
      bias_ih: this.hasBias ? this[`bias_ih_${suffix}`] : null,
      bias_hh: this.hasBias ? this[`bias_hh_${suffix}`] : null,
    };
  }

  /** What the names of each direction's weights end with. */
  private get suffixes(): readonly string[] {
    return this.bidirectional ? ['', '_reverse'] : [''];
  }
}

/** [time, batch, ..] to [batch, time, ..], and back. */
function swapped(x: Tensor): Tensor {
  return permute(x, [1, 0, 2]);
}

/**
 * h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu, step after step; gives [output, hn]. See `forward` for the shapes.
 * PyTorch's name: `nn.RNN`.
 */
export class RNN extends Recurrent<Tensor> {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions & RNNOptions = {}) {
    const { kind, rest } = readRnn('RNN', options);
    super(kind, inputSize, hiddenSize, rest);
  }
}

/**
 * Long short-term memory, see `lstmCell`; gives [output, [hn, cn]], and takes [h0, c0]. See `forward` for the shapes.
 *
 *     const lstm = new LSTM(8, 16, { numLayers: 2, batchFirst: true });
 *     const [output, [hn, cn]] = lstm.call(x, null, { lengths: [12, 7, 9] }); // x [3, 12, 8], output [3, 12, 16], hn [2, 3, 16]
 *
 * Weights in the order i, f, g, o. PyTorch's name: `nn.LSTM`.
 */
export class LSTM extends Recurrent<LSTMState> {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(lstmKind, inputSize, hiddenSize, options);
  }
}

/**
 * Gated recurrent unit, see `gruCell`; gives [output, hn]. Weights in the order r, z, n. See `forward` for the shapes.
 * PyTorch's name: `nn.GRU`.
 */
export class GRU extends Recurrent<Tensor> {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = {}) {
    super(gruKind, inputSize, hiddenSize, options);
  }
}
