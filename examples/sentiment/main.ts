import { join } from 'node:path';
import { type Tensor, noGrad, scope, tensor, where } from '../../index.js';
import { Accuracy, Dropout, EarlyStopping, Embedding, GRU, Linear, Module, evaluate, fit } from '../../nn/index.js';
import { Adam } from '../../optim/index.js';
import { SequenceLoader, Vocabulary, kFold, padSequences, readLabelledLines } from '../../datasets/index.js';
import { type Context, type Example, type Outcome, requireData } from '../example.js';
import { lineChart, table } from '../plot.js';

/* Does a sentence praise a film or damn it? Word embeddings and a GRU, on 10,662 sentences of reviews (Pang and Lee 2005). */

// 1. Data: a tenth of the sentences is held out, another tenth tells when to stop. Words of the rest are known, others are <unk>.

const MAX_WORDS = 40;

interface Split {
  texts: string[][];
  labels: Int32Array;
}

/** One text a line, tokens between spaces: the set comes that way. */
async function load(folder: string, seed: number): Promise<Record<'train' | 'validation' | 'test', Split>> {
  const { texts, labels } = await readLabelledLines(['neg', 'pos'].map((kind) => join(folder, `rt-polarity/rt-polarity.${kind}`)));
  const [test, validation] = kFold(labels, 10, seed).map((fold) => fold.test);
  const held = new Set([...test, ...validation]);
  const pick = (rows: ArrayLike<number>): Split => ({
    texts: Array.from(rows, (row) => texts[row].trim().split(/\s+/)),
    labels: Int32Array.from(rows, (row) => labels[row]),
  });
  return { train: pick([...labels.keys()].filter((row) => !held.has(row))), validation: pick(validation), test: pick(test) };
}

// 2. Model: a vector a word, a GRU that reads from left to right, and the largest value of each feature over the sentence.

const EMBEDDING = 32;
const HIDDEN = 32;

class Classifier extends Module<[ids: Tensor, lengths: Tensor]> {
  readonly embedding: Embedding;
  readonly gru = new GRU(EMBEDDING, HIDDEN, { batchFirst: true });
  readonly drop = new Dropout(0.5);
  readonly head = new Linear(HIDDEN, 2);

  constructor(words: number) {
    super();
    this.embedding = new Embedding(words, EMBEDDING, { paddingIndex: 0 });
  }

  /** ids [batch, time] to scores [batch, 2]. What the GRU makes of the padding (0) after a sentence does not count. */
  forward(ids: Tensor): Tensor {
    const [outputs] = this.gru.call(this.drop.call(this.embedding.call(ids)));
    const words = where(ids.ne(0).unsqueeze(2), outputs, -1);
    return this.head.call(this.drop.call(words.max({ axis: 1 })));
  }
}

// 3. Loss: cross-entropy, the default of `fit`. 4. Optimiser: Adam. 5. Loop: `fit`, until validation gets no better.

async function run(context: Context): Promise<Outcome> {
  const { seed, quick, progress } = context;
  const splits = await load(requireData(context, 'rt-polarity/rt-polarity.neg and .pos (movie reviews, Pang and Lee)'), seed);
  if (quick) splits.train = { texts: splits.train.texts.slice(-800).concat(splits.train.texts.slice(0, 800)), labels: Int32Array.from({ length: 1600 }, (_, i) => (i < 800 ? 1 : 0)) };
  const vocabulary = Vocabulary.build(splits.train.texts, { minCount: 2 });
  const loaderOf = ({ texts, labels }: Split, shuffle = false) =>
    new SequenceLoader(texts.map((text) => vocabulary.encode(text)), labels, { batchSize: 64, maxLength: MAX_WORDS, shuffle, seed });

  const model = new Classifier(vocabulary.size);
  const epochs = quick ? 4 : 8;
  const bar = progress(epochs, 'epochs');
  const metrics = { accuracy: new Accuracy() };
  const { history } = await fit(model, {
    train: loaderOf(splits.train, true),
    validation: loaderOf(splits.validation),
    epochs,
    optimizer: new Adam(model.parameters(), { lr: quick ? 1e-2 : 2e-3, weightDecay: 1e-5 }),
    metrics,
    callbacks: [
      new EarlyStopping({ monitor: 'valAccuracy', mode: 'max', patience: 2 }),
      { name: 'bar', onEpoch: ({ loss, valAccuracy }, { position }) => bar.update(position.epoch, `loss ${loss.toFixed(3)}, validation accuracy ${valAccuracy!.toFixed(3)}`) },
    ],
  });

  // 6. Result: accuracy on sentences that neither training nor stopping has seen.
  const { accuracy } = await evaluate(model, loaderOf(splits.test), { metrics });
  const examples = await scoresOf(model, vocabulary, splits.test.texts.slice(0, 6).concat(splits.test.texts.slice(-6)));
  return {
    metrics: { 'test accuracy': accuracy, 'training loss': history.at(-1)!.loss, words: vocabulary.size },
    page: [
      { heading: 'Loss', body: lineChart({ training: history.map(({ loss }) => loss), validation: history.map(({ valLoss }) => valLoss!) }, { x: 'epoch', y: 'loss (nats)' }) },
      { heading: 'Sentences from the test part', body: table(['sentence', 'praise'], examples) },
    ],
  };
}

/** How likely the model finds praise in each text. */
async function scoresOf(model: Classifier, vocabulary: Vocabulary, texts: string[][]): Promise<[string, string][]> {
  const { data, shape, lengths } = padSequences(texts.map((text) => vocabulary.encode(text)), { length: MAX_WORDS });
  model.eval();
  const shares = await scope(() => noGrad(() => model.call(tensor(data, shape), tensor(lengths)).softmax({ axis: 1 }).data()));
  return texts.map((text, i) => [text.join(' '), `${(100 * shares[2 * i + 1]).toFixed(0)} %`]);
}

export const example: Example = {
  name: 'sentiment',
  title: 'word embeddings and a GRU tell praise from blame in sentences about films',
  goal: { metric: 'test accuracy', direction: 'at least', value: 0.73 },
  quickGoal: { metric: 'training loss', direction: 'at most', value: 0.692 },
  run,
};
