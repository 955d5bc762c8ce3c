import { join } from 'node:path';
import { type Tensor, crossEntropy, noGrad, scope, tensor } from '../../index.js';
import { type LSTMState, Embedding, LSTM, Linear, Module, clipGradNorm } from '../../nn/index.js';
import { Adam, OneCycleLR } from '../../optim/index.js';
import { Vocabulary, characterTokens, readText } from '../../datasets/index.js';
import { Philox } from '../../core/random.js';
import { type Context, type Example, type Outcome, requireData, requireEnough } from '../example.js';
import { escapeMarkup } from '../markup.js';
import { lineChart } from '../plot.js';

/*
 * A language model of single characters: an LSTM reads Shakespeare and says, after each character, how likely every next one is
 * (Karpathy 2015, "The unreasonable effectiveness of recurrent neural networks").
 */

// 1. Data: the last twentieth of the text is held out. Batch row b reads its own stretch of the text from the beginning on.

const HELD_OUT = 0.05;
const BATCH = 32;
const TIME = 32;

/** How many characters each row has of a text, and how many steps of TIME that makes. */
const rowLength = (text: Int32Array) => Math.floor((text.length - 1) / BATCH);
const stepsIn = (text: Int32Array) => Math.floor(rowLength(text) / TIME);

/** Step `step` of a walk through the text in BATCH rows: characters [TIME, BATCH], and those that follow each. */
function batchAt(text: Int32Array, step: number): { inputs: Int32Array; targets: Int32Array } {
  const first = (step % stepsIn(text)) * TIME;
  const pick = (shift: number) =>
    Int32Array.from({ length: TIME * BATCH }, (_, i) => text[(i % BATCH) * rowLength(text) + first + Math.floor(i / BATCH) + shift]);
  return { inputs: pick(0), targets: pick(1) };
}

// 2. Model: a vector a character, an LSTM, scores for the next character.

const EMBEDDING = 24;
const HIDDEN = 128;

class LanguageModel extends Module<[ids: Tensor, state: LSTMState | null], [scores: Tensor, state: LSTMState]> {
  readonly embedding: Embedding;
  readonly lstm = new LSTM(EMBEDDING, HIDDEN);
  readonly head: Linear;

  constructor(readonly characters: number) {
    super();
    this.embedding = new Embedding(characters, EMBEDDING);
    this.head = new Linear(HIDDEN, characters);
  }

  /** ids [time, batch] to scores [time * batch, characters], and the state after the last of them. */
  forward(ids: Tensor, state: LSTMState | null): [scores: Tensor, state: LSTMState] {
    const [outputs, last] = this.lstm.call(this.embedding.call(ids), state);
    return [this.head.call(outputs.reshape([-1, HIDDEN])), last];
  }
}

// 3. Loss: nats a character. 4. Optimiser: Adam, its rate rising, then falling. 5. Loop: truncated backpropagation through time: the
// state is handed on from batch to batch, the gradient is not.

async function run(context: Context): Promise<Outcome> {
  const { seed, quick, progress } = context;
  const file = join(requireData(context, 'tinyshakespeare.txt (from karpathy/char-rnn)'), 'tinyshakespeare.txt');
  const characters = characterTokens(await readText(file));
  requireEnough(file, 'characters', characters.length, Math.ceil((BATCH * TIME + 1) / HELD_OUT));
  const vocabulary = Vocabulary.build([characters], { specials: [] });
  const text = vocabulary.encode(characters);
  const split = Math.floor((1 - HELD_OUT) * text.length);
  const [known, held] = [text.subarray(0, split), text.subarray(split)];

  const steps = quick ? 20 : 400;
  const model = new LanguageModel(vocabulary.size);
  const optimizer = new Adam(model.parameters());
  const schedule = new OneCycleLR(optimizer, { maxLr: 1e-2, totalSteps: steps, pctStart: 0.2 });
  const bar = progress(steps, 'steps');
  const losses: [number, number][] = [];
  let state: LSTMState | null = null;
  for (let step = 0; step < steps; step++) {
    const { inputs, targets } = batchAt(known, step);
    const result: { loss: Tensor; next: LSTMState } = scope(() => {
      optimizer.zeroGrad();
      const [scores, next] = model.call(tensor(inputs, [TIME, BATCH]), state);
      const loss = crossEntropy(scores, tensor(targets));
      loss.backward();
      clipGradNorm(model.parameters(), 1);
      optimizer.step();
      const [hidden, cell] = next;
      return { loss: loss.detach(), next: [hidden.detach(), cell.detach()] };
    });
    schedule.step();
    state?.forEach((part) => part.dispose());
    state = result.next;
    if (step % 10 === 9) {
      losses.push([step + 1, await result.loss.item()]);
      bar.update(step + 1, `${losses.at(-1)![1].toFixed(3)} nats a character`);
    }
    result.loss.dispose();
  }

  // 6. Result: nats a character on the held-out text, and a sample of the model's own.
  const heldOut = await lossOn(model, held, quick ? 1 : stepsIn(held));
  const sample = await writeText(model, vocabulary, 'ROMEO:\n', quick ? 20 : 500, seed);
  return {
    metrics: { 'held-out nats a character': heldOut },
    text: sample,
    page: [
      { heading: 'Training loss', body: lineChart({ loss: losses }, { x: 'step', y: 'nats a character' }) },
      { heading: 'A sample', body: `<pre>${escapeMarkup(sample)}</pre>` },
    ],
  };
}

/** Nats a character over all of `text`: the state is handed on here as well. */
async function lossOn(model: LanguageModel, text: Int32Array, steps: number): Promise<number> {
  return scope(() =>
    noGrad(async () => {
      let total = 0;
      let state: LSTMState | null = null;
      for (let step = 0; step < steps; step++) {
        const { inputs, targets } = batchAt(text, step);
        const [scores, next]: [Tensor, LSTMState] = model.call(tensor(inputs, [TIME, BATCH]), state);
        total += await crossEntropy(scores, tensor(targets)).item();
        state = next;
      }
      return total / steps;
    }),
  );
}

/** Draws one character after the other from what the model finds likely. */
async function writeText(model: LanguageModel, vocabulary: Vocabulary, start: string, length: number, seed: number): Promise<string> {
  const random = new Philox(seed, 2);
  return scope(() =>
    noGrad(async () => {
      const written = [...vocabulary.encode(characterTokens(start))];
      let [scores, state] = model.call(tensor(Int32Array.from(written), [written.length, 1]), null);
      for (let i = 0; i < length; i++) {
        const shares = (await scores.softmax({ axis: 1 }).data()).slice(-vocabulary.size);
        let left = random.uniform();
        const next = Math.max(
          0,
          shares.findIndex((share) => (left -= share) < 0),
        );
        written.push(next);
        [scores, state] = model.call(tensor(Int32Array.of(next), [1, 1]), state);
      }
      return vocabulary.decode(written).join('');
    }),
  );
}

export const example: Example = {
  name: 'char-rnn',
  title: 'an LSTM reads Shakespeare character by character, and writes some of its own',
  goal: { metric: 'held-out nats a character', direction: 'at most', value: 2.0 },
  quickGoal: { metric: 'held-out nats a character', direction: 'at most', value: 3.6 },
  run,
};
