import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../examples/commandLine.js';
import { Philox } from '../index.js';
import {
  allowForDrift, compareRuns, compareSides, comparisonLine, differencesOf, outcomeOf, ratioOfRuns, ratioOfSides,
} from '../bench/compare.js';
import { FIGURES } from '../bench/measure.js';
import { readRecord } from '../bench/readRecord.js';
import type { BenchRecord, RowRecord } from '../bench/record.js';

/* `bench compare`: its verdicts on made-up and on recorded figures. */

const test = suite('bench-compare');

const RECORDED = ['A', 'B'].map((name) => `tests/fixtures/benchRun${name}.json`)
  .map((file) => readRecord(readFileSync(file, 'utf8'), file));

const single = (...medians: number[]) => medians.map((median) => [median]);

test('the ratio of two runs spans every pair of rounds', () => {
  assert.equal(ratioOfRuns(single(10, 20), single(10, 30)), { median: 1.25, low: 0.5, high: 3 });
  assert.equal(ratioOfRuns([[9, 10, 99]], [[5, 5]]), { median: 0.5, low: 0.5, high: 0.5 }, 'medians of the rounds, not their means');
});

test('with five rounds each, the two extreme ratios at either end are left out', () => {
  const { low, high } = ratioOfRuns(single(1, 1, 1, 1, 1), single(0.1, 0.9, 1, 1.1, 10));
  assert.equal([low, high], [0.1, 10], 'one odd round in five is five ratios of 25: the machine may be like that');
  const once = ratioOfRuns(single(1, 1, 1, 1, 7), single(1, 1, 1, 1, 7));
  assert.equal([once.low, once.high], [1 / 7, 7]);
  assert.equal(ratioOfRuns(single(1, 2, 3, 4, 5), single(1, 2, 3, 4, 5)), { median: 1, low: 1 / 3, high: 3 });
});

test('the ratio of two sides of one run is taken round by round', () => {
  assert.equal(ratioOfSides(single(10, 1000), single(11, 1200)), { median: 1.15, low: 1.1, high: 1.2 });
});

test('verdicts: all of the interval beyond the threshold, all within it, or undecided', () => {
  const interval = (low: number, high: number) => outcomeOf({ median: (low + high) / 2, low, high }, 5);
  assert.is(interval(0.5, 0.9), 'FASTER');
  assert.is(interval(1.1, 2), 'SLOWER');
  assert.is(interval(0.97, 1.03), 'SAME');
  assert.is(interval(0.9, 1.1), 'UNDECIDED');
  assert.is(interval(0.5, 0.97), 'UNDECIDED', 'faster, but perhaps by nothing that counts');
  assert.is(interval(1.02, 2), 'UNDECIDED');
  assert.is(outcomeOf({ median: 0.1, low: 0.1, high: 0.1 }, 4), 'UNDECIDED', 'four rounds prove too little');
});

test('a slower machine excuses as much', () => {
  const ratio = { median: 1.4, low: 1.3, high: 1.5 };
  assert.equal(allowForDrift(ratio, [1, 1]), ratio);
  assert.is(outcomeOf(allowForDrift(ratio, [1.35, 1]), 5), 'UNDECIDED');
  assert.is(outcomeOf(allowForDrift(ratio, [1.1, 1]), 5), 'SLOWER');
  assert.is(outcomeOf(allowForDrift({ median: 0.7, low: 0.65, high: 0.75 }, [0.7, 0.9]), 5), 'UNDECIDED', 'a faster machine is no faster kernel');
  assert.is(outcomeOf(allowForDrift({ median: 0.7, low: 0.65, high: 0.75 }, [1.5, 1.2]), 5), 'FASTER', 'faster on a slower machine');
});

function row(id: string, rounds: number[][] | null, side = 'this', inputs: string[] = []): RowRecord {
  const figure = rounds && { count: 5, median: rounds[0][0], mad: 0, p10: 0, p90: 0, noise: 0, rounds };
  return {
    id, side, op: id, label: '', axes: null, inputs, flops: 1, bytes: 1, status: figure ? 'measured' : 'wrong', problem: figure ? null : 'out[3] is 7',
    method: 'wall clock', contact: null, rotatedBytes: 0, figures: figure && { hot: figure, cold: figure, endToEnd: figure }, speeds: null,
  };
}

function run(rows: RowRecord[], { adapter = 'gpu', method = 'wall clock', drift = 1 } = {}): BenchRecord {
  return {
    environment: { adapter }, clock: { method }, drift: [{ id: 'probe', rounds: [drift, drift, drift] }], rows,
  } as unknown as BenchRecord;
}

