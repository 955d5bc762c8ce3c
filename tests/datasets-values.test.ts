import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Philox, TapegradError } from '../index.js';
import {
  SequenceLoader, Vocabulary, blobs, characterTokens, copyTask, crop, fft, flipHorizontal, kFold, logMelSpectrogram, melFilters, noise,
  padSequences, ringCentres, ringOfGaussians, scale, sines, spirals, twoMoons, wordTokens,
} from '../datasets/index.js';
import { throwsError } from './fixtures/expect.js';

/* Tokens, sequences, spectra, folds, generated sets and image transforms. */

const test = suite('values of data sets');

test('words: lower case, apostrophes inside, punctuation apart, any script', () => {
  assert.equal(wordTokens("It's  GOOD, isn't it?"), ["it's", 'good', ',', "isn't", 'it', '?']);
  assert.equal(wordTokens('Élan 42 привет'), ['élan', '42', 'привет']);
  assert.equal(wordTokens(''), []);
  assert.equal(characterTokens('a😀b'), ['a', '😀', 'b']);
});

test('vocabulary: by frequency then alphabet, limits, unknown tokens, and back', () => {
  const texts = [['b', 'a', 'c', 'c'], ['a', 'c', 'd']];
  const all = Vocabulary.build(texts);
  assert.equal(all.tokens, ['<pad>', '<unk>', 'c', 'a', 'b', 'd']);
  assert.equal([...all.encode(['d', 'zebra'])], [5, 1]);
  assert.equal(all.decode([2, 3]), ['c', 'a']);
  assert.equal(Vocabulary.build(texts, { maxSize: 4 }).tokens, ['<pad>', '<unk>', 'c', 'a']);
  assert.equal(Vocabulary.build(texts, { minCount: 3, specials: [] }).tokens, ['c']);
  assert.throws(() => Vocabulary.build(texts, { specials: [] }).encode(['zebra']), /no number for the token "zebra"/);
  assert.throws(() => all.decode([6]), /6 is not a number from 0 to 5/);
});

test('padding: up to the longest, or cut to a length', () => {
  const { data, shape, lengths } = padSequences([[1, 2, 3], [4]], { padding: 9 });
  assert.equal([[...data], shape, [...lengths]], [[1, 2, 3, 4, 9, 9], [2, 3], [3, 1]]);
  assert.equal([...padSequences([[1, 2, 3], [4]], { length: 2 }).data], [1, 2, 4, 0]);
  assert.equal(padSequences(new Array<number[]>(200_000).fill([1])).shape, [200_000, 1]);
});

test('sequence loader: every example once, neighbours in length together, a new order each epoch, resumable', () => {
  const random = new Philox(5);
  const sequences = Array.from({ length: 500 }, (_, i) => new Array<number>(1 + random.below(60)).fill(i));
  const labels = sequences.map((_, i) => i % 2);
  const loader = new SequenceLoader(sequences, labels, { batchSize: 16, shuffle: true, seed: 3 });
  const epoch = [...loader.batches(0)];
  assert.is(epoch.length, loader.batchCount);
  const seen = epoch.flatMap(({ indices }) => [...indices]);
  assert.equal([...seen].sort((a, b) => a - b), sequences.map((_, i) => i));
  let padded = 0;
  for (const { inputs: [ids, lengths], targets, indices } of epoch) {
    const width = ids.shape[1];
    indices.forEach((index, row) => {
      assert.is(lengths.data[row], sequences[index].length);
      assert.is(targets[0].data[row], labels[index]);
      for (let t = 0; t < width; t++) assert.is(ids.data[row * width + t], t < sequences[index].length ? index : 0);
    });
    padded += ids.data.length;
  }
  const tokens = sequences.reduce((sum, { length }) => sum + length, 0);
  assert.ok(padded < 1.15 * tokens, `${padded} places for ${tokens} tokens: lengths are not kept together`);
  assert.equal([...loader.batches(0, 7)].map(({ indices }) => [...indices]), epoch.slice(7).map(({ indices }) => [...indices]));
  assert.not.equal([...loader.batches(1)].flatMap(({ indices }) => [...indices]), seen);
  assert.throws(() => new SequenceLoader([[1], []], [0, 1], { batchSize: 2 }), /sequence 1 is empty/);
});

test('fft against the sum that defines it', () => {
  const random = new Philox(1);
  const n = 64;
  const [re, im] = [0, 1].map(() => Float64Array.from({ length: n }, () => random.normal()));
  const [gotRe, gotIm] = [re.slice(), im.slice()];
  fft(gotRe, gotIm);
  for (let k = 0; k < n; k++) {
    let [x, y] = [0, 0];
    for (let t = 0; t < n; t++) {
      const angle = (-2 * Math.PI * k * t) / n;
      x += re[t] * Math.cos(angle) - im[t] * Math.sin(angle);
      y += re[t] * Math.sin(angle) + im[t] * Math.cos(angle);
    }
    assert.ok(Math.hypot(gotRe[k] - x, gotIm[k] - y) < 1e-12 * n, `bin ${k}`);
  }
  assert.throws(() => fft(new Float64Array(12), new Float64Array(12)), /power of two/);
});

