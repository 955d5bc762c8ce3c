import { TapegradError } from './errors.js';
import { requireOptions, requireWhole } from './options.js';

/**
 * Counter-based random numbers: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * Word i of a stream is a pure function of (seed, i), so CPU and GPU draw the same bits in any order.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

/** The upper 32 bits of a 32 x 32 bit product. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const low = aLow * bLow;
  const middle = aHigh * bLow + (low >>> 16);
  const cross = aLow * bHigh + (middle & 0xffff);
  // middle can exceed 32 bits, so its upper half is taken by division, not by a shift.
  return (aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(cross / 65536)) >>> 0;
}

/** Four random 32-bit words for one 128-bit counter (given by its low 64 bits) under a 64-bit key; written to `out`. */
export function philox4x32(
  counterLow: number, counterHigh: number, keyLow: number, keyHigh: number, out: Uint32Array,
): void {
  let c0 = counterLow >>> 0;
  let c1 = counterHigh >>> 0;
  let c2 = 0;
  let c3 = 0;
  let k0 = keyLow >>> 0;
  let k1 = keyHigh >>> 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0) >>> 0;
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + WEYL_0) >>> 0;
    k1 = (k1 + WEYL_1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** The top 24 bits as a number in [0, 1): exact in float32, and the same in WGSL. */
export function uniformFromBits(bits: number): number {
  return (bits >>> 8) * 2 ** -24;
}

/**
 * The numbers of streams under a seed. One seed may serve weights, data sets and loaders at once: each draws words of its own. Those
 * that draw anew each epoch have EPOCH_STREAMS of them, from the number here on.
 */
export const STREAMS = {
  /** Each epoch: the order of a `SequenceLoader`. */
  sequenceOrder: 0x0a000000,
  split: 0x0b000000,
  folds: 0x0b100000,
  /** The global generator: `rand`, `randn`, `dropout`, initial weights. */
  tensors: 0x0c000000,
  sines: 0x0c100000,
  copyTask: 0x0c200000,
  points: 0x0c300000,
  blobCentres: 0x0c300001,
  trainDigits: 0x0d000000,
  testDigits: 0x0d000001,
  /** Each epoch: the order of a `DataLoader`, and its transforms. */
  batchOrder: 0x0e000000,
  transforms: 0x0f000000,
} as const;

export const EPOCH_STREAMS = 2 ** 24;

/** A seeded host-side stream: shuffles, synthetic data, initial values of the checks. */
export class Philox {
  private counter = 0;
  private readonly words = new Uint32Array(4);

  /** `stream` separates independent sequences under one seed (epochs, workers). */
  constructor(private readonly seed: number, private readonly stream = 0) {}

  /** A random unsigned 32-bit integer. */
  uint32(): number {
    const lane = this.counter & 3;
    if (lane === 0) {
      const block = this.counter / 4;
      philox4x32(block % 2 ** 32, Math.floor(block / 2 ** 32), this.seed, this.stream, this.words);
    }
    this.counter++;
    return this.words[lane];
  }

  /** Uniform in [0, 1), a multiple of 2^-24. */
  uniform(): number {
    return uniformFromBits(this.uint32());
  }

  /** Standard normal (Box and Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** A whole number in 0 .. n-1, for n up to 2^32; unbiased (values past the last whole multiple of n are drawn again). */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new TapegradError(`Philox.below: n must be a whole number from 1 to 2^32, got ${n}`);
    }
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const bits = this.uint32();
      if (bits < limit) return bits % n;
    }
  }

  /** Fisher-Yates, in place. */
  shuffle<T extends { length: number; [index: number]: unknown }>(array: T): T {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = array[i];
      array[i] = array[j];
      array[j] = kept;
    }
    return array;
  }
}

/** State of the global generator that `rand`, `randn` and `dropout` draw from; part of a checkpoint. */
export interface RandomState {
  seed: number;
  /** Blocks of four words already handed out. */
  offset: number;
}

const global: RandomState = { seed: 0, offset: 0 };

/** Seeds the global generator with a whole number below 2^32. PyTorch's name: `manual_seed`. */
export function manualSeed(seed: number): void {
  requireWhole('manualSeed', 'seed', seed, 0, 2 ** 32 - 1);
  global.seed = seed;
  global.offset = 0;
}

export function getRandomState(): RandomState {
  return { ...global };
}

/** Goes on from a state that `getRandomState()` gave. */
export function setRandomState(state: RandomState): void {
  requireOptions('setRandomState', state);
  requireWhole('setRandomState', 'seed', state.seed, 0, 2 ** 32 - 1);
  requireWhole('setRandomState', 'offset', state.offset, 0);
  global.seed = state.seed;
  global.offset = state.offset;
}

/** Takes the words for `count` values. */
export function reserveRandom(count: number): void {
  global.offset += Math.ceil(count / 4);
}
