import { mseLoss } from '../../nn/losses.js';
import type { OracleFamily } from './types.js';

export const losses: OracleFamily = {
  mse_loss: ({ input, target }, { reduction }) => mseLoss(input, target, { reduction }),
};
