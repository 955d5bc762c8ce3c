import { logSoftmax, softmax as softmaxOf } from '../../index.js';
import type { OracleFamily } from './types.js';

export const softmax: OracleFamily = {
  softmax: ({ x }, { axis }) => softmaxOf(x, { axis }),
  log_softmax: ({ x }, { axis }) => logSoftmax(x, { axis }),
};
