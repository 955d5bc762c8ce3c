import type { Batch, BatchSource } from '../core/batch.js';
import { TapegradError } from '../core/errors.js';
import { REQUIRED, readOptions, requireNumber, requireWhole } from '../core/options.js';
import { EPOCH_STREAMS, Philox, STREAMS } from '../core/random.js';

/* Sequences of unequal length: padding, and batches of neighbours in length. Also generated ones. */

/** Sequences side by side, [count, longest], row-major, filled up with `padding`. */
export interface PaddedSequences {
  readonly data: Int32Array;
  readonly shape: readonly [number, number];
  /** Length of each before it was filled up. */
  readonly lengths: Int32Array;
}

/** Fills sequences up to the longest of them, or to `length`, cutting longer ones off at the end. PyTorch's name: `pad_sequence`. */
export function padSequences(sequences: readonly ArrayLike<number>[], options: { padding?: number; length?: number } = {}): PaddedSequences {
  const { padding, length } = readOptions('padSequences', options, { padding: 0, length: undefined });
  if (length !== undefined) requireWhole('padSequences', 'length', length, 0);
  const width = length ?? sequences.reduce((longest, sequence) => Math.max(longest, sequence.length), 0);
  const data = new Int32Array(sequences.length * width).fill(padding);
  const lengths = Int32Array.from(sequences, (sequence, i) => {
    const kept = Math.min(sequence.length, width);
    for (let j = 0; j < kept; j++) data[i * width + j] = sequence[j];
    return kept;
  });
  return { data, shape: [sequences.length, width], lengths };
}

export interface SequenceLoaderOptions {
  batchSize: number;
  /** Draw a new order each epoch. Default false. */
  shuffle?: boolean;
  /** Default 0. */
  seed?: number;
  /** Number that fills up. Default 0. */
  padding?: number;
  /** Longer sequences are cut off at the end. Default: none is. */
  maxLength?: number;
}

/** Batches are cut from runs of this many batches' worth of examples, sorted by length: little padding, yet a new mix each epoch. */
const BATCHES_A_RUN = 20;

/**
 * Batches of classified sequences, those of about one length together ("bucketing"): inputs [batch, longest] and lengths [batch],
 * targets [batch], all int32. What an epoch holds depends on nothing but the seed and its number.
 */
export class SequenceLoader implements BatchSource {
  private readonly options: SequenceLoaderOptions & { shuffle: boolean; seed: number };

  constructor(private readonly sequences: readonly ArrayLike<number>[], private readonly labels: ArrayLike<number>, options: SequenceLoaderOptions) {
    this.options = readOptions('SequenceLoader', options, { batchSize: REQUIRED, shuffle: false, seed: 0, padding: 0, maxLength: undefined });
    const { batchSize, maxLength } = this.options;
    requireWhole('SequenceLoader', 'batchSize', batchSize, 1);
    if (maxLength !== undefined) requireWhole('SequenceLoader', 'maxLength', maxLength, 1);
    if (sequences.length !== labels.length) {
      throw new TapegradError(`SequenceLoader: ${sequences.length} sequences and ${labels.length} labels`);
    }
    const empty = sequences.findIndex((sequence) => sequence.length === 0);
    if (empty >= 0) throw new TapegradError(`SequenceLoader: sequence ${empty} is empty; leave it out`);
  }

  get length(): number {
    return this.sequences.length;
  }

  get batchCount(): number {
    return Math.ceil(this.length / this.options.batchSize);
  }

  *batches(epoch: number, start = 0): Generator<Batch & { readonly indices: Int32Array }> {
    requireWhole('SequenceLoader.batches', 'epoch', epoch, 0, EPOCH_STREAMS - 1);
    requireWhole('SequenceLoader.batches', 'start', start, 0);
    for (const indices of this.groups(epoch).slice(start)) {
      const { data, shape, lengths } = padSequences(Array.from(indices, (i) => this.sequences[i]), {
        padding: this.options.padding, length: this.longest(indices),
      });
      const targets = Int32Array.from(indices, (i) => this.labels[i]);
      yield { inputs: [{ data, shape }, { data: lengths, shape: [indices.length] }], targets: [{ data: targets, shape: [indices.length] }], indices };
    }
  }

  private longest(indices: Int32Array): number {
    return Math.min(this.options.maxLength ?? Infinity, Math.max(...Array.from(indices, (i) => this.sequences[i].length)));
  }

  private groups(epoch: number): Int32Array[] {
    const { batchSize, shuffle, seed } = this.options;
    const random = new Philox(seed, STREAMS.sequenceOrder + epoch);
    const order = Int32Array.from({ length: this.length }, (_, i) => i);
    if (!shuffle) return cut(order, batchSize);
    random.shuffle(order);
    // The last batch stays last: a short one in the middle would shift what `start` counts.
    const groups = cut(order, batchSize * BATCHES_A_RUN).flatMap((run) =>
      cut(run.sort((a, b) => this.sequences[a].length - this.sequences[b].length || a - b), batchSize));
    const [full, short] = [groups.filter((group) => group.length === batchSize), groups.filter((group) => group.length < batchSize)];
    return [...random.shuffle(full), ...short];
  }
}

function cut(indices: Int32Array, size: number): Int32Array[] {
  return Array.from({ length: Math.ceil(indices.length / size) }, (_, i) => indices.subarray(i * size, (i + 1) * size));
}

/** `count` sine waves of random frequency, phase and noise, [count, length], row-major: something to forecast. */
export function sines(count: number, length: number, options: { noise?: number; seed?: number } = {}): Float32Array {
  const { noise, seed } = readOptions('sines', options, { noise: 0.05, seed: 0 });
  requireWhole('sines', 'count', count, 0);
  requireWhole('sines', 'length', length, 0);
  requireNumber('sines', 'noise', noise);
  const random = new Philox(seed, STREAMS.sines);
  const values = new Float32Array(count * length);
  for (let i = 0; i < count; i++) {
    const period = 10 + 30 * random.uniform();
    const phase = 2 * Math.PI * random.uniform();
    for (let t = 0; t < length; t++) values[i * length + t] = Math.sin((2 * Math.PI * t) / period + phase) + noise * random.normal();
  }
  return values;
}

/**
 * The copy task (Hochreiter and Schmidhuber 1997; Graves et al. 2014): `symbols` random numbers from 2, then `delay` blanks (0), then
 * a go sign (1) and blanks; the target repeats the symbols from the go sign on. Both [count, 2 symbols + delay + 1], int32.
 */
export function copyTask(count: number, options: { symbols?: number; alphabet?: number; delay?: number; seed?: number } = {}): {
  inputs: Int32Array; targets: Int32Array; shape: readonly [number, number];
} {
  const { symbols, alphabet, delay, seed } = readOptions('copyTask', options, { symbols: 8, alphabet: 8, delay: 10, seed: 0 });
  requireWhole('copyTask', 'count', count, 0);
  requireWhole('copyTask', 'symbols', symbols, 1);
  requireWhole('copyTask', 'alphabet', alphabet, 1);
  requireWhole('copyTask', 'delay', delay, 0);
  const random = new Philox(seed, STREAMS.copyTask);
  const length = 2 * symbols + delay + 1;
  const inputs = new Int32Array(count * length);
  const targets = new Int32Array(count * length);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < symbols; j++) {
      const symbol = 2 + random.below(alphabet);
      inputs[i * length + j] = symbol;
      targets[(i + 1) * length - symbols + j] = symbol;
    }
    inputs[i * length + symbols + delay] = 1;
  }
  return { inputs, targets, shape: [count, length] };
}
