import { scaledDotProductAttention } from '../../index.js';
import type { OracleFamily } from './types.js';

export const attention: OracleFamily = {
  attention: ({ q, k, v, mask }, { causal, scale }) =>
    scaledDotProductAttention(q, k, v, { attnMask: mask, isCausal: causal, scale: scale ?? undefined }),
};