test('spectrogram: a pure tone lights up the band that its frequency lies in, silence stays finite', () => {
  const sampleRate = 8000;
  for (const hertz of [440, 1000, 2500]) {
    const samples = Float32Array.from({ length: 2048 }, (_, i) => Math.sin((2 * Math.PI * hertz * i) / sampleRate));
    const { values, bands, frames } = logMelSpectrogram({ samples, sampleRate }, { windowSize: 512, hop: 256, bands: 32 });
    assert.equal([bands, frames], [32, 7]);
    const filters = melFilters(512, sampleRate, 32, 0, 4000);
    const bin = Math.round((hertz * 512) / sampleRate);
    const expected = filters.reduce((best, filter, band) => (filter[bin] > filters[best][bin] ? band : best), 0);
    const column = Array.from({ length: bands }, (_, band) => values[band * frames + 3]);
    assert.is(column.indexOf(Math.max(...column)), expected, `${hertz} Hz`);
  }
  const quiet = logMelSpectrogram({ samples: new Float32Array(100), sampleRate });
  assert.is(quiet.frames, 1);
  assert.ok(quiet.values.every(Number.isFinite));
});

test('folds: each example is tested on once, classes in equal shares, seeded', () => {
  const labels = Array.from({ length: 103 }, (_, i) => (i % 10 < 3 ? 1 : 0));
  const folds = kFold(labels, 5, 1);
  assert.equal(folds.flatMap(({ test: tested }) => [...tested]).sort((a, b) => a - b), labels.map((_, i) => i));
  for (const { train, test: tested } of folds) {
    assert.is(train.length + tested.length, 103);
    assert.is([...train].some((i) => tested.includes(i)), false);
    const ones = [...tested].filter((i) => labels[i] === 1).length;
    assert.ok(ones === 6 || ones === 7, `${ones} ones in a fold; 33 in all`);
  }
  assert.equal(kFold(labels, 5, 1), folds);
  assert.not.equal(kFold(labels, 5, 2), folds);
  assert.throws(() => kFold([0, 1], 3), /^kFold: folds of 2 examples must be a whole number from 2 to 2, got 3$/);
});

test('generated points: classes in equal shares, seeded, where they ought to lie', () => {
  for (const make of [twoMoons, spirals, blobs, ringOfGaussians]) {
    const { points, labels } = make(240, { seed: 4 });
    assert.equal(make(240, { seed: 4 }).points, points);
    assert.not.equal(make(240, { seed: 5 }).points, points);
    const classes = Math.max(...labels) + 1;
    for (let k = 0; k < classes; k++) assert.is(labels.filter((label) => label === k).length, 240 / classes);
  }
  const ring = ringOfGaussians(800, { noise: 0.05 });
  ringCentres().forEach(([x, y], k) => {
    const own = [...ring.labels.keys()].filter((i) => ring.labels[i] === k);
    const meanX = own.reduce((sum, i) => sum + ring.points[2 * i], 0) / own.length;
    const meanY = own.reduce((sum, i) => sum + ring.points[2 * i + 1], 0) / own.length;
    assert.ok(Math.hypot(meanX - x, meanY - y) < 0.03, `island ${k}`);
  });
  const clean = spirals(300, { noise: 0 });
  for (let i = 0; i < 300; i++) assert.ok(Math.hypot(clean.points[2 * i], clean.points[2 * i + 1]) <= 1);
});

test('generated sequences: sines within bounds, the copy task repeats its symbols', () => {
  const waves = sines(3, 50, { noise: 0 });
  assert.is(waves.length, 150);
  assert.ok(waves.every((value) => Math.abs(value) <= 1));
  const { inputs, targets, shape } = copyTask(4, { symbols: 3, delay: 2, alphabet: 5 });
  assert.equal(shape, [4, 9]);
  for (let i = 0; i < 4; i++) {
    const [input, target] = [inputs.subarray(9 * i, 9 * i + 9), targets.subarray(9 * i, 9 * i + 9)];
    assert.ok(input.subarray(0, 3).every((symbol) => symbol >= 2 && symbol < 7));
    assert.equal([...input.subarray(3)], [0, 0, 1, 0, 0, 0]);
    assert.equal([...target], [0, 0, 0, 0, 0, 0, ...input.subarray(0, 3)]);
  }
});

