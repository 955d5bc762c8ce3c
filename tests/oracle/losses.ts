import { bceLoss, bceWithLogitsLoss, huberLoss, klDiv, l1Loss, mseLoss, nllLoss, smoothL1Loss } from '../../nn/losses.js';
import type { OracleFamily } from './types.js';

export const losses: OracleFamily = {
  mse_loss: ({ input, target }, { reduction }) => mseLoss(input, target, { reduction }),
  l1_loss: ({ input, target }, { reduction }) => l1Loss(input, target, { reduction }),
  huber_loss: ({ input, target }, { reduction, delta }) => huberLoss(input, target, { reduction, delta }),
  smooth_l1_loss: ({ input, target }, { reduction, beta }) => smoothL1Loss(input, target, { reduction, beta }),
  bce_loss: ({ input, target, weight }, { reduction }) => bceLoss(input, target, { reduction, weight }),
  bce_with_logits_loss: ({ input, target, weight, pos_weight }, { reduction }) =>
    bceWithLogitsLoss(input, target, { reduction, weight, posWeight: pos_weight }),
  nll_loss: ({ log_probs, target, weight }, { reduction, ignore_index }) => nllLoss(log_probs, target, { reduction, weight, ignoreIndex: ignore_index }),
  kl_div: ({ input, target }, { reduction, log_target }) =>
    klDiv(input, target, { reduction: reduction === 'batchmean' ? 'batchMean' : reduction, logTarget: log_target }),
};
