/** Optimisers. Options are PyTorch's in camelCase. */
export { Adadelta, type AdadeltaOptions } from './adadelta.js';
export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions, AdamW } from './adam.js';
export { NAdam, type NAdamOptions } from './nadam.js';
export { Optimizer, type OptimizerState, type ParameterGroup, type ParameterState, type Params } from './optimizer.js';
export { RMSprop, type RMSpropOptions } from './rmsprop.js';
export { SGD, type SGDOptions } from './sgd.js';
export {
  CosineAnnealingLR, ExponentialLR, LinearLR, type LinearOptions, MultiStepLR, OneCycleLR, type OneCycleOptions, type PlateauOptions,
  ReduceLROnPlateau, Schedule, type ScheduleState, SequentialLR, type SequentialOptions, type Scheduled, StepLR,
} from './schedulers.js';
