import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { shutdown } from '../index.js';
import { LacksOp, type LoadedRow, type OpContender } from '../bench/peers/ops/contender.js';
import { enter, raceRow } from '../bench/peers/ops/race.js';
import { geometricMean, opsReport, summarizeRow } from '../bench/peers/ops/report.js';
import { ROWS, type Row } from '../bench/peers/ops/rows.js';
import { tapegrad } from '../bench/peers/ops/tapegrad.js';
import { assertNoLeak, initBothDevices } from './support.js';

/* The comparison of single ops, without the peers: they are not installed here. */

const PRODUCT: Row = { name: 'matmul', op: 'matmul', attrs: {}, inputs: [{ shape: [5, 7] }, { shape: [7, 3] }] };
const POOLING: Row = {
  name: 'maxPool2dGrad',
  op: 'maxPool2dGrad',
  attrs: { size: 2 },
  inputs: [{ shape: [1, 2, 2, 2], layout: 'image' }, { shape: [1, 2, 4, 4], layout: 'image', distinct: true }],
  layouts: ['image'],
};
const LSTM: Row = {
  name: 'lstm',
  op: 'lstm',
  attrs: {},
  inputs: [{ shape: [2, 3, 4] }, { shape: [20, 4], layout: 'dense' }, { shape: [20, 5], layout: 'dense' }, { shape: [20] }, { shape: [2, 3, 5] }],
  layouts: [null, null, 'dense', 'dense', null],
};
const reference = tapegrad('cpu', 'float64');

/** A peer that takes `delay` milliseconds a call and gives `outputs`. */
function peer(name: string, outputs: number[] | (() => never), delay = 0): OpContender {
  const loaded: LoadedRow = {
    outputs: async () => [Array.isArray(outputs) ? outputs : outputs()],
    run: (calls) => new Promise((resolve) => setTimeout(resolve, delay * calls)),
    dispose() {},
  };
  return { name, version: '1', prepare: async () => {}, load: async () => loaded, dispose() {} };
}

async function right(row: Row): Promise<number[]> {
  const loaded = await reference.load(row);
  const [values] = await loaded.outputs();
  loaded.dispose();
  return [...(values as Float64Array)];
}

test.before(initBothDevices);

for (const row of [PRODUCT, POOLING, LSTM]) {
  test(`${row.name}: tapegrad alone is held against float64 and timed`, async () => {
    await assertNoLeak(async () => {
      const { calls, lanes } = await raceRow(row, await enter([tapegrad()]), reference, 3);
      assert.is(lanes[0].missing, null);
      assert.is(lanes[0].milliseconds.length, 3);
      assert.ok(calls >= 1 && lanes[0].milliseconds.every((value) => value > 0));
    });
  });
}

test('a wrong result gets no number, whether alone, outvoted, or one of two', async () => {
  const values = await right(PRODUCT);
  const wrong = values.map((value, i) => (i === 4 ? value + 0.01 : value));
  const missing = async (...contenders: OpContender[]) =>
    (await raceRow(PRODUCT, await enter(contenders), reference, 1)).lanes.map((lane) => lane.missing !== null);
  assert.equal(await missing(peer('a', wrong)), [true]);
  assert.equal(await missing(peer('a', wrong), peer('b', values)), [true, false]);
  assert.equal(await missing(peer('a', values), peer('b', wrong), peer('c', values)), [false, true, false]);
  const { lanes } = await raceRow(PRODUCT, await enter([peer('a', wrong)]), reference, 1);
  assert.match(lanes[0].missing!, /wrong result: element 4 of output 0/);
  assert.equal(lanes[0].milliseconds, []);
});

test('ratios are to the fastest peer; who lacks an op says why', async () => {
  const values = await right(PRODUCT);
  const lacking = peer('d', () => {
    throw new LacksOp('it has no matmul');
  });
  const contenders = [peer('tapegrad', values, 10), peer('b', values, 60), peer('c', values, 30), lacking];
  const result = await raceRow(PRODUCT, await enter(contenders), reference, 3);
  const summary = summarizeRow(result);
  assert.is(summary.fastestPeer, 'c');
  assert.ok(summary.ratio! > 1.5 && summary.ratio! < 4.5, `ratio ${summary.ratio}`);
  assert.equal(summary.missing, { d: 'it has no matmul' });
  assert.match(opsReport([result]), /no number: matmul: d: it has no matmul/);
  const slow = { ...summary, ratio: 0.5 };
  assert.is(geometricMean([{ ...summary, ratio: 2 }, slow, { ...summary, ratio: null }]), 1);
});

test('rows have names of their own', () => {
  assert.is(new Set(ROWS.map(({ name }) => name)).size, ROWS.length);
});

test.after(() => shutdown('webgpu'));

test.run();
