import { concat, cumSum, expand, flip, pad, permute, reshape, slice, split, stack, tril, triu } from '../../index.js';
import type { OracleFamily } from './types.js';

export const shape: OracleFamily = {
  concat: (inputs, { axis }) => concat(Object.values(inputs), { axis }),
  stack: (inputs, { axis }) => stack(Object.values(inputs), { axis }),
  split: ({ x }, { sizes, axis }) => split(x, sizes, { axis }),
  slice: ({ x }, { ranges }) => slice(x, ranges),
  pad: ({ x }, { padding, value, mode }) => pad(x, padding, { value, mode }),
  permute: ({ x }, { axes }) => permute(x, axes),
  reshape: ({ x }, attrs) => reshape(x, attrs.shape),
  permute_reshape: ({ x }, { axes, ...attrs }) => reshape(permute(x, axes), attrs.shape),
  expand: ({ x }, attrs) => expand(x, attrs.shape),
  squeeze: ({ x }, { axis }) => x.squeeze(axis),
  unsqueeze: ({ x }, { axis }) => x.unsqueeze(axis),
  flip: ({ x }, { axes }) => flip(x, axes),
  tril: ({ x }, { diagonal }) => tril(x, diagonal),
  triu: ({ x }, { diagonal }) => triu(x, diagonal),
  cumsum: ({ x }, { axis }) => cumSum(x, { axis }),
};
