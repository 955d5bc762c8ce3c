import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allOps } from '../../index.js';
import type { BenchRecord } from '../../bench/record.js';
import { buildPage as buildBenchPage } from '../../bench/browser/serve.js';
import type { Planned } from '../gradcheck/runChecks.js';
import { allChecks } from '../gradcheck/suite.js';
import { skip } from '../support.js';
import { buildPage, withPage } from './chromium.js';
import type { Everyday } from './everyday.js';
import { runInChromium } from './suite.js';

/* tapegrad in Chromium, which npm brings along: every op, a small training, the bench page. `npm run gradcheck:browser` does all samples. */

const test = suite('browser');
const hasChromium = process.platform === 'linux' && process.arch === 'x64';
if (!hasChromium) skip(`the Chromium that npm brings along runs on Linux on x86-64, not on ${process.platform} on ${process.arch}`);

declare const everyday: () => Promise<Everyday>; // in the page

test('all entries, bundled for browsers without any setting, train a network; files are refused by name', async () => {
  await buildPage('tests/browser/everyday.ts', '.cache/everyday-page');
  const lines: string[] = [];
  const result = await withPage('.cache/everyday-page', async (page) => {
    page.on('console', (message) => lines.push(message.text()));
    await page.waitForFunction(() => 'everyday' in globalThis);
    return page.evaluate(() => everyday());
  });
  assert.match(result.adapter, /swiftshader/i);
  assert.ok(result.accuracy > 0.95, `accuracy ${result.accuracy}`);
  assert.equal([result.verdict, result.normalized, result.liveTensors], ['PASS', [1], 1]); // one: the checked input
  assert.is(result.refusals.length, 2);
  for (const refusal of result.refusals) assert.match(refusal, /^true: node:fs\/promises is missing: files are read and written in Node/);
  assert.ok(lines.some((line) => /^epoch 12\/12: loss/.test(line)), lines.join('\n'));
});

test('every op, forward and backward on WebGPU in Chromium, against float64 on the CPU', async () => {
  const options = { seed: 1, devices: ['webgpu'], seeds: 0, graphs: 0, slow: false } as const;
  const seen = new Set<string>();
  const first: Planned[] = [];
  for (const [index, check] of allChecks(options).entries()) {
    const cell = `${check.op}, ${check.axis}`;
    if (!/^webgpu/.test(check.axis) || seen.has(cell)) continue;
    seen.add(cell);
    first.push({ check, index });
  }
  const { rows, adapter } = await runInChromium(first, options, null);
  assert.match(adapter, /swiftshader/i);
  assert.equal(rows.filter(({ verdict }) => verdict !== 'PASS').map(({ op, axis, message }) => `${op}, ${axis}: ${message}`), []);
  assert.equal(rows.map(({ op, axis, label }) => [op, axis, label]), first.map(({ check: { op, axis, label } }) => [op, axis, label]));
  const checked = new Set(rows.map(({ op }) => op));
  assert.equal(allOps().filter((op) => !('view' in op) && !checked.has(op.name)).map(({ name }) => name), []);
});

test('the bench page verifies and times a row, and offers the JSON', async () => {
  await buildBenchPage('.cache/bench-page-test');
  const record = await withPage('.cache/bench-page-test', async (page) => {
    await page.locator('#status', { hasText: /measured|wrong|failed/ }).waitFor({ timeout: 60_000 });
    assert.is(await page.locator('#status').textContent(), '1 row: 1 measured, 0 wrong, 0 failed');
    return page.evaluate(async () => (await fetch((document.getElementById('download') as HTMLAnchorElement).href)).json());
  }, '#filter=^softmax rows of .128, 10&seconds=0.02') as BenchRecord;
  assert.match(record.environment.adapter!, /swiftshader/i);
  assert.ok(record.rows.length === 1 && record.rows[0].figures!.hot.median > 0);
});

if (hasChromium) test.run();
