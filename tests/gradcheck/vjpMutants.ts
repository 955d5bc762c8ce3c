import { type Tensor, flip, reshape, slice } from '../../index.js';
import type { Op, Vjp, VjpContext } from '../../core/op.js';
import { broadcastAxes, sizeOf } from '../../core/shape.js';

/* Wrong backward rules, made by wrapping the right one. */

export interface VjpMutant {
  kind: string;
  vjp: Vjp<any>;
  /** Did it ever change anything? A vector cannot be reversed along an axis that it lacks. */
  planted: boolean;
}

type Change = (gradient: Tensor, shape: readonly number[]) => Tensor;

/** Reversed along the last, or last but one, of the axes that have more than one place. */
function reversed(gradient: Tensor, from: 'last' | 'last but one'): Tensor {
  const long = gradient.shape.flatMap((extent, axis) => (extent > 1 ? [axis] : []));
  const axis = from === 'last' ? long.at(-1) : long.at(-2);
  return axis === undefined ? gradient : flip(gradient, axis);
}

/** The gradient of the first of all copies, instead of the sum over them. */
function firstCopy(gradient: Tensor, shape: readonly number[]): Tensor {
  const axes = broadcastAxes(shape, gradient.shape);
  return reshape(slice(gradient, gradient.shape.map((_, axis) => (axes.includes(axis) ? [0, 1] : null))), shape);
}

const CHANGES: Record<string, Change> = {
  'to zero': (gradient) => gradient.mul(0),
  'x 2': (gradient) => gradient.mul(2),
  'sign flipped': (gradient) => gradient.neg(),
  'x 1.001': (gradient) => gradient.mul(1.001),
  'reversed along the last axis': (gradient) => reversed(gradient, 'last'),
  'reversed along the last axis but one': (gradient) => reversed(gradient, 'last but one'),
  'sum over copies skipped': (gradient, shape) => (gradient.size === sizeOf(shape) ? gradient : firstCopy(gradient, shape)),
};

function changing(kind: string, vjp: Vjp<any>, input: number, change: Change): VjpMutant {
  const mutant: VjpMutant = {
    kind,
    planted: false,
    vjp: (gradients, context) => vjp(gradients, context).map((gradient, i) => {
      if (!gradient || i !== input) return gradient;
      const result = change(gradient, context.inputs[i].shape);
      mutant.planted ||= result !== gradient;
      return result;
    }),
  };
  return mutant;
}

/** Only the first call of each backward pass contributes. `restart` begins a pass. */
export function overwriting(vjp: Vjp<any>): { vjp: Vjp<any>; restart(): void } {
  let calls = 0;
  return {
    vjp: (gradients, context) => {
      const results = vjp(gradients, context);
      return calls++ === 0 ? results : results.map((gradient) => gradient && gradient.mul(0));
    },
    restart: () => (calls = 0),
  };
}

/** Other values for one attribute: numbers and list elements one up and one down, flags turned. Named by what they change. */
function otherValues(name: string, value: unknown): { name: string; value: unknown }[] {
  if (typeof value === 'boolean') return [{ name: `${name} turned`, value: !value }];
  if (typeof value === 'number') return [{ name: `${name} + 1`, value: value + 1 }, { name: `${name} - 1`, value: value - 1 }];
  if (!Array.isArray(value)) return [];
  return value.flatMap((element, i) => otherValues(`${name}[${i}]`, element).map((other) => ({ name: other.name, value: value.with(i, other.value) })));
}

/** A vjp that takes attribute `name` for another value: the one named `kind`. */
function misreading(kind: string, vjp: Vjp<any>, name: string): VjpMutant {
  const mutant: VjpMutant = {
    kind,
    planted: false,
    vjp(gradients, context: VjpContext<any>) {
      const other = otherValues(name, context.attrs[name]).find((candidate) => candidate.name === kind);
      if (!other) return vjp(gradients, context);
      mutant.planted = true;
      return vjp(gradients, { ...context, attrs: { ...context.attrs, [name]: other.value } });
    },
  };
  return mutant;
}

/** Mutants of `op`: its `inputs` that have gradients, and the attributes that its vjp reads, with a value each. */
export function vjpMutants(op: Op, inputs: readonly number[], attrsRead: ReadonlyMap<string, unknown>): VjpMutant[] {
  const vjp = op.vjp as Vjp<any>;
  return [
    ...inputs.flatMap((input) => Object.entries(CHANGES)
      .filter(([kind]) => op.broadcasts || kind !== 'sum over copies skipped')
      .map(([kind, change]) => changing(`gradient of input ${input} ${kind}`, vjp, input, change))),
    ...[...attrsRead].flatMap(([name, value]) => otherValues(name, value).map((other) => misreading(other.name, vjp, name))),
  ];
}
