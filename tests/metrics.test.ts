import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type HostArray, ShapeError, TapegradError } from '../index.js';
import {
  Accuracy, ConfusionMatrix, F1Score, MeanAbsoluteError, MeanSquaredError, type Metric, Perplexity, Precision, R2Score, Recall, TopKAccuracy,
} from '../nn/index.js';
import { assertClose } from './support.js';

/* Metrics against figures worked out by hand; each also in several batches, which must not matter. */

const test = suite('metrics');

const floats = (values: number[], shape = [values.length]): HostArray => ({ data: Float32Array.from(values), shape });
const ints = (values: number[], shape = [values.length]): HostArray => ({ data: Int32Array.from(values), shape });
const near = (actual: number | number[], expected: number | number[], what: string) =>
  assertClose([actual].flat(), [expected].flat(), { relative: 1e-6, absolute: 1e-12 }, what);

/** Ten predictions for three classes: right are 2 of 3, 3 of 4, 1 of 3. */
const WANTED = [0, 0, 0, 1, 1, 1, 1, 2, 2, 2];
const PREDICTED = [0, 0, 1, 1, 1, 1, 2, 2, 0, 1];

/** Feeds the examples in batches of the given sizes. */
function fed<M extends Metric<any>>(metric: M, predicted: number[], wanted: number[], ...sizes: number[]): M {
  let at = 0;
  for (const size of sizes) {
    metric.update(ints(predicted.slice(at, at + size)), ints(wanted.slice(at, at + size)));
    at += size;
  }
  return metric;
}

for (const sizes of [[10], [4, 1, 5]]) {
  test(`classes, in batches of ${sizes}`, () => {
    near(fed(new Accuracy(), PREDICTED, WANTED, ...sizes).compute(), 0.6, 'accuracy');
    assert.equal(fed(new ConfusionMatrix({ classes: 3 }), PREDICTED, WANTED, ...sizes).compute(), [[2, 1, 0], [0, 3, 1], [1, 1, 1]]);
    const precision = fed(new Precision({ classes: 3 }), PREDICTED, WANTED, ...sizes);
    near(precision.perClass(), [2 / 3, 3 / 5, 1 / 2], 'precision of each class');
    near(precision.compute(), (2 / 3 + 3 / 5 + 1 / 2) / 3, 'macro precision');
    const recall = fed(new Recall({ classes: 3 }), PREDICTED, WANTED, ...sizes);
    near(recall.perClass(), [2 / 3, 3 / 4, 1 / 3], 'recall of each class');
    const f1 = fed(new F1Score({ classes: 3 }), PREDICTED, WANTED, ...sizes);
    near(f1.perClass(), [2 / 3, 2 / 3, 2 / 5], 'F1 of each class');
    near(f1.compute(), (2 / 3 + 2 / 3 + 2 / 5) / 3, 'macro F1');
    for (const figure of [Precision, Recall, F1Score]) {
      near(fed(new figure({ classes: 3, average: 'micro' }), PREDICTED, WANTED, ...sizes).compute(), 0.6, `micro ${figure.name}`);
    }
  });
}

test('reset forgets; classes that never came up count as 0', () => {
  const metric = fed(new Precision({ classes: 3 }), PREDICTED, WANTED, 10);
  metric.reset();
  metric.update(ints([0, 0]), ints([0, 1]));
  near(metric.perClass(), [0.5, 0, 0], 'precision');
  assert.ok(Number.isNaN(new Accuracy().compute()), 'no targets, no accuracy');
});

test('binary: one probability or logit an example, the figures of class 1', () => {
  const target = floats([1, 0, 1, 1, 0], [5, 1]);
  const probabilities = floats([0.9, 0.6, 0.4, 0.7, 0.1], [5, 1]);
  const options = { classes: 2, average: 'binary' } as const;
  const figures = [new Precision(options), new Recall(options), new F1Score(options), new Accuracy()].map((metric) => {
    metric.update(probabilities, target);
    return metric.compute();
  });
  near(figures, [2 / 3, 2 / 3, 2 / 3, 3 / 5], 'precision, recall, F1, accuracy');
  const logits = new Accuracy({ threshold: 0 });
  logits.update(floats([0.4, -2]), ints([1, 0]));
  assert.is(logits.compute(), 1);
});

for (const shape of [[5, 1], [5]]) {
  test(`one score for each of five targets, as [${shape}]`, () => {
    const figures = [new Accuracy(), new F1Score({ classes: 2, average: 'binary' }), new ConfusionMatrix({ classes: 2 })].map((metric) => {
      metric.update(floats([0.9, 0.6, 0.4, 0.7, 0.1], shape), ints([1, 0, 1, 1, 0]));
      return metric.compute();
    });
    assert.equal(figures, [3 / 5, 2 / 3, [[1, 1], [1, 2]]]);
  });
}

