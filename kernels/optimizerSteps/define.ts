import type { Spec } from '../../core/backend.js';
import { requireFloat, requireSameDType } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import { type Cost, type KernelOp, defineOp } from '../../core/op.js';
import { sameShape, sizeOf } from '../../core/shape.js';
import type { Launch } from '../../core/webgpu/kernel.js';
import { RUN_VARIANTS, flatWalk } from '../runs.js';

/** One optimiser: how its step changes a parameter. */
interface Step<Attrs> {
  readonly name: string;
  /** Tensors of the parameter's shape that it remembers from step to step. */
  readonly state: readonly string[];
  /** Those of `state` that some settings do without: they come as empty tensors. */
  unused?(attrs: Attrs): readonly (string | false)[];
  readonly cpu: KernelOp<Attrs>['cpu'];
  launch(attrs: Attrs): Pick<Launch, 'module' | 'overrides' | 'params'>;
  /** For one element. */
  flops(attrs: Attrs): number;
}

/** Throws unless every operand is a float tensor of the parameter's shape, those named in `unused` empty. */
function checkOperands(op: string, names: readonly string[], operands: readonly Spec[], unused: readonly (string | false)[] = []): void {
  const [parameter] = operands;
  requireFloat(op, 'parameter', parameter.dtype);
  requireSameDType(op, operands.map((operand) => operand.dtype));
  operands.forEach(({ shape }, i) => {
    const empty = unused.includes(names[i]);
    if (!sameShape(shape, empty ? [0] : parameter.shape)) {
      const wanted = empty ? 'these settings need none: pass an empty tensor of shape [0]' : `the parameter has [${parameter.shape}]`;
      throw new ShapeError(`${op}: ${names[i]} has shape [${shape}], ${wanted}`);
    }
  });
}

function checkStep(op: string, step: number): void {
  if (!Number.isInteger(step) || step < 1) throw new ShapeError(`${op}: step is ${step}; count steps from 1`);
}

/** Every operand is read, and all but the gradient written. */
function stepCost(operands: readonly Spec[], flopsPerElement: number): Cost {
  const moved = operands.reduce((total, { shape }) => total + 2 * sizeOf(shape), 0);
  const elements = sizeOf(operands[0].shape);
  return { flops: flopsPerElement * elements, bytes: 4 * (moved - elements) };
}

/** Declares the op of a step: inputs `parameter`, `gradient` and the state; all but the gradient are changed in place. */
export function defineStep<Attrs extends object>({ name, state, unused, cpu, launch, flops }: Step<Attrs>): KernelOp<Attrs> {
  const inputs = ['parameter', 'gradient', ...state];
  return defineOp<KernelOp<Attrs>>({
    name,
    inputs,
    outputs: [],
    mutates: ['parameter', ...state],
    infer(operands, attrs) {
      checkOperands(name, inputs, operands, unused?.(attrs));
      if ('step' in attrs) checkStep(name, Number(attrs.step));
      return [];
    },
    cpu,
    kernel({ inputs: [parameter], attrs, variant }) {
      const walk = flatWalk(sizeOf(parameter.shape), variant);
      const { module, overrides, params } = launch(attrs);
      return { launches: [{ ...walk, module, overrides: { ...walk.overrides, ...overrides }, params: { ...walk.params, ...params } }] };
    },
    variants: RUN_VARIANTS,
    cost: (operands, _outputs, attrs) => stepCost(operands, flops(attrs)),
    vjp: { notDifferentiable: 'it changes its operands in place' },
  });
}
