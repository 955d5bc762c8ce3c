export { type ClassOptions } from './classes.js';
export { Accuracy, Perplexity, TopKAccuracy } from './classification.js';
export { type Average, type AverageOptions, ConfusionMatrix, type ConfusionOptions, F1Score, Precision, Recall } from './confusion.js';
export { Metric } from './metric.js';
export { MeanAbsoluteError, MeanSquaredError, R2Score } from './regression.js';
