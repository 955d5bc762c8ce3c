import { join } from 'node:path';
import { type Tensor, assign, concat, noGrad, scope, tensor, where } from '../../index.js';
import { Accuracy, Dropout, EarlyStopping, Embedding, GRU, Linear, Module, evaluate, fit } from '../../nn/index.js';
import { Adam } from '../../optim/index.js';
import { SequenceLoader, Vocabulary, kFold, padSequences, readLabelledLines } from '../../datasets/index.js';
import { type Context, type Example, type Outcome, requireData, requireEnough } from '../example.js';
import { lineChart, table } from '../plot.js';

/* Does a sentence praise a film or damn it? Word embeddings and a GRU, on 10,662 sentences of reviews (Pang and Lee 2005). */

// 1. Data: a tenth of the sentences is held out, another tenth tells when to stop. Words that the rest has twice are known, others are <unk>.

const MAX_WORDS = 40;
const FOLDS = 10;

interface Split {
  texts: string[][];
  labels: Int32Array;
}

/** One text a line, tokens between spaces: the set comes that way. Held-out texts are in the order of their lengths, to need little padding. */
async function load(folder: string, seed: number, quick: boolean): Promise<Record<'train' | 'validation' | 'test', Split>> {
  const { texts, labels } = await readLabelledLines(['neg', 'pos'].map((kind) => join(folder, `rt-polarity/rt-polarity.${kind}`)));
  requireEnough(join(folder, 'rt-polarity'), 'sentences', texts.length, FOLDS);
  const words = texts.map((text) => text.trim().split(/\s+/));
  const [test, validation] = kFold(labels, FOLDS, seed).map((fold) => fold.test.sort((a, b) => words[a].length - words[b].length));
  const held = new Set([...test, ...validation]);
  const train = [...labels.keys()].filter((row) => !held.has(row) && (!quick || row % 5 === 0));
  const pick = (rows: ArrayLike<number>): Split => ({
    texts: Array.from(rows, (row) => words[row]),
    labels: Int32Array.from(rows, (row) => labels[row]),
  });
  return { train: pick(train), validation: pick(validation), test: pick(test) };
}

// 2. Model: a vector a word. The sentence is the average of its words' vectors, and beside it the largest value of each feature of a GRU
// that reads them from left to right. The first number of a word's vector starts as what the word says by itself.

const EMBEDDING = 32;
const HIDDEN = 32;

class Classifier extends Module<[ids: Tensor, lengths: Tensor]> {
  readonly embedding: Embedding;
  readonly gru = new GRU(EMBEDDING, HIDDEN);
  readonly drop = new Dropout(0.5);
  readonly head = new Linear(EMBEDDING + HIDDEN, 2);

  /** `says`: a number for each word of the vocabulary. */
  constructor(says: Float32Array) {
    super();
    const words = says.length;
    this.embedding = new Embedding(words, EMBEDDING, { paddingIdx: 0 });
    const { weight } = this.embedding;
    scope(() => noGrad(() => assign(weight, concat([tensor(says, [words, 1]), weight.narrow(1, 1, EMBEDDING - 1).mul(0.3)], { axis: 1 }))));
  }

  /** ids [batch, time] to scores [batch, 2]. The padding after a sentence, vectors of 0, does not count. */
  forward(ids: Tensor, lengths: Tensor): Tensor {
    const steps = ids.transpose(0, 1);
    const vectors = this.drop.call(this.embedding.call(steps));
    const average = vectors.sum({ axis: 0 }).div(lengths.to('float32').unsqueeze(1));
    const [states] = this.gru.call(vectors);
    const highest = where(steps.ne(0).unsqueeze(2), states, -1).max({ axis: 0 });
    return this.head.call(this.drop.call(concat([average, highest], { axis: 1 })));
  }
}

/** In how many more texts of praise than of blame each word stands, as a logarithm (Wang and Manning 2012). */
function logRatios(texts: readonly Int32Array[], labels: Int32Array, words: number): Float32Array {
  const counts = [0, 1].map(() => new Float32Array(words).fill(1));
  texts.forEach((text, i) => new Set(text).forEach((word) => counts[labels[i]][word]++));
  return counts[1].map((praise, word) => Math.log(praise / counts[0][word]));
}

