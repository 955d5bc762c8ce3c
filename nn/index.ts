/** Modules, layers, losses, initial values, checkpoints. Names and options are PyTorch's in camelCase. */
export * from './callbacks/index.js';
export { doctor, type DoctorOptions } from './doctor/doctor.js';
export { Diagnosis, type Finding, type Problem } from './doctor/finding.js';
export { evaluate, type Evaluation, predict } from './evaluate.js';
export { fit } from './fit.js';
export { clipGradNorm, clipGradValue, gradNorm } from './gradients.js';
export {
  gradientPenalty, type GradientPenaltyOptions, minimaxDiscriminatorLoss, minimaxGeneratorLoss, nonSaturatingGeneratorLoss, wassersteinDiscriminatorLoss,
  wassersteinGeneratorLoss,
} from './ganLosses.js';
export * as init from './init.js';
export {
  CELU, ELU, GELU, GLU, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, LeakyReLU, LogSigmoid, LogSoftmax, Mish, PReLU, ReLU, ReLU6, SELU,
  Sigmoid, SiLU, Softmax, Softmin, Softplus, Softshrink, Softsign, Tanh, Tanhshrink, Threshold,
} from './layers/activations.js';
export { MultiheadAttention, type MultiheadAttentionCall, type MultiheadAttentionOptions } from './layers/attention.js';
export { type CellOptions, GRUCell, LSTMCell, type LSTMState, RNNCell, type RNNNonlinearity } from './layers/cells.js';
export { Conv1d, type Conv1dLayerOptions } from './layers/conv1d.js';
export { Conv2d, type Conv2dLayerOptions } from './layers/conv2d.js';
export { ConvTranspose1d, type ConvTranspose1dLayerOptions, ConvTranspose2d, type ConvTranspose2dLayerOptions } from './layers/convTranspose.js';
export { Dropout } from './layers/dropout.js';
export { Embedding } from './layers/embedding.js';
export { Flatten } from './layers/flatten.js';
export { Linear } from './layers/linear.js';
export {
  BatchNorm1d, BatchNorm2d, type BatchNormLayerOptions, GroupNorm, type GroupNormLayerOptions, LayerNorm, type LayerNormLayerOptions,
} from './layers/normalization.js';
export { AdaptiveAvgPool2d, AvgPool2d, GlobalAvgPool, MaxPool2d } from './layers/pool2d.js';
export { GRU, LSTM, type RecurrentOptions, RNN, type SequenceOptions } from './layers/recurrent.js';
export { Identity, Residual, type ResidualOptions } from './layers/residual.js';
export { Sequential } from './layers/sequential.js';
export { Upsample } from './layers/upsample.js';
export {
  PositionalEncoding, type PositionalEncodingOptions, TransformerEncoderLayer, type TransformerEncoderLayerCall, type TransformerEncoderLayerOptions,
} from './layers/transformer.js';
export {
  bceLoss, bceWithLogitsLoss, type BceWithLogitsOptions, crossEntropy, huberLoss, klDiv, type KlDivOptions, l1Loss, mseLoss, nllLoss,
  type NllOptions, type Reduction, type ReductionOptions, smoothL1Loss,
} from './losses.js';
export {
  BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, HuberLoss, KLDivLoss, L1Loss, MSELoss, NLLLoss, SmoothL1Loss,
} from './lossModules.js';
export * from './metrics/index.js';
export { type AnyModule, buffer, type ForwardHook, Module, type ModuleOutput, parameter } from './module.js';
export { l1Penalty, l2Penalty } from './penalties.js';
export { loadTraining, SavedTraining, saveTraining } from './savedTraining.js';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type HostTensor } from './safetensors.js';
export { loadCheckpoint, makeTensors, readTensors, saveCheckpoint } from './serialize.js';
export {
  type EpochRecord, type FitOptions, type Loss, type Metrics, type Position, type StepReport, Training, type TrainingOptimizer,
} from './training.js';
