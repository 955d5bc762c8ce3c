import { type Tensor, crossEntropy, concat, noGrad, scope, tensor } from '../../index.js';
import { Embedding, GRU, Linear, Module, clipGradNorm } from '../../nn/index.js';
import { Adam, OneCycleLR } from '../../optim/index.js';
import { Vocabulary, characterTokens, padSequences } from '../../datasets/index.js';
import { Philox } from '../../core/random.js';
import type { Context, Example, Outcome } from '../example.js';
import { Plot, chart, lineChart, table } from '../plot.js';

/*
 * From "Tuesday, Nov 24 2026" to "2026-11-24": an encoder reads the date as people write it, a decoder writes it as computers do, and
 * attention (Bahdanau et al. 2015; here the form of Luong et al. 2015) shows which letters it looks at for each digit.
 */

// 1. Data: dates from 1950 to 2049, drawn and written in one of seven ways. The same seed draws the same dates. Every tenth day is kept
// for the test: no date of it is ever trained on.

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

interface Pair {
  written: string;
  iso: string;
}

function drawDate(random: Philox, part: 'train' | 'test'): Pair {
  const date = new Date(Date.UTC(1950, 0, 1 + 10 * random.below(3652) + (part === 'test' ? 0 : 1 + random.below(9))));
  const [day, month, year] = [date.getUTCDate(), date.getUTCMonth(), date.getUTCFullYear()];
  const [name, short, weekday] = [MONTHS[month], MONTHS[month].slice(0, 3), DAYS[date.getUTCDay()]];
  const ways = [
    `${day} ${name} ${year}`,
    `${name} ${day}, ${year}`,
    `${short} ${day} ${year}`,
    `${day}.${month + 1}.${year}`,
    `${weekday}, ${short} ${day} ${year}`,
    `${weekday.slice(0, 3)} ${day} ${name} ${year}`,
    `${year}/${month + 1}/${day}`,
  ];
  return { written: ways[random.below(ways.length)].toLowerCase(), iso: date.toISOString().slice(0, 10) };
}

const LETTERS = new Vocabulary(['<pad>', ...' abcdefghijklmnopqrstuvwxyz0123456789.,/']);
/** The decoder's alphabet: `<go>` comes before the first character. */
const DIGITS = new Vocabulary(['<go>', ...'0123456789-']);
const ISO_LENGTH = 10;

interface HostPairs {
  written: ReturnType<typeof padSequences>;
  /** [count, ISO_LENGTH] */
  iso: Int32Array;
}

function encode(pairs: readonly Pair[]): HostPairs {
  return {
    written: padSequences(pairs.map(({ written }) => LETTERS.encode(characterTokens(written)))),
    iso: Int32Array.from(pairs.flatMap(({ iso }) => [...DIGITS.encode(characterTokens(iso))])),
  };
}

// 2. Model: the encoder reads both ways; the decoder's state at each character asks for what the encoder has found.

const EMBEDDING = 16;
const HIDDEN = 64;

class Translator extends Module<[written: Tensor, before: Tensor], [scores: Tensor, weights: Tensor]> {
  readonly letters = new Embedding(LETTERS.size, EMBEDDING, { paddingIdx: 0 });
  readonly encoder = new GRU(EMBEDDING, HIDDEN / 2, { batchFirst: true, bidirectional: true });
  readonly digits = new Embedding(DIGITS.size, EMBEDDING);
  readonly decoder = new GRU(EMBEDDING, HIDDEN, { batchFirst: true });
  readonly head = new Linear(2 * HIDDEN, DIGITS.size);

  /** written [batch, letters] and, for each character to write, the one before it [batch, n]: scores [batch, n, alphabet], and where it looked. */
  forward(written: Tensor, before: Tensor): [scores: Tensor, weights: Tensor] {
    const [found] = this.encoder.call(this.letters.call(written));
    const [states] = this.decoder.call(this.digits.call(before));
    const similarity = states.matmul(found, { transposeB: true }).div(Math.sqrt(HIDDEN));
    const weights = similarity.add(written.eq(0).to('float32').mul(-1e9).unsqueeze(1)).softmax({ axis: 2 });
    return [this.head.call(concat([states, weights.matmul(found)], { axis: 2 })), weights];
  }
}

// 3. Loss: cross-entropy of each character, given the right one before it ("teacher forcing"). 4. Optimiser: Adam, its rate
// rising, then falling. 5. Loop: new dates in every batch.

const BATCH = 64;

