import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, memory, shutdown } from '../index.js';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import { compareSides } from '../bench/compare.js';
import { type Bench, openBench } from '../bench/device.js';
import { meet } from '../bench/measure.js';
import { fmaRows, memoryRows, smallestRow } from '../bench/probes.js';
import type { Row } from '../bench/rows.js';
import { runBench } from '../bench/run.js';
import { type Side, ownSide } from '../bench/side.js';
import { hasFailed, remark, summaryLine } from '../bench/text.js';
import { hashOfBits } from '../bench/verify.js';
import benchScratchWgsl from './fixtures/benchScratch.wgsl';

/* The bench on a device: its clock, its probes, and verification before timing. No figure is asserted. */

let bench: Bench;

const test = suite('bench-run');
test.before(async () => {
  const { backend } = await init({ device: 'webgpu' });
  await init({ device: 'cpu' });
  bench = await openBench(backend as WebGpuBackend);
});
test.after(() => shutdown('webgpu'));

test('the clock knows its method, its quantum and how long a sample must be', () => {
  const { method, reason, quantum, shortestSample } = bench.clock;
  assert.is(method === 'gpu timestamps', reason === null, `${method}: ${reason}`);
  assert.ok(quantum > 0 && shortestSample >= 100 * quantum);
});

test('probes compute what they should', async () => {
  const small = memoryRows(bench.backend.family).filter(({ bytes }) => bytes < 2 ** 20).map(({ row }) => row);
  for (const row of [...fmaRows(bench.backend.family), ...small, smallestRow]) {
    const { problem, worst } = await meet(bench, row);
    assert.is(problem, null, row.id);
    assert.ok(worst! <= 1);
  }
});

/** A row whose reference says something else than its kernel computes, here and there. */
function wrong(row: Row, spoil: (expected: { [i: number]: number; length: number }) => void): Row {
  const cpu: Row['op']['cpu'] = (inputs, outputs, attrs) => {
    row.op.cpu(inputs, outputs, attrs);
    spoil(outputs[0].data);
  };
  return { ...row, id: `${row.id}, spoilt`, op: { ...row.op, cpu } };
}

/** A row whose kernel leaves out the last workgroup. */
function unfinished(row: Row): Row {
  const kernel: Row['op']['kernel'] = (call) => {
    const { launches: [launch] } = row.op.kernel(call);
    return { launches: [{ ...launch, workgroups: [launch.workgroups[0] - 1, 1, 1] }] };
  };
  return { ...row, id: `${row.id}, unfinished`, op: { ...row.op, kernel } };
}

/** A copy of 64 elements by an entry point of `benchScratch.wgsl`. */
function onScratch(entryPoint: string): Row {
  const op: Row['op'] = {
    ...smallestRow.op,
    kernel: () => ({
      launches: [{ module: benchScratchWgsl, entryPoint, workgroups: [1, 1, 1] }],
      scratch: { seen: { shape: [64], dtype: 'int32' } },
    }),
  };
  return { id: entryPoint, op, shape: { label: '', inputs: [{ shape: [64] }], attrs: { size: 64 } } };
}

test('a kernel that takes scratch to be zero, or leaves something in it for its next run, gets no number', async () => {
  const { rows } = await runBench(bench, {
    rows: [onScratch('zeroed'), onScratch('counting')], secondsPerRow: 0.01, sidesOf: () => [ownSide(bench)], onStep() {},
  });
  assert.equal(rows.map(({ status, figures }) => [status, figures]), [['wrong', null], ['wrong', null]]);
  assert.match(rows[0].problem!, /^out\[\d+\] is 2143289344, the CPU in float64 has /, 'scratch held NaN');
  assert.match(rows[1].problem!, /^right when run once, but its timed runs left other bits/);
});

test('a row that one side lacks is absent there, which is no failure, and measured on the other', async () => {
  const other: Side = {
    name: 'other',
    meet: async () => ({ absent: 'the other commit has no such row' }),
    measureRound: () => Promise.reject(new Error('it has no row')),
  };
  const record = await runBench(bench, { rows: [smallestRow], secondsPerRow: 0.01, sidesOf: () => [other, ownSide(bench)], onStep() {} });
  assert.equal(record.rows.map(({ status, figures }) => [status, figures === null]), [['absent', true], ['measured', false]]);
  assert.is(remark(record.rows[0]), 'absent: the other commit has no such row');
  assert.is(summaryLine(record), '2 rows: 1 measured, 0 wrong, 0 failed, 1 absent');
  assert.not(hasFailed(record));
  const [{ outcome, problem }] = compareSides(record, 'hot');
  assert.equal([outcome, problem], [null, 'A: absent, the other commit has no such row']);
});

test('a hash of bits tells signs, exponents and places apart', () => {
  const hashes = [[0, 0], [-0, -0], [1, 2], [2, 1], [-1, -2], [2, 4], [1, 2, 0]].map((values) => hashOfBits(Float32Array.from(values)));
  assert.is(new Set(hashes).size, hashes.length, hashes.join());
  assert.is(hashOfBits(new Float32Array(4).subarray(2)), hashes[0], 'of a part of a buffer');
});

test('a wrong kernel is never timed; nor is one that the device refuses; the others are, and nothing leaks', async () => {
  const [copy] = memoryRows(bench.backend.family).filter(({ bytes }) => bytes < 2 ** 20).map(({ row }) => row);
  const tooLarge: Row = { ...smallestRow, id: 'too large', shape: { label: '', inputs: [{ shape: [2 ** 34] }], attrs: { size: 2 ** 34 } } };
  const rows = [wrong(copy, (values) => (values[values.length - 1] += 0.5)), unfinished(copy), tooLarge, copy];
  const before = memory();
  let timed = 0;
  const record = await runBench(bench, {
    rows, secondsPerRow: 0.01, sidesOf: () => [ownSide(bench)],
    onStep: ({ microseconds }) => void (timed += microseconds === null ? 0 : 1),
  });
  assert.equal(record.rows.map(({ status }) => status), ['wrong', 'wrong', 'failed', 'measured']);
  assert.equal(record.rows.map(({ figures }) => figures === null), [true, true, true, false]);
  assert.match(record.rows[0].problem!, /^out\[65535\] is .*, the CPU in float64 has /);
  assert.match(record.rows[1].problem!, /^out\[65472\] is NaN/, 'what no kernel wrote was NaN before');
  assert.match(record.rows[2].problem!, /takes 68719476736 bytes/);
  assert.is(timed, record.rounds);
  const { hot, cold, endToEnd } = record.rows[3].figures!;
  for (const { rounds, count } of [hot, cold, endToEnd]) {
    assert.is(rounds.length, record.rounds);
    assert.is(count, rounds.flat().length);
    assert.ok(rounds.flat().every((time) => time > 0));
  }
  assert.equal(record.drift.map(({ rounds }) => rounds.length), [record.rounds, record.rounds], 'multiply-adds, and the largest copy');
  assert.ok(record.drift[0].id.startsWith('probe ') && record.drift[1].id.startsWith('probe copy'), record.drift.map(({ id }) => id).join());
  assert.is(memory().liveBytes, before.liveBytes);
  assert.is(memory().liveTensors, before.liveTensors);
});

test.run();
