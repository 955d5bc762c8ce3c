import { crossEntropy } from './crossEntropy.js';
import { reduction } from './reduction.js';
import { softmax } from './softmax.js';
import type { OracleFamily } from './types.js';
import { unary } from './unary.js';

/** Ops of the other families on large inputs. */
export const stability: OracleFamily = { ...unary, ...softmax, ...reduction, ...crossEntropy };