test('scores with axes behind the classes, and ignored targets', () => {
  // [2, 3, 2]: for each example, three scores at each of two positions
  const scores = floats([0.1, 0.9, 0.7, 0.3, 0.2, 0.5, 1, 0, 2, 0, 3, 5], [2, 3, 2]);
  const accuracy = new Accuracy();
  accuracy.update(scores, ints([1, 0, 2, -100], [2, 2]));
  assert.is(accuracy.compute(), 1);
  const matrix = new ConfusionMatrix({ classes: 3, ignoreIndex: 9 });
  matrix.update(scores, ints([1, 0, 0, 9], [2, 2]));
  assert.equal(matrix.compute(), [[1, 0, 1], [0, 1, 0], [0, 0, 0]]);
});

test('top k: the target among the k largest; a tie is no merit', () => {
  const scores = floats([0.1, 0.5, 0.4, 3, 2, 1, 1, 1, 1], [3, 3]);
  const top = (k: number) => {
    const metric = new TopKAccuracy({ k });
    metric.update(scores, ints([2, 0, 1]));
    return metric.compute();
  };
  near([top(1), top(2), top(3)], [1 / 3, 2 / 3, 1], 'top 1, 2, 3');
});

test('perplexity: as many as the classes for equal logits, without overflow', () => {
  const metric = new Perplexity();
  metric.update(floats([1000, 1000, 1000, 1000], [1, 4]), ints([2]));
  near(metric.compute(), 4, 'four equal logits');
  metric.update(floats([0, Math.log(3), 0, 0], [1, 4]), ints([1]));
  near(metric.compute(), Math.sqrt(4 * 2), 'and one of probability 1/2');
});

test('errors of numbers, and R2 of values far from zero', () => {
  const [output, target] = [floats([2, 4, 7], [3, 1]), floats([1, 4, 9], [3, 1])];
  const [mae, mse, r2] = [new MeanAbsoluteError(), new MeanSquaredError(), new R2Score()];
  for (const metric of [mae, mse, r2]) metric.update(output, target);
  near(mae.compute(), 1, 'MAE');
  near(mse.compute(), 5 / 3, 'MSE');
  near(r2.compute(), 1 - 5 / (98 / 3), 'R2');
  const far = new R2Score();
  const shift = (values: number[]) => ({ data: Float64Array.from(values, (value) => value + 1e9), shape: [values.length] });
  far.update(shift([2, 4]), shift([1, 4]));
  far.update(shift([7]), shift([9]));
  near(far.compute(), 1 - 5 / (98 / 3), 'R2, far from zero');
});

test('what does not fit is named', () => {
  const fails = (body: () => void, type: typeof TapegradError, message: RegExp) =>
    assert.throws(body, (error: Error) => error instanceof type && message.test(error.message));
  fails(() => new Accuracy().update(floats([1, 2, 3]), ints([0, 1])), ShapeError, /^Accuracy: output \[3\] does not fit target \[2\]/);
  fails(() => new Accuracy().update(floats([1, NaN], [1, 2]), ints([0])), TapegradError, /^Accuracy: the output is NaN at 1/);
  fails(() => new Accuracy().update(floats([1, 2], [1, 2]), floats([0.5])), TapegradError, /^Accuracy: target 0.5 at 0 is not a class number/);
  fails(() => new ConfusionMatrix({ classes: 2 }).update(ints([0]), ints([2])), TapegradError, /^ConfusionMatrix: class 2 is not below the 2 classes/);
  fails(() => new Recall({ classes: 3, average: 'binary' }), TapegradError, /^Recall: average 'binary' takes 2 classes, got 3/);
  fails(() => new ConfusionMatrix({ classes: -2 }), TapegradError, /^ConfusionMatrix: classes must be a whole number from 2, got -2/);
  fails(() => new F1Score({ classes: 1e300 }), TapegradError, /^F1Score: classes must be a whole number from 2/);
  fails(() => new TopKAccuracy({ k: 0 }), TapegradError, /^TopKAccuracy: k must be/);
  fails(() => new TopKAccuracy({ k: 1 }).update(floats([1, 2]), ints([0, 1])), ShapeError, /^TopKAccuracy: output \[2\] must be scores/);
  fails(() => new Perplexity().update(floats([1, 2], [1, 2]), ints([2])), TapegradError, /^Perplexity: class 2 is not below/);
  fails(() => new R2Score().update(floats([1]), floats([1, 2])), ShapeError, /^R2Score: output \[1\] and target \[2\]/);
});

test.run();
