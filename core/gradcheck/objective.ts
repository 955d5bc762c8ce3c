import { grad } from '../backward.js';
import { DTypeError, TapegradError } from '../errors.js';
import { enableGrad } from '../gradMode.js';
import { scope } from '../memory.js';
import { observeOps } from '../observe.js';
import { show } from '../options.js';
import type { Shape } from '../shape.js';
import { Tensor, requireTensor, tensor } from '../tensor.js';

/** Any function of tensors: an op, a layer, a whole model. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/** Values of the inputs that are checked, by position; null for the others, which stay what they are. */
export type Point = readonly (Float64Array | null)[];

/** Gradients by input; null where none is wanted. */
export type Gradients = readonly (Float64Array | null)[];

/** What `fn` gives, as a list. It is recorded, inside `noGrad` too: a function may differentiate inside. */
function tensorsOf(call: string, fn: TensorFunction, inputs: readonly Tensor[]): readonly Tensor[] {
  let result: unknown;
  enableGrad(() => {
    result = fn(...inputs);
  });
  if (result instanceof Promise) {
    result.catch(() => {}); // What it rejects with is of no interest any more.
    throw new TapegradError(`${call}: fn must return tensors, not a promise; await what it needs before the call`);
  }
  if (result instanceof Tensor) return [result];
  if (!Array.isArray(result)) throw new TapegradError(`${call}: fn must return a tensor or an array of tensors, got ${show(result)}`);
  result.forEach((output, i) => requireTensor(call, `output ${i}`, output));
  return result;
}

/** The outputs that can have slopes: positions and labels (int32) cannot. */
export function outputsOf(call: string, fn: TensorFunction, inputs: readonly Tensor[]): readonly Tensor[] {
  return tensorsOf(call, fn, inputs).filter((output) => output.dtype !== 'int32');
}

/** The tape's gradients of <outputs, upstream>; the upstream is as long as all outputs together. The tape stays usable. */
export async function pullBack(outputs: readonly Tensor[], upstream: Float64Array, inputs: readonly (Tensor | null)[]): Promise<Gradients> {
  let start = 0;
  const parts = outputs.map((output) => upstream.slice(start, (start += output.size)));
  // An output that depends on no input is a constant: its slopes are zero, and grad() would refuse it.
  const used = outputs.map((_, i) => i).filter((i) => outputs[i].requiresGrad && parts[i].some((weight) => weight !== 0));
  const wanted = inputs.filter((input): input is Tensor => input !== null);
  const gradOutputs = used.map((i) => tensor(parts[i], outputs[i].shape, { device: outputs[i].device, dtype: outputs[i].dtype }));
  const found = used.length > 0
    ? grad(used.map((i) => outputs[i]), wanted, { gradOutputs, allowUnused: true, retainGraph: true })
    : wanted.map(() => null);
  return Promise.all(
    inputs.map(async (input) => {
      if (!input) return null;
      const gradient = found[wanted.indexOf(input)];
      return gradient ? Float64Array.from(await gradient.data()) : new Float64Array(input.size);
    }),
  );
}

/** A function of tensors as a function of float64 vectors: its outputs are laid end to end. */
export class Objective {
  /** Known after the first evaluation. */
  outputShapes: readonly Shape[] = [];
  /** Ops of the function that are declared not differentiable, with the reason: no gradient passes them. Known after `gradients`. */
  readonly blocking = new Map<string, string>();

  constructor(private readonly call: string, private readonly fn: TensorFunction, readonly inputs: readonly Tensor[]) {}

  private inputsAt(point: Point): Tensor[] {
    return this.inputs.map((input, i) => (point[i] ? tensor(point[i], input.shape, { device: 'cpu', requiresGrad: true }) : input));
  }

  /** All output values. */
  evaluate(point: Point): Promise<Float64Array> {
    return scope(async () => {
      const outputs = outputsOf(this.call, this.fn, this.inputsAt(point));
      for (const [i, { dtype, device }] of outputs.entries()) {
        if (dtype === 'float64' && device === 'cpu') continue;
        throw new DTypeError(`${this.call}: output ${i} is ${dtype} on ${device}, of float64 inputs: the function must not convert`);
      }
      this.outputShapes = outputs.map((output) => output.shape);
      const values = new Float64Array(outputs.reduce((size, output) => size + output.size, 0));
      let start = 0;
      for (const output of outputs) {
        values.set(await output.data(), start);
        start += output.size;
      }
      return values;
    });
  }

  /** The tape's gradients at `point` for each upstream. */
  gradients(point: Point, upstreams: readonly Float64Array[]): Promise<Gradients[]> {
    return scope(async () => {
      const inputs = this.inputsAt(point);
      const stop = observeOps(({ name, inputs: { length }, vjp }) => {
        if (length > 0 && typeof vjp !== 'function') this.blocking.set(name, vjp.notDifferentiable);
      });
      let outputs: readonly Tensor[];
      try {
        outputs = outputsOf(this.call, this.fn, inputs);
      } finally {
        stop();
      }
      const rows: Gradients[] = [];
      for (const upstream of upstreams) {
        rows.push(await scope(() => pullBack(outputs, upstream, inputs.map((input, i) => (point[i] ? input : null)))));
      }
      return rows;
    });
  }
}
