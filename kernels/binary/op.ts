import { callOp } from '../../core/apply.js';
import { requireFloat, requireSameDType } from '../../core/dtype.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { broadcastShapes, sizeOf } from '../../core/shape.js';
import { Tensor } from '../../core/tensor.js';
import { type KernelCall, type KernelPlan, gridFor, padTo, wgslType } from '../../core/webgpu/kernel.js';
import { broadcastRows } from '../broadcastRows.js';
import { RUN_VARIANTS } from '../runs.js';
import binaryWgsl from './binary.wgsl';
import { binaryCpu } from './cpu.js';
import { type Operand, withPromotedOperands } from './operand.js';
import { BINARY, type BinaryRow } from './table.js';

/*
 * Ops of two operands, element by element, broadcast. The ops take two of one dtype, div and pow floats only; the functions below
 * promote as PyTorch does. Comparisons give int32, all others the dtype of their operands.
 */

function planBinary(code: number, { inputs: [a, b], outputs: [out], variant }: KernelCall<object>): KernelPlan {
  const { shape, strides, inRows, steps, run, abreast } = broadcastRows(out.shape, [a.shape, b.shape], variant);
  const size = sizeOf(out.shape);
  return {
    launches: [{
      module: binaryWgsl,
      overrides: { ABREAST: abreast, OP: code, ROWS: inRows, STEPS_A: steps[0], STEPS_B: steps[1] },
      tiles: { Element: wgslType(a.dtype), Result: wgslType(out.dtype) },
      params: {
        shape: padTo(shape, 8, 1),
        strides_a: padTo(strides[0], 8, 0),
        strides_b: padTo(strides[1], 8, 0),
        rank: shape.length,
        size,
        run,
      },
      workgroups: gridFor(Math.ceil(size / 4 / run), 64),
    }],
  };
}

function defineBinary(row: BinaryRow, code: number): void {
  const { name, kind, slopes, reads } = row;
  defineOp<KernelOp<object>>({
    name,
    inputs: ['a', 'b'],
    broadcasts: true,
    infer([a, b]) {
      const dtype = requireSameDType(name, [a.dtype, b.dtype]);
      if (kind === 'float') requireFloat(name, 'a', dtype);
      return [{ shape: broadcastShapes(name, a.shape, b.shape), dtype: kind === 'compare' ? 'int32' : dtype }];
    },
    cpu: (inputs, outputs) => binaryCpu(inputs[0].data instanceof Int32Array ? (row.int32Cpu ?? row.cpu) : row.cpu, inputs, outputs),
    kernel: (call) => planBinary(code, call),
    variants: RUN_VARIANTS,
    saves: (needs) => (['a', 'b'] as const).filter((name) => reads?.some((read, i) => needs[i] && read.includes(name))),
    vjp: slopes
      ? ([gradient], { needs, saved }) =>
          slopes.map((slope, i) => (needs[i] ? slope(gradient, () => saved('a'), () => saved('b')) : null))
      : { notDifferentiable: 'its result is 0 or 1' },
  });
}

BINARY.forEach(defineBinary);

declare module '../../core/tensor.js' {
  interface Tensor {
    add(other: Operand): Tensor;
    sub(other: Operand): Tensor;
    mul(other: Operand): Tensor;
    div(other: Operand): Tensor;
    pow(exponent: Operand): Tensor;
    maximum(other: Operand): Tensor;
    minimum(other: Operand): Tensor;
    /** Element-wise comparison: int32 1 or 0. */
    eq(other: Operand): Tensor;
    ne(other: Operand): Tensor;
    lt(other: Operand): Tensor;
    le(other: Operand): Tensor;
    gt(other: Operand): Tensor;
    ge(other: Operand): Tensor;
  }
}

function callPromoted(name: string, a: Operand, b: Operand, floatOnly = false): Tensor {
  return withPromotedOperands(name, a, b, (x, y) => callOp(name, [x, y], {}), floatOnly);
}

/**
 * a + b with broadcasting. Operands are tensors, or one tensor and a number, which takes the tensor's dtype (or float32 where it is not
 * whole). Of two dtypes the result has the one of `promoteTypes`; unlike PyTorch, a tensor without axes counts as any other.
 */
export function add(a: Operand, b: Operand): Tensor {
  return callPromoted('add', a, b);
}

/** a - b with broadcasting. */
export function sub(a: Operand, b: Operand): Tensor {
  return callPromoted('sub', a, b);
}

/** a * b, element by element, with broadcasting. */
export function mul(a: Operand, b: Operand): Tensor {
  return callPromoted('mul', a, b);
}

/** a / b with broadcasting; int32 operands divide as float32 (torch.true_divide). */
export function div(a: Operand, b: Operand): Tensor {
  return callPromoted('div', a, b, true);
}

/** a ^ b with broadcasting: 1 where b = 0 or a = 1, NaN for a negative base with an exponent that is not whole; float result. */
export function pow(a: Operand, b: Operand): Tensor {
  return callPromoted('pow', a, b, true);
}

/** The larger of a and b; NaN if either is. A tie shares the gradient in halves. PyTorch's name: `torch.maximum`. */
export function maximum(a: Operand, b: Operand): Tensor {
  return callPromoted('maximum', a, b);
}

/** The smaller of a and b; NaN if either is. A tie shares the gradient in halves. PyTorch's name: `torch.minimum`. */
export function minimum(a: Operand, b: Operand): Tensor {
  return callPromoted('minimum', a, b);
}

/** a = b as int32 0 or 1, with broadcasting. Not differentiable, like all comparisons. */
export function eq(a: Operand, b: Operand): Tensor {
  return callPromoted('eq', a, b);
}

/** a ≠ b as int32 0 or 1. */
export function ne(a: Operand, b: Operand): Tensor {
  return callPromoted('ne', a, b);
}

/** a < b as int32 0 or 1. */
export function lt(a: Operand, b: Operand): Tensor {
  return callPromoted('lt', a, b);
}

/** a ≤ b as int32 0 or 1. */
export function le(a: Operand, b: Operand): Tensor {
  return callPromoted('le', a, b);
}

/** a > b as int32 0 or 1. */
export function gt(a: Operand, b: Operand): Tensor {
  return callPromoted('gt', a, b);
}

/** a ≥ b as int32 0 or 1. */
export function ge(a: Operand, b: Operand): Tensor {
  return callPromoted('ge', a, b);
}

Object.entries({ add, sub, mul, div, pow, maximum, minimum, eq, ne, lt, le, gt, ge }).forEach(([name, f]) => {
  Tensor.prototype[name as 'add'] = function (other) {
    return f(this, other);
  };
});