const sequences = (options: object) => () => new SequenceLoader([[1], [2]], [0, 1], { batchSize: 1, ...options });
const batches = (epoch: number, start: number) => () => [...sequences({})().batches(epoch, start)];
const spectrum = (options: object) => () => logMelSpectrogram({ samples: new Float32Array(256), sampleRate: 8000 }, options);

const UNFIT: [() => unknown, RegExp][] = [
  [spectrum({ hop: 100.5 }), /^logMelSpectrogram: hop must be a whole number from 1, got 100\.5$/],
  [spectrum({ bands: 2.5 }), /^logMelSpectrogram: bands must be a whole number from 1, got 2\.5$/],
  [spectrum({ windowSize: 1 }), /^logMelSpectrogram: windowSize must be a whole number from 2, got 1$/],
  [spectrum({ low: '0' }), /^logMelSpectrogram: low must be a number, got '0'$/],
  [spectrum({ high: 4001 }), /^logMelSpectrogram: the range 0 to 4001 Hz does not fit a sample rate of 8000$/],
  [() => padSequences([[1, 2, 3]], { length: 2.5 }), /^padSequences: length must be a whole number from 0, got 2\.5$/],
  [sequences({ maxLength: 1.5 }), /^SequenceLoader: maxLength must be a whole number from 1, got 1\.5$/],
  [sequences({ maxLength: -1 }), /^SequenceLoader: maxLength must be a whole number from 1, got -1$/],
  [sequences({ batchSize: 0 }), /^SequenceLoader: batchSize must be a whole number from 1, got 0$/],
  [batches(0, -1), /^SequenceLoader\.batches: start must be a whole number from 0, got -1$/],
  [batches(0.5, 0), /^SequenceLoader\.batches: epoch must be a whole number from 0 to 16777215, got 0\.5$/],
  [() => spirals(3, { arms: 0 }), /^spirals: arms must be a whole number from 1, got 0$/],
  [() => spirals(3, { turns: 'x' as never }), /^spirals: turns must be a number, got 'x'$/],
  [() => twoMoons(2.5), /^twoMoons: count must be a whole number from 0, got 2\.5$/],
  [() => twoMoons(-1), /^twoMoons: count must be a whole number from 0, got -1$/],
  [() => twoMoons(1, { noise: 'x' as never }), /^twoMoons: noise must be a number, got 'x'$/],
  [() => blobs(3, { classes: 0 }), /^blobs: classes must be a whole number from 1, got 0$/],
  [() => ringOfGaussians(3, { modes: 0.5 }), /^ringCentres: modes must be a whole number from 1, got 0\.5$/],
  [() => sines(1, 2.5), /^sines: length must be a whole number from 0, got 2\.5$/],
  [() => copyTask(1, { delay: -1 }), /^copyTask: delay must be a whole number from 0, got -1$/],
  [() => Vocabulary.build([['a']], { maxSize: 1 }), /^Vocabulary\.build: maxSize with 2 specials must be a whole number from 2, got 1$/],
];
for (const [call, message] of UNFIT) test(`a size that does not fit: ${message.source}`, () => throwsError(call, TapegradError, message));

const SHAPE = [1, 3, 3] as const;
const IMAGE = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9]);

test('transforms: flip, crop, scale, noise', () => {
  assert.equal([...flipHorizontal(1)(IMAGE, SHAPE, new Philox(0))], [3, 2, 1, 6, 5, 4, 9, 8, 7]);
  const kept = flipHorizontal(0)(IMAGE, SHAPE, new Philox(0));
  assert.equal([...kept], [...IMAGE]);
  assert.is.not(kept, IMAGE);
  const flips = Array.from({ length: 400 }, (_, i) => flipHorizontal()(IMAGE, SHAPE, new Philox(i))[0]).filter((first) => first === 3).length;
  assert.ok(flips > 150 && flips < 250, `${flips} of 400 are flipped`);
  const shifts = new Set(Array.from({ length: 200 }, (_, i) => crop(1)(IMAGE, SHAPE, new Philox(i)).join()));
  assert.is(shifts.size, 9);
  assert.ok(shifts.has('5,6,0,8,9,0,0,0,0'), 'the lower right corner, zeros around it');
  assert.equal([...scale(1, 1)(IMAGE, SHAPE, new Philox(0))], [...IMAGE]);
  assert.equal([...scale(2, 2)(IMAGE, SHAPE, new Philox(0))], [3, 3.5, 4, 4.5, 5, 5.5, 6, 6.5, 7]);
  const noisy = noise(0.5)(new Float32Array(10_000), [1, 100, 100], new Philox(1));
  const deviation = Math.sqrt(noisy.reduce((sum, value) => sum + value * value, 0) / noisy.length);
  assert.ok(Math.abs(deviation - 0.5) < 0.02, `standard deviation ${deviation}`);
});

test.run();
