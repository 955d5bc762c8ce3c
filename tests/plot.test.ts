import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { PNG } from 'pngjs';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contactSheet, htmlPage, lineChart, table, writePng } from '../examples/plot.js';

/* The charts and pages that examples and bench write. */

test('a line chart names its series and leaves gaps for what is not finite', () => {
  const svg = lineChart({ training: [3, 2, NaN, 1], validation: [[1, 3], [2, 2.5]] }, { x: 'epoch', y: 'loss (nats)' });
  assert.match(svg, /<svg[\s\S]*training[\s\S]*validation/);
  assert.match(svg, /loss \(nats\)/);
  assert.is(/NaN/.test(svg), false);
  const [, path] = /aria-label="line"[\s\S]*?<path[^>]* d="([^"]*)"/.exec(svg)!;
  assert.is(path.match(/M/g)!.length, 2, `one gap splits ${path}`);
});

test('a short chart over an index has a tick at each whole number and none between', () => {
  const ticks = (count: number) => {
    const svg = lineChart({ loss: Array.from({ length: count }, (_, i) => 1 / (i + 1)) }, { x: 'epoch', y: 'loss' });
    const [, labels] = /aria-label="x-axis tick label"[^>]*>([\s\S]*?)<\/g>/.exec(svg)!;
    return [...labels.matchAll(/>([^<]+)<\/text>/g)].map(([, label]) => Number(label));
  };
  assert.equal(ticks(1), [1]);
  assert.equal(ticks(4), [1, 2, 3, 4]);
  assert.equal(ticks(10), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('a page escapes text and loads nothing', () => {
  const page = htmlPage('a < b', 'it\'s "so"', [{ heading: 'x & y', body: table(['name', 'value'], [['<script>', 1]]) }]);
  assert.match(page, /<title>a &lt; b<\/title>/);
  assert.is(/<script|(?:src|href)="http/.test(page), false);
});

test('a contact sheet keeps every pixel, in a PNG that another decoder reads', () => {
  const images = [[0, 0.5, 1, 0], [1, 1, 0, 0], [0.2, 0, 0, 1]];
  const sheet = contactSheet(images, 2, 2, 2);
  assert.equal([sheet.width, sheet.height], [7, 7]);
  const folder = mkdtempSync(join(tmpdir(), 'tapegrad-plot-'));
  try {
    writePng(join(folder, 'sheet.png'), sheet);
    const { data, width } = PNG.sync.read(readFileSync(join(folder, 'sheet.png')));
    images.forEach((values, k) => values.forEach((value, i) => {
      const [x, y] = [3 * (k % 2) + 1 + (i % 2), 3 * Math.floor(k / 2) + 1 + Math.floor(i / 2)];
      assert.is(data[4 * (y * width + x)], Math.round(255 * value), `image ${k}, pixel ${i}`);
    }));
    assert.is(data[0], 40, 'the line around it');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
