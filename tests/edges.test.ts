import { suite } from 'uvu';
import {
  type Tensor, grad, interpolate, pad, prelu, scaledDotProductAttention, shutdown, tensor, threshold,
} from '../index.js';
import type { DeviceName } from '../index.js';
import type { DType } from '../core/dtype.js';
import { assertClose, assertNoLeak, initBothDevices } from './support.js';

/* Values and gradients where the numbers end: infinities, NaN, 0^0, huge and tiny ones, nothing to choose from. PyTorch's, if not said. */

const test = suite('edges');
test.before(initBothDevices);
test.after(() => shutdown('webgpu'));

type Values = number | number[] | number[][] | number[][][] | number[][][][];

interface Edge {
  label: string;
  inputs: readonly Values[];
  call: (...inputs: Tensor[]) => Tensor;
  out: readonly number[];
  /** Of the sum of `out`, input by input. Default: not looked at. */
  grads?: readonly (readonly number[])[];
}

const { POSITIVE_INFINITY: INF, NaN: NAN } = Number;
const [Q, V] = [[[1, 0], [0, 1], [1, 1]], [[1], [10], [100]]];
const int32 = (values: Values, like: Tensor) => tensor(values, undefined, { dtype: 'int32', device: like.device });
const attend = (attnMask: (q: Tensor) => Tensor) => (q: Tensor, v: Tensor) =>
  scaledDotProductAttention(q, q, v, { attnMask: attnMask(q), isCausal: true, scale: 0 });

const EDGES: readonly Edge[] = [
  // A query that is allowed no key gets 0 here, NaN in PyTorch.
  {
    label: 'causal attention, the first key left out', inputs: [Q, V],
    call: attend((q) => int32([0, 1, 1], q)), out: [0, 10, 55], grads: [[0, 0, 0, 0, 0, 0], [0, 1.5, 0.5]],
  },
  {
    label: 'causal attention, a mask of its own a query', inputs: [Q, V],
    call: attend((q) => int32([[1, 1, 1], [0, 0, 1], [0, 0, 2]], q)), out: [1, 0, 100],
  },
  {
    label: 'causal attention, the lowest number added to the first key', inputs: [Q, V],
    call: attend((q) => tensor([-3.4028234e38, 0, 0], undefined, { dtype: q.dtype as 'float32', device: q.device })), out: [0, 10, 55],
  },

  { label: 'div of tiny numbers', inputs: [[1e-25], [1e-25]], call: (a, b) => a.div(b), out: [1], grads: [[1e25], [-1e25]] },
  { label: 'div of huge numbers', inputs: [[1e22], [1e22]], call: (a, b) => a.div(b), out: [1], grads: [[1e-22], [-1e-22]] },

  {
    label: 'clamp, open above', inputs: [[-INF, 0.5, 3, INF, NAN]],
    call: (x) => x.clamp(1, INF), out: [1, 1, 3, INF, NAN], grads: [[0, 0, 1, 1, 0]],
  },
  {
    label: 'clamp, open below', inputs: [[-INF, 0.5, 3, INF, NAN]],
    call: (x) => x.clamp(-INF, 1), out: [-INF, 0.5, 1, 1, NAN], grads: [[1, 1, 0, 0, 0]],
  },
  { label: 'clamp, open on both sides', inputs: [[-INF, INF]], call: (x) => x.clamp(-INF, INF), out: [-INF, INF] },

  { label: '0^0', inputs: [[0, 2], [0, 0]], call: (a, b) => a.pow(b), out: [1, 1], grads: [[0, 0], [0, Math.LN2]] },
  { label: '0^0, the exponent a number', inputs: [[0, -3]], call: (a) => a.pow(0), out: [1, 1], grads: [[0, 0]] },
  {
    label: '1 to any power, -1 to infinite ones', inputs: [[1, 1, 1, -1, -1], [INF, -INF, NAN, INF, -INF]],
    call: (a, b) => a.pow(b), out: [1, 1, 1, 1, 1],
  },

  {
    label: 'std of constant values', inputs: [[[0.5, 0.5, 0.5], [1, 2, 3]]],
    call: (x) => x.std({ axis: 1 }), out: [0, 1], grads: [[0, 0, 0, -0.5, 0, 0.5]],
  },
  { label: 'std of one value', inputs: [[3]], call: (x) => x.std(), out: [NAN], grads: [[NAN]] },
  { label: 'var of an infinity', inputs: [[[1, 2, INF], [-INF, 0, 0], [1, 2, 3]]], call: (x) => x.var({ axis: 1 }), out: [NAN, NAN, 1] },
  { label: 'var of one infinity', inputs: [[INF]], call: (x) => x.var({ correction: 0 }), out: [NAN] },
  {
    label: 'std of an infinity, several parts', inputs: [Array.from({ length: 1031 }, (_, i) => (i === 700 ? -INF : i))],
    call: (x) => x.std(), out: [NAN],
  },

  { label: 'threshold of NaN', inputs: [[NAN, 1, 3, INF]], call: (x) => threshold(x, 2, -1), out: [NAN, -1, 3, INF] },
  {
    label: 'prelu of infinities', inputs: [[INF, -INF, 2, -2], [0.5]],
    call: prelu, out: [INF, -INF, 2, -1], grads: [[1, 0.5, 1, 0.5], [-INF]],
  },
  { label: 'prelu of infinity', inputs: [[INF, -2], [0.5]], call: prelu, out: [INF, -1], grads: [[1, 0.5], [-2]] },

  { label: 'reflecting nothing', inputs: [[[], []]], call: (x) => pad(x, [[1, 0], [0, 0]], { mode: 'reflect' }), out: [] },
  {
    label: 'bilinear: a cell that is not looked at may be anything', inputs: [[[[[1, NAN, 3], [INF, 5, 6], [7, 8, 9]]]]],
    call: (x) => interpolate(x, { size: 2, mode: 'bilinear', alignCorners: true }), out: [1, 3, 7, 9], grads: [[1, 0, 1, 0, 0, 0, 1, 0, 1]],
  },
  {
    label: 'bilinear: the gradient of one cell', inputs: [[[[[1, 2], [3, 4]]]]],
    call: (x) => interpolate(x, { size: 1, mode: 'bilinear', alignCorners: true }).mul(INF), out: [INF], grads: [[INF, 0, 0, 0]],
  },
];

async function check({ label, inputs, call, out, grads }: Edge, device: DeviceName, dtype: DType): Promise<void> {
  const tolerance = { relative: 1e-6, absolute: 0 };
  const leaves = inputs.map((values) => tensor(values, undefined, { device, dtype: dtype as 'float32', requiresGrad: true }));
  const result = call(...leaves);
  assertClose(await result.data(), out, tolerance, label);
  const gradients = grads ? grad(result.sum(), leaves.slice(0, grads.length)) : [];
  for (const [i, gradient] of gradients.entries()) {
    assertClose(await gradient.data(), grads![i], tolerance, `${label}: gradient of input ${i}`);
  }
}

for (const edge of EDGES) {
  for (const [device, dtype] of [['cpu', 'float64'], ['cpu', 'float32'], ['webgpu', 'float32']] as const) {
    test(`${edge.label} on ${device} ${dtype}`, () => assertNoLeak(() => check(edge, device, dtype)));
  }
}

test.run();