const around = (time: number) => single(time, 1.01 * time, 0.99 * time, time, time);

test('two runs, row by row', () => {
  const before = run([row('a', around(100)), row('b', around(100)), row('c', around(100)), row('d', around(100)), row('gone', around(1)), row('e', around(5))]);
  const after = run([row('a', around(50)), row('b', around(200)), row('c', around(101)), row('d', single(90, 100, 100, 110, 100)), row('new', around(1)), row('e', null)]);
  const compared = compareRuns(before, after, 'hot');
  const outcomes = Object.fromEntries(compared.map(({ name, outcome }) => [name, outcome]));
  assert.equal(outcomes, { a: 'FASTER', b: 'SLOWER', c: 'SAME', d: 'UNDECIDED', gone: null, e: null, new: null });
  assert.equal(compared.filter(({ broken }) => broken).map(({ name, problem }) => [name, problem]), [['e', 'B: wrong, out[3] is 7']]);
  assert.is(comparisonLine(compared), '7 rows: 1 FASTER, 1 SLOWER, 1 SAME, 1 UNDECIDED, 3 without a verdict');
  assert.equal(compareRuns(before, run(after.rows as RowRecord[], { drift: 2.1 }), 'hot')[1].outcome, 'UNDECIDED', 'the machine was twice as slow');
});

test('runs on other adapters or clocks cannot be compared', () => {
  assert.throws(() => compareRuns(run([]), run([], { adapter: 'other' }), 'hot'), (error: Error) => error instanceof UsageError && /adapters differ: gpu and other/.test(error.message));
  assert.throws(() => compareRuns(run([]), run([], { method: 'gpu timestamps' }), 'hot'), /clocks differ: wall clock and gpu timestamps/);
});

test('rows of other inputs get no verdict, nor do reports that share no row', () => {
  const of = (inputs: string[], time: number) => run([row('a', around(time), 'this', inputs)]);
  const [compared] = compareRuns(of(['float32[4]'], 1), of(['float32[8]'], 9), 'hot');
  assert.equal([compared.outcome, compared.problem, compared.broken], [null, 'other inputs: A float32[4]; B float32[8]', false]);
  for (const [a, b] of [[run([row('a', around(1))]), run([row('b', around(1))])], [run([]), run([])]]) {
    assert.throws(() => compareRuns(a, b, 'hot'), (error: Error) => error instanceof UsageError && /no row in common/.test(error.message));
  }
});

test('a row that B lacks is not broken', () => {
  const lacking: RowRecord = { ...row('a', null), status: 'absent', problem: 'the other commit has no such row' };
  const [compared] = compareRuns(run([row('a', around(1))]), run([lacking]), 'hot');
  assert.equal([compared.problem, compared.broken], ['B: absent, the other commit has no such row', false]);
});

test('what else was not the same is named', () => {
  const [a] = RECORDED;
  assert.equal(differencesOf(a, a), []);
  const { cpu, cores, webgpu } = a.environment;
  const environment = { ...a.environment, cpu: 'another', cores: 64, webgpu: { ...webgpu!, implementation: 'the browser' } };
  const other = { ...a, environment };
  assert.equal(differencesOf(a, other).map((line) => line.replace('not the same machine: ', '')), [
    `CPU ${cpu} in A, another in B`, `cores ${cores} in A, 64 in B`, `WebGPU ${webgpu!.implementation} in A, the browser in B`,
  ]);
});

const DAMAGES: [string, (record: any) => void, RegExp][] = [
  ['another report', (record) => (record.benchmark = 'step'), /is no JSON report/],
  ['no environment', (record) => delete record.environment, /: environment is no object/],
  ['no clock', (record) => delete record.clock, /: clock is no object/],
  ['no drift', (record) => delete record.drift, /: drift is no list/],
  ['a drift of nothing', (record) => (record.drift[1].rounds = []), /: drift\[1\]\.rounds is no list of 1 or more/],
  ['no rows', (record) => (record.rows = {}), /: rows is no list/],
  ['a row of null', (record) => (record.rows[2] = null), /: rows\[2\] is no object/],
  ['no inputs', (record) => delete record.rows[0].inputs, /: rows\[0\]\.inputs is no list/],
  ['no rounds', (record) => delete record.rows[1].figures.cold.rounds, /: rows\[1\]\.figures\.cold\.rounds is no list of 1 or more/],
  ['an empty round', (record) => (record.rows[1].figures.hot.rounds[3] = []), /\.hot\.rounds\[3\] is no list of 1 or more/],
  ['a time of null', (record) => (record.rows[1].figures.hot.rounds[3][0] = null), /\.hot\.rounds\[3\]\[0\] is no time/],
];
/** A UsageError of one line that says so. */
const refusal = (message: RegExp) => (error: Error) =>
  error instanceof UsageError && /^compare: x\.json is [^\n]+$/.test(error.message) && message.test(error.message);

