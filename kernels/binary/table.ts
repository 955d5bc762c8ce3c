import { callOp, makeZeros } from '../../core/apply.js';
import type { Tensor } from '../../core/tensor.js';
import { where } from '../where/op.js';
import { logOf, maskLike } from './helpers.js';

/** d(loss)/d(operand), before broadcasting is undone. `g` is d(loss)/d(out). */
type Slope = (g: Tensor, a: () => Tensor, b: () => Tensor) => Tensor;

/** One binary op. Its place in the table is the value of `OP` in binary.wgsl. */
export interface BinaryRow {
  readonly name: string;
  readonly cpu: (x: number, y: number) => number;
  /** For int32, where a float64 would lose the low bits. */
  readonly int32Cpu?: (x: number, y: number) => number;
  /** `compare` gives int32 0 or 1 and has no gradient. */
  readonly kind: 'arithmetic' | 'float' | 'compare';
  readonly slopes?: readonly [Slope, Slope];
  /** What the slope of a reads, what the slope of b reads. */
  readonly reads?: readonly [readonly ('a' | 'b')[], readonly ('a' | 'b')[]];
}

/** x^y as C and PyTorch have it, which differ from JavaScript in 1^y = 1 for any y, and (-1)^y = 1 for an infinite one. */
const power = (x: number, y: number) => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y);

/** Share of the gradient that goes to the winner: all of it, or half at a tie. */
const winner = (winning: Tensor, tied: Tensor) => winning.add(tied.mul(0.5));

export const BINARY: readonly BinaryRow[] = [
  { name: 'add', kind: 'arithmetic', cpu: (x, y) => x + y, slopes: [(g) => g, (g) => g] },
  { name: 'sub', kind: 'arithmetic', cpu: (x, y) => x - y, slopes: [(g) => g, (g) => g.neg()] },
  {
    name: 'mul',
    kind: 'arithmetic',
    cpu: (x, y) => x * y,
    int32Cpu: Math.imul,
    slopes: [(g, _a, b) => g.mul(b()), (g, a) => g.mul(a())],
    reads: [['b'], ['a']],
  },
  {
    name: 'div',
    kind: 'float',
    cpu: (x, y) => x / y,
    // d/db = -(a/b)/b: the square of b leaves float32 where b has 20 digits.
    slopes: [(g, _a, b) => g.div(b()), (g, a, b) => g.mul(a().div(b()).div(b())).neg()],
    reads: [['b'], ['a', 'b']],
  },
  {
    name: 'pow',
    kind: 'float',
    cpu: power,
    // d/da = b a^(b-1), 0 where b = 0; d/db = a^b log a, 0 where a = 0.
    slopes: [
      (g, a, b) => where(b().eq(0), 0, g.mul(b().mul(a().pow(b().sub(1))))),
      (g, a, b) => g.mul(a().pow(b()).mul(logOf(a()))),
    ],
    reads: [['a', 'b'], ['a', 'b']],
  },
  {
    name: 'maximum',
    kind: 'arithmetic',
    cpu: Math.max,
    slopes: [
      (g, a, b) => g.mul(winner(maskLike(a().gt(b()), g), maskLike(a().eq(b()), g))),
      (g, a, b) => g.mul(winner(maskLike(b().gt(a()), g), maskLike(a().eq(b()), g))),
    ],
    reads: [['a', 'b'], ['a', 'b']],
  },
  {
    name: 'minimum',
    kind: 'arithmetic',
    cpu: Math.min,
    slopes: [
      (g, a, b) => g.mul(winner(maskLike(a().lt(b()), g), maskLike(a().eq(b()), g))),
      (g, a, b) => g.mul(winner(maskLike(b().lt(a()), g), maskLike(a().eq(b()), g))),
    ],
    reads: [['a', 'b'], ['a', 'b']],
  },
  {
    // The gradient of relu: a passes where b, relu's output, is positive.
    name: 'reluGrad',
    kind: 'arithmetic',
    cpu: (x, y) => (y > 0 ? x : 0),
    slopes: [(g, _a, b) => callOp('reluGrad', [g, b()], {}), (g) => makeZeros(g, g.backend)],
    reads: [['b'], []],
  },
  { name: 'eq', kind: 'compare', cpu: (x, y) => (x === y ? 1 : 0) },
  { name: 'ne', kind: 'compare', cpu: (x, y) => (x !== y ? 1 : 0) },
  { name: 'lt', kind: 'compare', cpu: (x, y) => (x < y ? 1 : 0) },
  { name: 'le', kind: 'compare', cpu: (x, y) => (x <= y ? 1 : 0) },
  { name: 'gt', kind: 'compare', cpu: (x, y) => (x > y ? 1 : 0) },
  { name: 'ge', kind: 'compare', cpu: (x, y) => (x >= y ? 1 : 0) },
];
