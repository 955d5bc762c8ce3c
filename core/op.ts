import type { Spec } from './backend.js';
import type { TypedArray } from './dtype.js';
import { TapegradError } from './errors.js';
import type { Shape } from './shape.js';
import type { Tensor } from './tensor.js';
import type { KernelCall, KernelPlan, KernelVariants } from './webgpu/kernel.js';

/** A tensor as the CPU reference sees it: contiguous values and their shape. */
export interface CpuOperand {
  readonly data: TypedArray;
  readonly shape: Shape;
}

/** What a vjp may look at. */
export interface VjpContext<Attrs> {
  readonly attrs: Attrs;
  readonly inputs: readonly Spec[];
  readonly outputs: readonly Spec[];
  /** Which inputs want a gradient. */
  readonly needs: readonly boolean[];
  /** A value listed by `saves`, by argument name. Throws for one that was not saved. */
  saved(name: string): Tensor;
}

/**
 * The vector-Jacobian product, written in ops so that it can itself be differentiated.
 * Takes d(loss)/d(output) for each output, returns d(loss)/d(input) for each input (null where `needs` is false).
 */
export type Vjp<Attrs> = (gradients: readonly Tensor[], context: VjpContext<Attrs>) => readonly (Tensor | null)[];

/** Work done by one call: floating-point operations, and bytes that must be read and written at least once. */
export interface Cost {
  flops: number;
  bytes: number;
}

interface OpBase<Attrs> {
  readonly name: string;

  /**
   * Argument names; WGSL bindings carry the same ones. A trailing `name?` may be left out; a single `...name`
   * takes any number, bound as `name0`, `name1` ...
   */
  readonly inputs: readonly string[];

  /** Shapes and dtypes of the outputs. Throws ShapeError or DTypeError naming the op, the shapes and the reason. */
  infer(inputs: readonly Spec[], attrs: Attrs): readonly Spec[];

  /** Names of the inputs and outputs that the vjp reads, given which inputs want a gradient. Default: none. */
  saves?(needs: readonly boolean[], attrs: Attrs): readonly (string | false)[];

  readonly vjp: Vjp<Attrs> | { readonly notDifferentiable: string };

  /** Inputs stretch to the output's shape, so the tape sums each gradient back to its input's shape. */
  readonly broadcasts?: boolean;
}

/** An op that computes: a CPU reference and a WGSL kernel. */
export interface KernelOp<Attrs> extends OpBase<Attrs> {
  /** Names of the outputs; default `['out']`; a single `...name` as in `inputs`. Only the float ones can carry gradients. */
  readonly outputs?: readonly string[];

  /** Float outputs that are constants to the tape all the same (running statistics). */
  readonly constantOutputs?: readonly string[];

  /** Inputs changed in place (optimiser steps). Such an op is never recorded on the tape. */
  readonly mutates?: readonly string[];

  /** The reference: plain loops, the same code for float32 and float64. Outputs arrive uninitialised. */
  cpu(inputs: readonly CpuOperand[], outputs: readonly CpuOperand[], attrs: Attrs): void;

  /** Which WGSL runs, how it is specialised and on what grid. */
  kernel(call: KernelCall<Attrs>): KernelPlan;

  /** The kernels among which `kernel` chooses by `call.variant`, where there are several; see core/webgpu/tuning.ts. */
  readonly variants?: KernelVariants<Attrs>;

  /** Defaults to one flop an output element, and every operand moved once. */
  cost?(inputs: readonly Spec[], outputs: readonly Spec[], attrs: Attrs): Cost;
}

/** An op that only looks at its input in another shape: the output shares the storage. */
export interface ViewOp<Attrs> extends OpBase<Attrs> {
  readonly view: true;
}

export type OpDeclaration<Attrs> = KernelOp<Attrs> | ViewOp<Attrs>;

/** Does `op` only look at its input? */
export function isView(op: Op): op is ViewOp<any> {
  return 'view' in op;
}

/** Does `op` change inputs in place? */
export function isInPlace(op: Op): op is KernelOp<any> & { readonly mutates: readonly string[] } {
  return !isView(op) && (op.mutates?.length ?? 0) > 0;
}

/** A registered op, its attribute type erased. Every backend, test and benchmark works from this. */
export type Op = OpDeclaration<any>;

const registry = new Map<string, Op>();

/** Declares an op. Everything else (dispatch, tape, checks, benchmarks) follows from the declaration. */
export function defineOp<D extends Op>(declaration: D): D {
  if (registry.has(declaration.name)) throw new TapegradError(`defineOp: an op named ${declaration.name} exists already`);
  registry.set(declaration.name, declaration);
  return declaration;
}

export function getOp(name: string): Op {
  const op = registry.get(name);
  if (!op) throw new TapegradError(`getOp: no op is named ${name}; import 'tapegrad', not 'core' alone`);
  return op;
}

/** All ops, in the order of their declaration. */
export function allOps(): Op[] {
  return [...registry.values()];
}

/** name0, name1 ... where the only name is `...name`, which stands for any number. */
function numberedNames([first]: readonly string[], count: number): string[] | null {
  return first?.startsWith('...') ? Array.from({ length: count }, (_, i) => `${first.slice(3)}${i}`) : null;
}

/** The names of `count` actual outputs: a variadic one is numbered. */
export function outputNames(op: Op, count: number): readonly string[] {
  if (isView(op)) return ['out'];
  const { outputs = ['out'] } = op;
  return numberedNames(outputs, count) ?? outputs;
}

/** The names of `count` actual inputs: optional ones lose their mark, a variadic one is numbered. */
export function inputNames(op: Op, count: number): string[] {
  const numbered = numberedNames(op.inputs, count);
  if (numbered) return numbered;
  const required = op.inputs.filter((name) => !name.endsWith('?')).length;
  if (count < required || count > op.inputs.length) {
    throw new TapegradError(`${op.name}: takes ${op.inputs.join(', ')}, got ${count} inputs`);
  }
  return op.inputs.slice(0, count).map((name) => name.replace('?', ''));
}

/** Can output `index` carry a gradient? */
export function isDifferentiableOutput(op: Op, index: number, output: Spec): boolean {
  if (output.dtype === 'int32') return false;
  return isView(op) || !op.constantOutputs?.includes(op.outputs![index]);
}
