import { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } from '../../nn/index.js';

/** The network of the mission: 225,034 parameters for 28x28 digits in one channel. */
export function createCnn(): Sequential {
  return new Sequential(
    new Conv2d(1, 32, 3), // [n, 1, 28, 28] -> [n, 32, 26, 26]
    new ReLU(),
    new MaxPool2d(2), // -> [n, 32, 13, 13]
    new Conv2d(32, 64, 3), // -> [n, 64, 11, 11]
    new ReLU(),
    new MaxPool2d(2), // -> [n, 64, 5, 5]
    new Flatten(), // -> [n, 1600]
    new Linear(1600, 128),
    new ReLU(),
    new Linear(128, 10),
  );
}

/** Softmax regression on the pixels: what can be had without a hidden layer. */
export function createLinearModel(): Sequential {
  return new Sequential(new Flatten(), new Linear(784, 10));
}
