import { linear, matmul as product } from '../../index.js';
import type { OracleFamily } from './types.js';

export const matmul: OracleFamily = {
  matmul: ({ a, b }, { transpose_a, transpose_b }) => product(a, b, { transposeA: transpose_a, transposeB: transpose_b }),
  linear: ({ x, weight, bias }) => linear(x, weight, bias),
};
