import { batchNorm, dropout, groupNorm, layerNorm } from '../../index.js';
import type { OracleFamily } from './types.js';

export const normalization: OracleFamily = {
  // Training gives the running statistics as well, which it changes in place.
  batch_norm: ({ x, weight, bias, running_mean: runningMean, running_var: runningVar }, { training, momentum, eps }) => {
    const out = batchNorm(x, { weight, bias, runningMean, runningVar, training, momentum, eps });
    return [out, runningMean, runningVar];
  },
  layer_norm: ({ x, weight, bias }, { normalized_shape: shape, eps }) => layerNorm(x, shape, { weight, bias, eps }),
  group_norm: ({ x, weight, bias }, { num_groups: groups, eps }) => groupNorm(x, groups, { weight, bias, eps }),
  dropout_eval: ({ x }, { p }) => dropout(x, { p, training: false }),
};