// 3. Loss: cross-entropy, the default of `fit`. 4. Optimiser: Adam. 5. Loop: `fit`; the weights of the epoch that validated best stay.

async function run(context: Context): Promise<Outcome> {
  const { seed, quick, progress } = context;
  const { train, validation, test } = await load(
    requireData(context, 'rt-polarity/rt-polarity.neg and .pos (movie reviews, Pang and Lee)'),
    seed,
    quick,
  );
  const vocabulary = Vocabulary.build(train.texts, { minCount: 2 });
  const encode = ({ texts }: Split) => texts.map((text) => vocabulary.encode(text));
  const loaderOf = (split: Split, shuffle = false) =>
    new SequenceLoader(encode(split), split.labels, { batchSize: 64, maxLength: MAX_WORDS, shuffle, seed });

  const says = logRatios(encode(train), train.labels, vocabulary.size);
  const model = new Classifier(says);
  const epochs = quick ? 1 : 4;
  const bar = progress(epochs, 'epochs');
  const metrics = { accuracy: new Accuracy() };
  const { history } = await fit(model, {
    train: loaderOf(train, true),
    validation: loaderOf(validation),
    epochs,
    optimizer: new Adam(model.parameters(), { lr: 2e-3, weightDecay: 1e-5 }),
    metrics,
    callbacks: [
      new EarlyStopping({ monitor: 'valAccuracy', mode: 'max', patience: 1 }),
      {
        name: 'bar',
        onEpoch: ({ loss, valAccuracy }, { position }) =>
          bar.update(position.epoch, `loss ${loss.toFixed(3)}, validation accuracy ${valAccuracy!.toFixed(3)}`),
      },
    ],
  });

  // 6. Result: accuracy on sentences that neither training nor stopping has seen.
  const { accuracy } = await evaluate(model, loaderOf(test), { metrics });
  const shown = [...test.texts.keys()].filter((i) => i % 90 === 0);
  const praise = await praiseIn(
    model,
    shown.map((i) => vocabulary.encode(test.texts[i])),
  );
  const order = [...says.keys()].sort((a, b) => says[a] - says[b]).map((word) => vocabulary.tokens[word]);
  return {
    metrics: { 'test accuracy': accuracy, 'training loss': history.at(-1)!.loss, words: vocabulary.size },
    page: [
      {
        heading: 'Accuracy',
        body: lineChart(
          { training: history.map((epoch) => epoch.accuracy!), validation: history.map(({ valAccuracy }) => valAccuracy!) },
          { x: 'epoch', y: 'share that is right' },
        ),
      },
      {
        heading: 'Words that say most',
        body: table(
          ['blame', 'praise'],
          Array.from({ length: 10 }, (_, i) => [order[i], order.at(-1 - i)!]),
        ),
      },
      {
        heading: 'Sentences of the test part',
        body: table(
          ['sentence', 'is', 'found praise'],
          shown.map((row, i) => [test.texts[row].join(' '), test.labels[row] ? 'praise' : 'blame', `${(100 * praise[i]).toFixed(0)} %`]),
        ),
      },
    ],
  };
}

/** How likely the model finds praise in each text. */
async function praiseIn(model: Classifier, texts: readonly Int32Array[]): Promise<Float32Array> {
  const { data, shape, lengths } = padSequences(texts, { length: MAX_WORDS });
  model.eval();
  return scope(() =>
    noGrad(
      async () => (await model.call(tensor(data, shape), tensor(lengths)).softmax({ axis: 1 }).narrow(1, 1, 1).data()) as Float32Array,
    ),
  );
}

export const example: Example = {
  name: 'sentiment',
  title: 'word embeddings and a GRU tell praise from blame in sentences about films',
  goal: { metric: 'test accuracy', direction: 'at least', value: 0.73 },
  quickGoal: { metric: 'test accuracy', direction: 'at least', value: 0.6 },
  run,
};
