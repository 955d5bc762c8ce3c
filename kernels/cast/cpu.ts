import type { CpuOperand } from '../../core/op.js';

const MAX_INT32 = 2 ** 31 - 1;
const MIN_INT32 = -(2 ** 31);

/** out[i] = x[i] in out's type: to int32 by cutting the fraction off and saturating, NaN to 0. */
export function castCpu([x]: readonly CpuOperand[], [out]: readonly CpuOperand[]): void {
  if (out.data instanceof Int32Array) {
    for (let i = 0; i < out.data.length; i++) out.data[i] = Math.min(Math.max(x.data[i], MIN_INT32), MAX_INT32);
  } else {
    out.data.set(x.data);
  }
}
