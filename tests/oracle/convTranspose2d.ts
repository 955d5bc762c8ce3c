import { convTranspose2d as convolve } from '../../index.js';
import type { OracleFamily } from './types.js';

export const convTranspose2d: OracleFamily = {
  conv_transpose2d: ({ x, weight, bias }, { stride, padding, output_padding: outputPadding, dilation, groups }) =>
    convolve(x, weight, bias, { stride, padding, outputPadding, dilation, groups }),
};
