export { DataLoader, type DataLoaderOptions, type ImageBatch } from './dataLoader.js';
export { type ImageDataset, subset } from './dataset.js';
export { generateDigits } from './digits.js';
export { type IdxFile, parseIdx, readIdx } from './idx.js';
export { loadMnist } from './mnist.js';
export { compose, normalize, rotate, type Transform, translate } from './transforms.js';
