import type { CpuOperand } from '../../core/op.js';
import { uniformFromBits } from '../../core/random.js';
import { type StreamStart, eachBlock } from './stream.js';

type NoInputs = readonly CpuOperand[];

/*
 * One word an element, in the order of the elements. The last block may have words to spare: a typed array ignores
 * what is written past its end.
 */

/** out[i] = uniform(word i) */
export function randCpu(_inputs: NoInputs, [{ data }]: readonly CpuOperand[], start: StreamStart): void {
  eachBlock(data.length, start, (words, first) => {
    for (let i = 0; i < 4; i++) data[first + i] = uniformFromBits(words[i]);
  });
}

/** Box and Muller 1958: two uniforms u, v give sqrt(-2 log(1 - u)) times the cosine and the sine of 2 pi v. */
export function randnCpu(_inputs: NoInputs, [{ data }]: readonly CpuOperand[], start: StreamStart): void {
  eachBlock(data.length, start, (words, first) => {
    for (let i = 0; i < 4; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - uniformFromBits(words[i])));
      const angle = 2 * Math.PI * uniformFromBits(words[i + 1]);
      data[first + i] = radius * Math.cos(angle);
      data[first + i + 1] = radius * Math.sin(angle);
    }
  });
}

/** out[i] = low + word i mod (high - low) */
export function randIntCpu(
  _inputs: NoInputs, [{ data }]: readonly CpuOperand[], { low, high, ...start }: StreamStart & { low: number; high: number },
): void {
  eachBlock(data.length, start, (words, first) => {
    for (let i = 0; i < 4; i++) data[first + i] = low + (words[i] % (high - low));
  });
}
