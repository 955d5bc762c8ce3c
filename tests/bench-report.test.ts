import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { csv } from '../bench/csv.js';
import { html } from '../bench/html.js';
import { markdown } from '../bench/markdown.js';
import { peersRecord } from '../bench/peers/ops/report.js';
import { type BenchRecord, toJson } from '../bench/record.js';
import { COLUMNS, duration, percent, reportText } from '../bench/text.js';
import { madeUpRecord, madeUpRow } from './fixtures/benchRecord.js';

/* The bench's four reports, and its text, of a made-up run: a good row, dead work, and a wrong kernel. */

const test = suite('bench-report');

const rows = [madeUpRow('relu 4M', 10_000), madeUpRow('matmul 512^3', 100), madeUpRow('softmax rows of [128, 10]', null)];
const record = madeUpRecord(rows);

test('durations and shares read well', () => {
  assert.equal([0.5, 12.34, 999, 1500, 123_456, 2e6].map(duration), ['0.500 us', '12.3 us', '999 us', '1.50 ms', '123 ms', '2.00 s']);
  assert.equal([0.012, 0.5, 1.25].map(percent), ['1.2 %', '50 %', '125 %']);
});

test('text: figures, share of the roofline, remarks', () => {
  const text = reportText(record);
  // 32 MiB in 10 ms are 3.4 GB/s of the 4 that the copy of this size reaches.
  assert.match(text, /^relu 4M +10\.0 ms +0\.0 % +0\.42 +3\.4 +84 % /m);
  assert.match(text, /^matmul 512\^3 .*DEAD WORK/m);
  assert.match(text, /^softmax rows of \[128, 10\] +- .*WRONG, no number: out\[3\] is 7/m);
  assert.match(text, /^3 rows: 2 measured, 1 wrong, 0 failed$/m);
  assert.match(text, /^Clock: wall clock \(the device has no timestamp-query\), quantum 1\.00 us/m);
});

test('CSV: a line a row, as many cells in each; a wrong kernel has no number', () => {
  const [head, ...lines] = csv(record).trim().split('\r\n').map((line) => line.match(/("([^"]|"")*"|[^,]*)(,|$)/g)!.slice(0, -1));
  assert.is(lines.length, 3);
  for (const line of lines) assert.is(line.length, head.length);
  const cell = (line: number, title: string) => lines[line][head.findIndex((name) => name === `${title},`)];
  assert.is(cell(0, 'hot median'), '10000,');
  assert.is(cell(1, 'dead work'), 'true,');
  assert.is(cell(2, 'hot median'), ',');
  assert.is(cell(2, 'problem'), '"out[3] is 7, the CPU in float64 has 8",');
  const stamp = ['variant', 'wgsl', 'adapter', 'commit'].map((title) => cell(1, title));
  assert.equal(stamp, ['packed,', '0123abcd,', 'an adapter,', '0123456789ab,']);
});

test('all reports say of which kernel, adapter and commit a figure is', () => {
  for (const write of [toJson, csv, markdown, html, reportText]) {
    const text = write(record);
    for (const word of ['packed', '0123abcd', 'an adapter', '0123456789ab']) assert.ok(text.includes(word), `${write.name}: ${word}`);
  }
});

test('cold buffers that stay within the caches: no share of the roofline, and a remark that says how much they hold', () => {
  const small = madeUpRecord([madeUpRow('softmax rows of [128, 10]', 50, 'this', 5 * 2 ** 20)]);
  assert.match(reportText(small), /^softmax rows of \[128, 10\] .* 50\.0 us .* cold within 5\.0 MiB$/m);
  assert.match(csv(small), /^row,.*,cold of roofline,cold MiB,.*\r\n.*,[\d.]+,,5,memory,false,/m);
  assert.not.match(reportText(record), /cold within/);
});

test('Markdown: one table, every column explained', () => {
  const text = markdown(record);
  assert.match(text, /^\| relu 4M \| 10\.0 ms \|/m);
  for (const { title, meaning } of COLUMNS) assert.ok(text.includes(`- **${title}**: ${meaning}`));
});

test('JSON: reads back as it was, samples on one line a round', () => {
  const text = toJson(record);
  assert.equal(JSON.parse(text).rows.map(({ id }: { id: string }) => id), rows.map(({ id }) => id));
  assert.equal((JSON.parse(text) as BenchRecord).rows[0].figures!.hot.rounds, rows[0].figures!.hot.rounds);
  assert.match(text, /\[10000\]/);
});

test('HTML: charts and tables, nothing loaded from elsewhere, names escaped', () => {
  const page = html(madeUpRecord([...rows, { ...rows[0], id: '<script>' }]));
  assert.is((page.match(/<svg/g) ?? []).length >= 3, true);
  assert.match(page, /matmul 512\^3/);
  assert.not.match(page, /(src|href)="(?!data:|#)/);
  assert.not.match(page, /<script>/);
});

test('sides of a run are compared, and peers listed, in the page', () => {
  const peers = peersRecord([{
    row: 'matmul', calls: 4,
    lanes: [
      { name: 'tapegrad webgpu', version: '0', milliseconds: [1, 1], cpuMilliseconds: [1, 1], missing: null },
      { name: 'other', version: '0', milliseconds: [3, 3], cpuMilliseconds: [3, 3], missing: null },
    ],
  }], 2);
  const both = madeUpRecord([madeUpRow('relu 4M', 10_000, 'a'), madeUpRow('relu 4M', 5000, 'b')], { peers });
  for (const text of [html(both), markdown(both), reportText(both)]) assert.match(text, /relu 4M \[b\]/);
  assert.match(html(both), /relu 4M: b against a[\s\S]*0\.500[\s\S]*FASTER/);
  for (const text of [html(both), markdown(both), reportText(both)]) assert.match(text, /geometric mean of 1 row: 3\.00/);
});

test('a run of nothing but peers has a page all the same', () => {
  assert.match(html(madeUpRecord([])), /0 rows: 0 measured/);
});

test.run();
