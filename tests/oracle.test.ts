import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type DeviceName, type Tensor, grad, scope, shutdown, tensor } from '../index.js';
import type { DType } from '../core/dtype.js';
import { assertClose, assertNoLeak, initBothDevices, skip } from './support.js';
import { oracleFamilies } from './oracle/index.js';

/* Values and gradients computed by PyTorch in float64 (TAPEGRAD_DATA/oracle), against every device and dtype. */

interface OracleTensor {
  name: string;
  shape: number[];
  dtype: 'float' | 'int32' | 'bool';
  data: number[];
  differentiable?: boolean;
}

interface OracleCase {
  id: string;
  op: string;
  attrs: Record<string, unknown>;
  inputs: OracleTensor[];
  outputs: OracleTensor[];
  upstream: OracleTensor[];
  /** Missing where the op has no gradient. */
  grads?: OracleTensor[];
  second_vectors?: OracleTensor[];
  second_grads?: OracleTensor[];
  float32_error: { outputs: number; grads: number; second_grads?: number };
}

/** float64 must agree to 1e-10 of the largest value; float32 to 1e-6 (no op's own tolerance is tighter), and 8 times what PyTorch's float32 is off by. */
const FLOAT64 = { relative: 1e-10, absolute: 1e-13 };
const float32 = (error: number) => ({ relative: 1e-6, absolute: 1e-6 + 8 * error });

const EDGES: { device: DeviceName; dtype: DType }[] = [
  { device: 'cpu', dtype: 'float64' },
  { device: 'cpu', dtype: 'float32' },
  { device: 'webgpu', dtype: 'float32' },
];

const test = suite('oracle');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

const folder = process.env.TAPEGRAD_DATA && join(process.env.TAPEGRAD_DATA, 'oracle');

async function check(reference: OracleCase, family: string, device: DeviceName, dtype: DType): Promise<void> {
  const { outputs: outputError, grads: gradError, second_grads: secondError = 0 } = reference.float32_error;
  const [forOutputs, forGradients, forSecondGradients] = [outputError, gradError, secondError].map((error) =>
    dtype === 'float64' ? FLOAT64 : float32(error),
  );
  const make = (t: OracleTensor, requiresGrad = false) =>
    tensor(t.data, t.shape, { device, dtype: t.dtype === 'float' ? dtype : 'int32', requiresGrad });
  const inputs = Object.fromEntries(reference.inputs.map((t) => [t.name, make(t, t.differentiable)]));
  const adapter = oracleFamilies[family][reference.op];
  const result = adapter(inputs, reference.attrs);
  const outputs: Tensor[] = Array.isArray(result) ? result : [result];
  for (const [i, expected] of reference.outputs.entries()) {
    assert.equal([...outputs[i].shape], expected.shape, `${expected.name}: shape`);
    assertClose(await outputs[i].data(), expected.data, forOutputs, expected.name);
  }
  if (!reference.grads) return;

  const names = reference.outputs.map((output) => output.name);
  const carriers = reference.upstream.map((t) => outputs[names.indexOf(t.name)]);
  const gradOutputs = reference.upstream.map((t) => make(t));
  const wanted = reference.grads.map((t) => inputs[t.name]);
  const createGraph = reference.second_grads !== undefined;
  const gradients = grad(carriers, wanted, { gradOutputs, createGraph });
  for (const [i, expected] of reference.grads.entries()) {
    assertClose(await gradients[i].data(), expected.data, forGradients, `d/d${expected.name}`);
  }
  if (!reference.second_grads) return;

  const vectors = reference.second_vectors!;
  const secondOutputs = vectors.map((t) => gradients[reference.grads!.findIndex((g) => g.name === t.name)]);
  const second = grad(secondOutputs, reference.second_grads.map((t) => inputs[t.name]), { gradOutputs: vectors.map((t) => make(t)) });
  for (const [i, expected] of reference.second_grads.entries()) {
    assertClose(await second[i].data(), expected.data, forSecondGradients, `second order d/d${expected.name}`);
  }
}

if (folder && existsSync(folder)) {
  for (const family of Object.keys(oracleFamilies)) {
    const { cases } = JSON.parse(readFileSync(join(folder, `${family}.json`), 'utf8')) as { cases: OracleCase[] };
    const known = cases.filter((reference) => reference.op in oracleFamilies[family]);
    for (const reference of known) {
      for (const { device, dtype } of EDGES) {
        test(`${reference.id} on ${device} ${dtype}`, () =>
          assertNoLeak(() => scope(() => check(reference, family, device, dtype))));
      }
    }
    const unknown = new Set(cases.filter((reference) => !known.includes(reference)).map((reference) => reference.op));
    if (unknown.size > 0) skip(`${family}: no op yet for ${[...unknown].join(', ')}`);
  }
} else {
  skip('TAPEGRAD_DATA holds no oracle/: set it to the reference values to run these');
}

test.run();
