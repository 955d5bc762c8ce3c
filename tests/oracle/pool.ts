import { adaptiveAvgPool2d, avgPool2d, maxPool2d } from '../../index.js';
import type { OracleAttrs, OracleFamily } from './types.js';

const common = ({ kernel: kernelSize, stride, padding, ceil_mode: ceilMode }: OracleAttrs) => ({ kernelSize, stride, padding, ceilMode });

export const pool: OracleFamily = {
  max_pool2d: ({ x }, attrs) => maxPool2d(x, { ...common(attrs), dilation: attrs.dilation }),
  avg_pool2d: ({ x }, attrs) => avgPool2d(x, { ...common(attrs), countIncludePad: attrs.count_include_pad }),
  adaptive_avg_pool2d: ({ x }, { output_size: size }) => adaptiveAvgPool2d(x, size),
};
