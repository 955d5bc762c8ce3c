import { embedding, gather, indexSelect, scatterAdd } from '../../index.js';
import type { OracleFamily } from './types.js';

export const indexing: OracleFamily = {
  embedding: ({ index, weight }, { padding_idx }) => embedding(index, weight, { paddingIdx: padding_idx ?? undefined }),
  gather: ({ x, index }, { axis }) => gather(x, index, { axis }),
  index_select: ({ x, index }, { axis }) => indexSelect(x, index, { axis }),
  scatter_add: ({ x, index, src }, { axis }) => scatterAdd(x, index, src, { axis }),
};
