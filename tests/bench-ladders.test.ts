import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../index.js';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import { openBench } from '../bench/device.js';
import { LADDERS } from '../bench/ladders/index.js';
import { HEADER, headerOf, leftOut, nameOf, opOf, stepRow } from '../bench/ladders/ladder.js';
import { meet } from '../bench/measure.js';
import { callOf as rowCall } from '../bench/rows.js';
import { checkSample } from './gradcheck/lockstep.js';
import { callOf } from './gradcheck/plans.js';
import { skip } from './support.js';

/* Every step of every ladder: right at small and awkward shapes, free of races, and explained. Nothing here is timed. */

const test = suite('bench-ladders');
const { backend } = await init({ device: 'webgpu' });
const bench = await openBench(backend as WebGpuBackend);
const features: ReadonlySet<string> = bench.backend.device.features;

test('each step says in its header what it changes, why, its tiling and its cost; each file is a step', () => {
  const steps = LADDERS.flatMap((ladder) => ladder.steps);
  for (const step of steps) {
    for (const title of HEADER) assert.ok(headerOf(step, title).length > 20, `${step.module.name}: ${title}`);
  }
  const files = readdirSync('bench/ladders', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.wgsl'));
  assert.equal(steps.map(({ module }) => module.name).sort(), files.map((file) => `bench/ladders/${file}`).sort());
});

test('paragraphs of a header', () => {
  const step = { ...LADDERS[0].steps[0], module: { ...LADDERS[0].steps[0].module, code: '// out = 1\n//\n// Changes: this,\n// and that.\n// Why: so.\n\n// Cost: no\n' } };
  assert.is(headerOf(step, 'Changes'), 'this, and that.');
  assert.is(headerOf(step, 'Why'), 'so.');
  assert.is(headerOf(step, 'Cost'), '');
});

for (const ladder of LADDERS) {
  for (const step of ladder.steps) {
    const name = `${ladder.name}, ${nameOf(step)}`;
    const served = ladder.samples.filter((sample) => leftOut({ ...step, needs: undefined }, features, rowCall(stepRow(ladder, step, sample))) === null);

    test(`${name}: serves at least four samples`, () => assert.ok(served.length >= 4, String(served.length)));

    if (step.needs && !features.has(step.needs)) skip(`${name}: this adapter has no ${step.needs}`);
    else {
      test(`${name}: agrees with float64`, async () => {
        for (const sample of served) {
          const { problem } = await meet(bench, stepRow(ladder, step, sample));
          assert.is(problem, null, `${sample.label}: ${problem}`);
        }
      });
    }

    if (!step.needs) {
      test(`${name}: no race, nothing past the end`, async () => {
        const op = opOf(ladder, step);
        const [sample] = ladder.samples;
        assert.is(served[0], sample);
        const { verdict, message } = await checkSample(op, sample, callOf(op, sample)!, 1);
        assert.is(verdict, 'PASS', message);
      });
    }
  }
}

test.run();
