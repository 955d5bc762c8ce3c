import { attention } from './attention.js';
import { binary } from './binary.js';
import { conv1d } from './conv1d.js';
import { conv2d } from './conv2d.js';
import { convTranspose2d } from './convTranspose2d.js';
import { crossEntropy } from './crossEntropy.js';
import { indexing } from './indexing.js';
import { losses } from './losses.js';
import { matmul } from './matmul.js';
import { normalization } from './normalization.js';
import { pool } from './pool.js';
import { reduction } from './reduction.js';
import { rnn } from './rnn.js';
import { secondOrder } from './secondOrder.js';
import { shape } from './shape.js';
import { softmax } from './softmax.js';
import { stability } from './stability.js';
import type { OracleFamily } from './types.js';
import { unary } from './unary.js';

/** Case file name -> how tapegrad computes each of its ops. */
export const oracleFamilies: Record<string, OracleFamily> = {
  unary,
  binary,
  reduction,
  matmul,
  conv1d,
  conv2d,
  conv_transpose2d: convTranspose2d,
  pool,
  normalization,
  softmax,
  cross_entropy: crossEntropy,
  indexing,
  shape,
  losses,
  stability,
  rnn,
  attention,
  second_order: secondOrder,
};
