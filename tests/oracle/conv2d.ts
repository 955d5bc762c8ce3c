import { conv2d as convolve } from '../../index.js';
import type { OracleFamily } from './types.js';

export const conv2d: OracleFamily = {
  conv2d: ({ x, weight, bias }, { stride, padding, dilation, groups }) => convolve(x, weight, bias, { stride, padding, dilation, groups }),
};
