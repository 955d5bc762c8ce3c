import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allOps } from '../index.js';
import { getOp } from '../core/op.js';
import { samplesOf } from '../core/samples.js';
import '../kernels/samples.js';
import { NOT_IN_LOCKSTEP, lockstepChecks } from './gradcheck/lockstep.js';
import { callOf, entryPointOf, labelOf } from './gradcheck/plans.js';
import { runCheck } from './gradcheck/runChecks.js';
import { variantNames } from './support.js';

/*
 * The lockstep axis of `npm run gradcheck`: what it finds, and up to three of its checks an op. TAPEGRAD_OPS=relu,conv2d
 * restricts the run to all checks of these.
 */

const only = process.env.TAPEGRAD_OPS?.split(',');
const SAMPLES = only ? Infinity : 3;
const checks = lockstepChecks({ seed: 1, seeds: 0, devices: ['cpu'], graphs: 0, slow: false });

const test = suite('lockstep');

test('every exception names an op, or a sample of one', () => {
  const names = allOps().flatMap((op) => [op.name, ...(samplesOf(op.name)?.samples ?? []).map(({ label }) => `${op.name} (${label})`)]);
  for (const name of Object.keys(NOT_IN_LOCKSTEP)) assert.ok(names.includes(name), name);
});

test('every entry point that a sample launches is run, but for the exceptions', () => {
  const launches = allOps().flatMap((op) => samplesOf(op.name)!.samples.flatMap((sample) => variantNames(op).flatMap((variant) =>
    (callOf(op, sample, variant)?.plan.launches ?? []).map((launch) => ({ op: op.name, label: labelOf(sample, variant), entryPoint: entryPointOf(launch) })))));
  const isChecked = ({ op, label }: { op: string; label: string }) => checks.some((check) => check.op === op && check.label === label);
  const run = new Set(launches.filter(isChecked).map(({ entryPoint }) => entryPoint));
  for (const { op, entryPoint } of launches) assert.ok(run.has(entryPoint) || op in NOT_IN_LOCKSTEP, `${op}: ${entryPoint}`);
});

/** What the first check of relu says when `before` in its shader is `after`. */
async function withShader(before: string, after: string): Promise<string> {
  const relu = getOp('relu');
  const module = callOf(relu, samplesOf('relu')!.samples[0])!.plan.launches[0].module as { code: string };
  const right = module.code;
  assert.ok(right.includes(before));
  module.code = right.replace(before, after);
  try {
    const { verdict, message } = await checks.find(({ op }) => op === 'relu')!.run();
    return `${verdict} ${message}`;
  } finally {
    module.code = right;
  }
}

test('a race, a wrong value and a write past the end are found', async () => {
  assert.match(await withShader('lane % ABREAST;', 'lane % ABREAST / 2u;'), /^FAIL .*race on 'out'/);
  assert.match(await withShader('case 13u: { return max(v, vec4f(0.0))', 'case 13u: { return max(v, vec4f(0.1))'), /^FAIL output 0/);
  assert.match(await withShader('* params.run, params.vectors)', '* params.run, params.vectors + 1u)'), /^FAIL .*past its end/);
});

for (const op of allOps().filter(({ name }) => !only || only.includes(name))) {
  for (const [index, check] of checks.filter((candidate) => candidate.op === op.name).slice(0, SAMPLES * variantNames(op).length).entries()) {
    test(`${op.name} (${check.label})`, async () => {
      const { verdict, message } = await runCheck(check, index);
      assert.is(verdict, 'PASS', message);
    });
  }
}

test.run();
