export { type Callback, type CallbackState } from './callback.js';
export { EarlyStopping, type EarlyStoppingOptions } from './earlyStopping.js';
export { CSVLogger, JSONLLogger } from './loggers.js';
export { LRScheduler, type LRSchedulerOptions, type SteppedSchedule } from './lrScheduler.js';
export { type BestCheckpoint, ModelCheckpoint, type ModelCheckpointOptions } from './modelCheckpoint.js';
export { type MonitorOptions } from './monitor.js';
export { ProgressBar, type ProgressStream } from './progressBar.js';
