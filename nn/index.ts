/** Modules, layers, losses, initial values, checkpoints. Names and options are PyTorch's in camelCase. */
export { type BatchSource, evaluate, type EpochRecord, type Evaluation, fit, type FitOptions, type FitPosition } from './fit.js';
export { type HostBatch, startPosition, type StepReport } from './fit.js';
export * as init from './init.js';
export { ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Softplus, Tanh } from './layers/activations.js';
export { MultiheadAttention, type MultiheadAttentionCall, type MultiheadAttentionOptions } from './layers/attention.js';
export { type CellOptions, GRUCell, LSTMCell, type LSTMState, RNNCell, type RNNNonlinearity } from './layers/cells.js';
export { Conv2d, type Conv2dLayerOptions } from './layers/conv2d.js';
export { Dropout } from './layers/dropout.js';
export { Embedding } from './layers/embedding.js';
export { Flatten } from './layers/flatten.js';
export { Linear } from './layers/linear.js';
export { BatchNorm2d, type BatchNorm2dOptions, LayerNorm, type LayerNormLayerOptions } from './layers/normalization.js';
export { AvgPool2d, MaxPool2d } from './layers/pool2d.js';
export { GRU, LSTM, type RecurrentOptions, RNN, type SequenceOptions } from './layers/recurrent.js';
export { Sequential } from './layers/sequential.js';
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
export { type AnyModule, buffer, type ForwardHook, Module, type ModuleOutput, parameter } from './module.js';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type HostTensor } from './safetensors.js';
export { loadCheckpoint, makeTensors, readTensors, saveCheckpoint } from './serialize.js';
