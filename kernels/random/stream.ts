import { ShapeError } from '../../core/errors.js';
import { STREAMS, getRandomState, philox4x32 } from '../../core/random.js';
import type { KernelPlan } from '../../core/webgpu/kernel.js';
import { flatWalk } from '../runs.js';
import randomWgsl from './random.wgsl';

/** Where the words of one call begin. Plain data: whoever has it can draw the same words again. */
export interface StreamStart {
  /** The two words of Philox's key. */
  readonly key: readonly [number, number];
  /** Number of the first block of four words. */
  readonly counter: number;
}

/**
 * Where the next words of the global generator (`manualSeed`) begin; leaves it there. Whoever has drawn them takes them with
 * `reserveRandom`: last, so that a call that throws does not move the generator.
 */
export function nextStream(): StreamStart {
  const { seed, offset } = getRandomState();
  return { key: [seed, STREAMS.tensors], counter: offset };
}

export function checkStream(op: string, { key, counter }: StreamStart): void {
  const isWord = (word: number) => Number.isInteger(word) && word >= 0 && word < 2 ** 32;
  if (key.length !== 2 || !key.every(isWord) || !Number.isSafeInteger(counter) || counter < 0) {
    throw new ShapeError(`${op}: key [${key}] must be two 32-bit words and counter ${counter} a whole number from 0`);
  }
}

/** The counter of a block as 64 bits, low word first. */
function counterWords(block: number): [number, number] {
  return [block % 2 ** 32, Math.floor(block / 2 ** 32)];
}

/** CPU: calls `visit` with each block of four words, and the number of the element that takes the first of them. */
export function eachBlock(length: number, { key, counter }: StreamStart, visit: (words: Uint32Array, first: number) => void): void {
  const words = new Uint32Array(4);
  for (let first = 0; first < length; first += 4) {
    const [low, high] = counterWords(counter + first / 4);
    philox4x32(low, high, key[0], key[1], words);
    visit(words, first);
  }
}

/** What only some of the entry points of random.wgsl read. */
interface Settings {
  low?: number;
  span?: number;
  threshold?: number;
  scale?: number;
}

/** WebGPU: one entry point of random.wgsl over `size` elements. */
export function planRandom(
  entryPoint: string, size: number, { key, counter }: StreamStart, variant: string | undefined, settings: Settings = {},
): KernelPlan {
  const { params, ...walk } = flatWalk(size, variant);
  const stream = { key, counter: counterWords(counter), low: 0, span: 1, threshold: 0, scale: 1, ...settings };
  return { launches: [{ module: randomWgsl, entryPoint, ...walk, params: { ...params, ...stream } }] };
}
