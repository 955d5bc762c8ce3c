import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Tuning, type TuningTable } from '../core/webgpu/tuning.js';
import type { RowRecord } from '../bench/record.js';
import { type Row, callOf, selectRows } from '../bench/rows.js';
import { chooseVariants, writeTable } from '../bench/tune.js';
import { madeUpRow } from './fixtures/benchRecord.js';
import { DEFAULT_LIMITS } from './gradcheck/plans.js';

/* `npm run bench -- --tune`: what it chooses of made-up figures, and the table that it writes. */

const folder = mkdtempSync(join(tmpdir(), 'tapegrad-tune-'));
const test = suite('bench-tune');
test.after(() => rmSync(folder, { recursive: true, force: true }));

const adapter = { description: 'a new (software) adapter, v1.0', family: 'software', limits: DEFAULT_LIMITS } as const;

/** Two sizes of one op with two variants, by name only; the first is taken untuned. */
const rows: Row[] = selectRows(/^matmul (256|512)\^3$/, []).map((row) => ({
  ...row,
  op: {
    ...row.op,
    kernel: (call) => row.op.kernel({ ...call, variant: row.op.variants?.names[0] }),
    variants: { names: ['plain', 'clever'], bucket: () => 'square' },
  },
}));

function figures(plain: (number | null)[], clever: (number | null)[]): RowRecord[] {
  return rows.flatMap(({ id }, i) => [madeUpRow(id, plain[i], 'plain'), madeUpRow(id, clever[i], 'clever')]);
}

const chosen = (plain: (number | null)[], clever: (number | null)[]) => {
  const [choice, ...more] = chooseVariants(rows, figures(plain, clever), adapter);
  assert.is(more.length, 0, 'both sizes are in one bucket');
  return [choice.op, choice.bucket, choice.variant, Number(choice.gain.toFixed(3))];
};

test('the faster variant over all rows of a bucket', () => {
  assert.equal(chosen([100, 100], [50, 50]), ['matmul', 'square', 'clever', 2]);
  assert.equal(chosen([100, 100], [25, 100]), ['matmul', 'square', 'clever', 2]);
  assert.equal(chosen([100, 100], [25, 500]), ['matmul', 'square', 'plain', 1]);
});

test('what is taken untuned stays unless another one is clearly faster, and right everywhere', () => {
  assert.equal(chosen([100, 100], [97, 97]), ['matmul', 'square', 'plain', 1], 'by less than 5 %');
  assert.equal(chosen([100, 100], [10, null]), ['matmul', 'square', 'plain', 1], 'wrong at one size');
  assert.equal(chosen([null, 100], [500, 500]), ['matmul', 'square', 'clever', 1], 'the untuned one is wrong');
  const unsteady = figures([100, 100], [50, 50]).map((row) => {
    if (row.side === 'plain') return row;
    const rounds = row.figures!.hot.rounds.map((times, round) => (round === 0 ? times.map((time) => 2.2 * time) : times));
    return { ...row, figures: { ...row.figures!, hot: { ...row.figures!.hot, rounds } } };
  });
  assert.is(chooseVariants(rows, unsteady, adapter)[0].variant, 'plain', 'slower in one round of five');
});

test('the table: made for a new adapter, kept up for a known one, and found by the engine', () => {
  const choices = chooseVariants(rows, figures([100, 100], [50, 50]), adapter);
  const path = writeTable(adapter, choices, folder);
  assert.equal(readdirSync(folder), ['a-new-software-adapter-v1-0.json']);
  const table = JSON.parse(readFileSync(path, 'utf8')) as TuningTable;
  assert.is(table.entries.matmul.square.variant, 'clever');
  const call = { ...callOf(rows[0]), limits: DEFAULT_LIMITS };
  assert.is(new Tuning(adapter.description, 'software', [table]).variantOf(rows[0].op, call), 'clever');
  assert.is(new Tuning(`${adapter.description}1`, 'discrete', [table]).variantOf(rows[0].op, call), 'plain', 'another adapter of another family');

  writeFileSync(path, JSON.stringify({ ...table, entries: { ...table.entries, conv2d: { small: { variant: 'x', wgsl: {} } } } }));
  writeTable(adapter, chooseVariants(rows, figures([50, 50], [100, 100]), adapter), folder);
  const updated = JSON.parse(readFileSync(path, 'utf8')) as TuningTable;
  assert.equal(Object.keys(updated.entries), ['conv2d', 'matmul'], 'entries of other ops stay');
  assert.is(updated.entries.matmul.square.variant, 'plain');
});

test.run();
