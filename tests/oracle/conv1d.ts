import { conv1d as convolve } from '../../index.js';
import type { OracleFamily } from './types.js';

export const conv1d: OracleFamily = {
  conv1d: ({ x, weight, bias }, { stride: [stride], padding: [padding], dilation: [dilation], groups }) =>
    convolve(x, weight, bias, { stride, padding, dilation, groups }),
};
