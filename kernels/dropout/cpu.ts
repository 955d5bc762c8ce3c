import type { CpuOperand } from '../../core/op.js';
import { uniformFromBits } from '../../core/random.js';
import { type StreamStart, eachBlock } from '../random/stream.js';

/** out[i] = x[i] / (1 - p), but 0 with probability p */
export function dropoutCpu(
  [x]: readonly CpuOperand[], [out]: readonly CpuOperand[], { p, ...start }: StreamStart & { p: number },
): void {
  const scale = 1 / (1 - p);
  eachBlock(out.data.length, start, (words, first) => {
    for (let i = 0; i < 4; i++) out.data[first + i] = uniformFromBits(words[i]) < p ? 0 : x.data[first + i] * scale;
  });
}
