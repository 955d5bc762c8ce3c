import type { OracleAttrs, OracleFamily } from './types.js';

const METHODS = { sum: 'sum', mean: 'mean', max: 'max', min: 'min', prod: 'prod', logsumexp: 'logSumExp', argmax: 'argmax', argmin: 'argmin', var: 'var', std: 'std' };

export const reduction: OracleFamily = Object.fromEntries(
  Object.entries(METHODS).map(([name, method]) => [
    name,
    ({ x }: OracleAttrs, { axis, keepdim, correction }: OracleAttrs) =>
      x[method]({ axis, keepDim: keepdim, ...(name === 'var' || name === 'std' ? { correction } : {}) }),
  ]),
);
