import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { allOps } from '../index.js';
import type { Spec } from '../core/backend.js';
import { samplesOf, specsOf } from '../core/samples.js';
import { sizeOf } from '../core/shape.js';
import '../kernels/samples.js';

/* The bench divides an op's bytes by its time: more than can be needed would make a kernel look faster than it is. */

const test = suite('costs');

const bytesOf = (specs: readonly Spec[]) => specs.reduce((total, { shape }) => total + 4 * sizeOf(shape), 0);

for (const op of allOps()) {
  if ('view' in op || !op.cost) continue;
  const { cost, mutates = [] } = op;
  test(`${op.name}: no more bytes than its operands have, those that it changes counted twice`, () => {
    const { samples, bench } = samplesOf(op.name)!;
    for (const call of [...samples, ...bench]) {
      const attrs = call.attrs ?? {};
      const inputs = specsOf(call);
      const outputs = op.infer(inputs, attrs);
      const changed = inputs.filter((_, i) => mutates.includes(op.inputs[i]));
      const { bytes } = cost(inputs, outputs, attrs);
      const most = bytesOf([...inputs, ...outputs, ...changed]);
      assert.ok(bytes <= most, `${call.label}: ${bytes} bytes, more than ${most}`);
    }
  });
}

test.run();
