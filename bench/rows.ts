import type { Spec } from '../core/backend.js';
import { bytesPerElement } from '../core/dtype.js';
import { type Cost, type KernelOp, allOps } from '../core/op.js';
import { type Axes, type BenchShape, type Tolerance, samplesOf } from '../core/samples.js';
import { sizeOf } from '../core/shape.js';
import '../kernels/samples.js';
import type { Axis } from './axes.js';

/** One line of the bench: an op at one size. */
export interface Row {
  /** Unique, and the same in every run: `matmul 512^3`. */
  readonly id: string;
  readonly op: KernelOp<any>;
  readonly shape: BenchShape;
  /** Default: the op's. */
  readonly tolerance?: Tolerance;
}

/**
 * Rows of all ops in the order of the registry: the bench shapes whose id matches `filter`. With axes, those of them that have all
 * of these extents, at the given values instead of their own.
 */
export function selectRows(filter: RegExp, axes: readonly Axis[]): Row[] {
  const rows = new Map<string, Row>();
  for (const op of allOps()) {
    if ('view' in op) continue;
    for (const declared of samplesOf(op.name)?.bench ?? []) {
      if (!filter.test(rowOf(op, declared).id)) continue;
      for (const shape of sweep(declared, axes)) {
        const row = rowOf(op, shape);
        rows.set(row.id, row); // sizes of one family sweep to the same shapes
      }
    }
  }
  return [...rows.values()];
}

export function rowOf(op: KernelOp<any>, shape: BenchShape): Row {
  return { id: `${op.name} ${shape.label}`, op, shape };
}

/** The shape at every combination of the axes' values; none if it lacks one of them. */
export function sweep(shape: BenchShape, axes: readonly Axis[]): BenchShape[] {
  if (axes.length === 0) return [shape];
  const own = shape.axes ?? {};
  if (!axes.every(({ name }) => name in own)) return [];
  return combinations(axes).map((extents) => shape.at!({ ...own, ...extents }));
}

/** Every combination of the axes' values, the last axis fastest; one empty combination if there are none. */
export function combinations(axes: readonly Axis[]): Axes[] {
  return axes.reduce<Axes[]>(
    (all, { name, values }) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

/** The float32 call that a row stands for. */
export interface RowCall {
  readonly inputs: readonly Spec[];
  readonly outputs: readonly Spec[];
  readonly attrs: object;
}

/** Throws what the op has against these shapes. */
export function callOf({ op, shape }: Row): RowCall {
  const inputs = shape.inputs.map(({ shape, dtype = 'float32' }) => ({ shape, dtype }));
  const attrs = shape.attrs ?? {};
  return { inputs, outputs: op.infer(inputs, attrs), attrs };
}

/** What a row is measured on: `float32[128,10]` for each input. */
export function inputsOf({ shape: { inputs } }: Row): string[] {
  return inputs.map(({ shape, dtype = 'float32' }) => `${dtype}[${shape}]`);
}

export function bytesOf({ shape, dtype }: Spec): number {
  return sizeOf(shape) * bytesPerElement(dtype);
}

/** The op's own statement of its work; without one a flop an output element, and every operand moved once. */
export function costOf(row: Row): Cost {
  const { inputs, outputs, attrs } = callOf(row);
  if (row.op.cost) return row.op.cost(inputs, outputs, attrs);
  const sum = (specs: readonly Spec[], measure: (spec: Spec) => number) => specs.reduce((total, spec) => total + measure(spec), 0);
  return { flops: sum(outputs, ({ shape }) => sizeOf(shape)), bytes: sum([...inputs, ...outputs], bytesOf) };
}
