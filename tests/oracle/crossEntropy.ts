import { crossEntropy as lossOf } from '../../index.js';
import type { OracleAdapter, OracleFamily } from './types.js';

const loss: OracleAdapter = ({ logits, target, weight }, { reduction, ignore_index, label_smoothing }) =>
  lossOf(logits, target, { reduction, weight, ignoreIndex: ignore_index, labelSmoothing: label_smoothing });

export const crossEntropy: OracleFamily = { cross_entropy: loss, cross_entropy_probs: loss };
