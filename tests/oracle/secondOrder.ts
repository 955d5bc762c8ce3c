import { crossEntropy } from './crossEntropy.js';
import type { OracleFamily } from './types.js';

export const secondOrder: OracleFamily = {
  ...crossEntropy,
  tanh: ({ x }) => x.tanh(),
  cube: ({ x }) => x.pow(3),
  matmul_tanh_chain: ({ a, b, c }) => a.matmul(b).tanh().matmul(c),
};