test('half a report is none', () => {
  assert.throws(() => readRecord('{ "benchmark": "ker', 'x.json'), refusal(/x\.json is no JSON report/));
});
for (const [name, damage, message] of DAMAGES) {
  test(`a damaged report is refused in one line: ${name}`, () => {
    const record = structuredClone(RECORDED[0]);
    damage(record);
    assert.throws(() => readRecord(JSON.stringify(record), 'x.json'), refusal(message));
  });
}

test('sides of one run: paired by round, against the first', () => {
  const sides = run([row('a', single(10, 20, 40, 80, 10), 'old'), row('a', single(8, 16, 32, 64, 8), 'new'), row('b', around(3), 'old'), row('b', around(3), 'new')]);
  assert.equal(compareSides(sides, 'hot').map(({ name, outcome, ratio }) => [name, outcome, ratio!.median]), [['a: new against old', 'FASTER', 0.8], ['b: new against old', 'SAME', 1]]);
  assert.equal(compareSides(run([row('a', around(1))]), 'hot'), []);
});

/** Log-normal noise of about `spread` around a machine's pace, which itself wanders from round to round. */
function noisyRun(random: Philox, spread: number, rows: number): BenchRecord {
  const normal = () => Array.from({ length: 12 }, () => random.uniform()).reduce((sum, value) => sum + value, -6);
  const paces = Array.from({ length: 5 }, () => Math.exp(spread * normal()));
  const rounds = () => paces.map((pace) => Array.from({ length: 4 }, () => 100 * pace * Math.exp(spread * normal())));
  return { ...run(Array.from({ length: rows }, (_, i) => row(`row ${i}`, rounds()))), drift: [{ id: 'probe', rounds: paces }] };
}

for (const spread of [0.005, 0.05, 0.2]) {
  test(`the same kernels twice on a machine with ${100 * spread} % noise: at least 95 % SAME or UNDECIDED`, () => {
    const random = new Philox(1);
    let decided = 0;
    let same = 0;
    for (let pair = 0; pair < 50; pair++) {
      const outcomes = compareRuns(noisyRun(random, spread, 20), noisyRun(random, spread, 20), 'hot').map(({ outcome }) => outcome);
      decided += outcomes.filter((outcome) => outcome === 'FASTER' || outcome === 'SLOWER').length;
      same += outcomes.filter((outcome) => outcome === 'SAME').length;
    }
    assert.ok(decided <= 50, `${decided} of 1000 rows are FASTER or SLOWER`);
    if (spread < 0.01) assert.ok(same > 900, `on a quiet machine most are SAME, not only undecided: ${same}`);
  });
}

test('two recorded runs, on a machine with ten times as much to do as it has cores: at least 95 % of the same kernels SAME or UNDECIDED', () => {
  const [a, b] = RECORDED;
  const unchanged = a.rows.filter(({ id, contact }) => b.rows.find((other) => other.id === id)?.contact!.wgsl === contact!.wgsl);
  assert.ok(unchanged.length >= 10);
  for (const figure of FIGURES) {
    const decided = compareRuns({ ...a, rows: unchanged }, b, figure).filter(({ outcome }) => outcome === 'FASTER' || outcome === 'SLOWER');
    assert.ok(decided.length <= 0.05 * unchanged.length, `${figure}: ${decided.map(({ name, outcome }) => `${name} ${outcome}`).join(', ')}`);
  }
});

test('half as slow again is noticed on a machine with 5 % noise', () => {
  const random = new Philox(2);
  const before = noisyRun(random, 0.05, 50);
  const after = noisyRun(random, 0.05, 50);
  const slower = { ...after, rows: after.rows.map((one) => row(one.id, one.figures!.hot.rounds.map((times) => times.map((time) => 1.5 * time)))) };
  const noticed = compareRuns(before, slower, 'hot').filter(({ outcome }) => outcome === 'SLOWER').length;
  assert.ok(noticed >= 25, `${noticed} of 50`);
});

test.run();
