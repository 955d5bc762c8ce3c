import { adaptiveAvgPool2d, avgPool2d, maxPool2d } from '../../index.js';
import type { OracleAttrs, OracleFamily } from './types.js';

const options = ({ kernel, stride, padding, dilation, ceil_mode, count_include_pad }: OracleAttrs) => ({
  kernel, stride, padding, dilation, ceilMode: ceil_mode, countIncludePad: count_include_pad,
});

export const pool: OracleFamily = {
  max_pool2d: ({ x }, attrs) => maxPool2d(x, options(attrs)),
  avg_pool2d: ({ x }, attrs) => avgPool2d(x, options(attrs)),
  adaptive_avg_pool2d: ({ x }, { output_size: size }) => adaptiveAvgPool2d(x, size),
};
