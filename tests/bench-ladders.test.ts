import { readdirSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init } from '../index.js';
import { UsageError } from '../examples/commandLine.js';
import { escapeMarkup } from '../examples/markup.js';
import type { WebGpuBackend } from '../core/webgpu/backend.js';
import { openBench } from '../bench/device.js';
import { parseLadder } from '../bench/ladders/command.js';
import { LADDERS } from '../bench/ladders/index.js';
import { HEADER, type Step, headerOf, leftOut, nameOf, opOf, stepRow } from '../bench/ladders/ladder.js';
import { ladderPage } from '../bench/ladders/page.js';
import { rowsOf, stepsAt } from '../bench/ladders/run.js';
import { ladderText } from '../bench/ladders/text.js';
import { meet } from '../bench/measure.js';
import { callOf as rowCall } from '../bench/rows.js';
import { madeUpRecord, madeUpRow } from './fixtures/benchRecord.js';
import { checkSample } from './gradcheck/lockstep.js';
import { callOf } from './gradcheck/plans.js';
import { skip } from './support.js';

/* Every step of every ladder: right at small and awkward shapes, free of races, and explained. No figure is asserted. */

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

test('flags: which ladder, at which sizes', () => {
  const { ladder, shapes } = parseLadder(['--ladder', 'matmul', '--axis', 'n=64:128:*2']);
  assert.is(ladder.name, 'matmul');
  assert.equal(shapes.map(({ label }) => label), ['64^3', '128^3']);
  const refused = (args: string[], message: RegExp) =>
    assert.throws(() => parseLadder(args), (error: Error) => error instanceof UsageError && message.test(error.message), args.join(' '));
  refused(['--ladder', 'rope'], /--ladder rope: choose one of matmul, conv2d, reduction, softmax/);
  refused(['--ladder', 'matmul', '--axis', 'moons=3'], /has the axes n$/);
  refused(['--ladder', 'matmul', '--filter', 'x'], /--filter/);
});

test('a wrong step is found wrong', async () => {
  const [ladder] = LADDERS;
  const [naive] = ladder.steps;
  const module = { ...naive.module, code: naive.module.code.replace('k = 0u', 'k = 1u') };
  const wrong: Step = { module, plan: (call) => ({ launches: naive.plan(call).launches.map((launch) => ({ ...launch, module })) }) };
  const { problem } = await meet(bench, stepRow(ladder, wrong, ladder.samples[0]));
  assert.match(problem!, /^out\[\d+\] is .*, the CPU in float64 has /);
});

test('a report: gains over the last step that was measured; a wrong step has no number, one that the size does not suit is left out', () => {
  const [matmul] = LADDERS;
  const ladder = { ...matmul, steps: matmul.steps.filter((step) => ['naive', 'neighbours', 'tiled', 'vectors'].includes(nameOf(step))) };
  const shape = { ...matmul.samples.find(({ inputs: [a] }) => a.shape[1] === 5)!, label: '512^3' }; // no whole vec4s
  const [naive, neighbours, tiled] = rowsOf(ladder, [shape], features).map(({ id }) => id);
  const row = (id: string, microseconds: number | null) => ({ ...madeUpRow('matmul 512^3', microseconds), id });
  const record = madeUpRecord([row(naive, 9000), row(neighbours, null), row(tiled, 6000), row('matmul 512^3', 5000)]);
  const run = { ladder, record, sizes: [stepsAt(ladder, shape, record, features)] };

  const text = ladderText(run);
  assert.match(text, /\nnaive +9\.00 ms +30 +- +50 %  nothing yet/);
  assert.match(text, /\nneighbours +- +- +- +-  WRONG, no number: out\[3\] is 7/);
  assert.match(text, /\ntiled +6\.00 ms +45 +x1\.50 +75 %  a workgroup loads tiles/);
  assert.match(text, /\nvectors +- +- +- +-  left out: needs rows of whole vec4s/);
  assert.match(text, /own kernel \(packed\): 5\.00 ms, 54 GFLOP\/s, 89 % of the roofline: x1\.20 beside tiled, the fastest step$/m);
  const page = ladderPage(run);
  assert.match(page, /<svg/);
  for (const step of ladder.steps) assert.ok(page.includes(escapeMarkup(step.module.code)), `the source of ${nameOf(step)} is in the page`);
  assert.not.match(page, /(src|href)="(?!data:|#)/, 'the page loads nothing');
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
