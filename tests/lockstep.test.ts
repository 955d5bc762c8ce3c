import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allOps } from '../index.js';
import { getOp } from '../core/op.js';
import { samplesOf } from '../core/samples.js';
import '../kernels/samples.js';
import { NOT_IN_LOCKSTEP, lockstepChecks } from './gradcheck/lockstep.js';
import { callOf } from './gradcheck/plans.js';
import { variantNames } from './support.js';

/* Every kernel in lockstep, on up to three small samples an op: right values, no races, no complaints. */

const SAMPLES = 3;

const test = suite('lockstep');

test('every exception names an op, or a sample of one', () => {
  const names = allOps().flatMap((op) => [op.name, ...(samplesOf(op.name)?.samples ?? []).map(({ label }) => `${op.name} (${label})`)]);
  for (const name of Object.keys(NOT_IN_LOCKSTEP)) assert.ok(names.includes(name), name);
});

/** What the first check of relu says when `before` in its shader is `after`. */
async function withShader(before: string, after: string): Promise<string> {
  const relu = getOp('relu');
  const module = callOf(relu, samplesOf('relu')!.samples[0])!.plan.launches[0].module as { code: string };
  const right = module.code;
  assert.ok(right.includes(before));
  module.code = right.replace(before, after);
  try {
    const { verdict, message } = await lockstepChecks([relu])[0].run();
    return `${verdict} ${message}`;
  } finally {
    module.code = right;
  }
}

test('a race, a wrong value and a write past the end are found', async () => {
  assert.match(await withShader('out[index] =', 'out[index / 2u] ='), /^FAIL .*race on 'out'/);
  assert.match(await withShader('case 13u: { return max(v, vec4f(0.0))', 'case 13u: { return max(v, vec4f(0.1))'), /^FAIL output 0/);
  assert.match(await withShader('index < params.vectors', 'index <= params.vectors'), /^FAIL .*past its end/);
});

for (const op of allOps()) {
  for (const check of lockstepChecks([op]).slice(0, SAMPLES * variantNames(op).length)) {
    test(`${op.name} (${check.label})`, async () => {
      const { verdict, message } = await check.run();
      assert.is(verdict, 'PASS', message);
    });
  }
}

test.run();