/** The right characters, moved one to the right: what the decoder is given. */
const shifted = (iso: Int32Array) => iso.map((_, i) => (i % ISO_LENGTH === 0 ? 0 : iso[i - 1]));

async function run({ seed, quick, progress }: Context): Promise<Outcome> {
  const random = new Philox(seed, 1);
  const model = new Translator();
  const steps = quick ? 20 : 500;
  const optimizer = new Adam(model.parameters());
  const schedule = new OneCycleLR(optimizer, { maxLr: 1e-2, totalSteps: steps, pctStart: 0.2 });
  const bar = progress(steps, 'steps');
  const losses: [number, number][] = [];
  for (let step = 1; step <= steps; step++) {
    const { written, iso } = encode(Array.from({ length: BATCH }, () => drawDate(random, 'train')));
    const loss = scope(() => {
      optimizer.zeroGrad();
      const [scores] = model.call(tensor(written.data, written.shape), tensor(shifted(iso), [BATCH, ISO_LENGTH]));
      const loss = crossEntropy(scores.reshape([-1, DIGITS.size]), tensor(iso));
      loss.backward();
      clipGradNorm(model.parameters(), 1);
      optimizer.step();
      return loss.detach();
    });
    schedule.step();
    if (step % 20 === 0) {
      losses.push([step, await loss.item()]);
      bar.update(step, `loss ${losses.at(-1)![1].toFixed(4)}`);
    }
    loss.dispose();
  }

  // 6. Result: dates that are right to the last character, written from the model's own characters.
  const test = new Philox(seed + 1_000_003, 2);
  const pairs = Array.from({ length: quick ? 50 : 1000 }, () => drawDate(test, 'test'));
  const answers = await translate(model, pairs);
  const wrong = pairs.flatMap((pair, i) => (answers[i] === pair.iso ? [] : [[pair.written, answers[i], pair.iso]]));
  return {
    metrics: { 'exact matches': 1 - wrong.length / pairs.length, 'last loss': losses.at(-1)![1] },
    page: [
      { heading: 'Where it looks', body: await attentionChart(model, pairs[0]) },
      { heading: 'Loss', body: lineChart({ loss: losses }, { x: 'step', y: 'nats a character', logY: true }) },
      {
        heading: 'Translations',
        body: table(
          ['written', 'translated'],
          pairs.slice(0, 12).map(({ written }, i) => [written, answers[i]]),
        ),
      },
      ...(wrong.length > 0 ? [{ heading: 'Mistakes', body: table(['written', 'translated', 'right'], wrong.slice(0, 20)) }] : []),
    ],
  };
}

/** Writes each date character by character, always the likeliest one. */
async function translate(model: Translator, pairs: readonly Pair[]): Promise<string[]> {
  const { written } = encode(pairs);
  const rows = Array.from(pairs, () => [0]);
  for (let i = 0; i < ISO_LENGTH; i++) {
    const next = await scope(() =>
      noGrad(() => {
        const [scores] = model.call(tensor(written.data, written.shape), tensor(Int32Array.from(rows.flat()), [rows.length, i + 1]));
        return scores.narrow(1, i, 1).argmax({ axis: 2 }).data();
      }),
    );
    rows.forEach((row, k) => row.push(next[k]));
  }
  return rows.map((row) => DIGITS.decode(row.slice(1)).join(''));
}

/** Letters read from left to right, characters written from top to bottom: the darker, the more it looked there. */
async function attentionChart(model: Translator, pair: Pair): Promise<string> {
  const { written, iso } = encode([pair]);
  const weights = await scope(() =>
    noGrad(() => model.call(tensor(written.data, written.shape), tensor(shifted(iso), [1, ISO_LENGTH]))[1].data()),
  );
  const letters = [...pair.written];
  const cells = Array.from(weights, (weight, i) => ({ weight, letter: i % letters.length, digit: Math.floor(i / letters.length) }));
  return chart({
    width: 40 + 26 * letters.length,
    height: 300,
    color: { scheme: 'blues', domain: [0, 1] },
    x: { tickFormat: (i: number) => letters[i], label: null },
    y: { tickFormat: (i: number) => pair.iso[i], label: null },
    marks: [Plot.cell(cells, { x: 'letter', y: 'digit', fill: 'weight' })],
  });
}

export const example: Example = {
  name: 'date-translate',
  title: 'an encoder and a decoder with attention rewrite dates, whatever way they were written',
  goal: { metric: 'exact matches', direction: 'at least', value: 0.99 },
  quickGoal: { metric: 'last loss', direction: 'at most', value: 2.3 },
  run,
};
