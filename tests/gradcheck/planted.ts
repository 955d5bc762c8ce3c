import * as assert from 'uvu/assert';
import { type KernelOp, type Tensor, type ViewOp, applyOp, defineOp, tensor } from '../../index.js';
import type { GradcheckReport } from '../../core/gradcheck.js';
import type { Vjp } from '../../core/op.js';

/* Ops and gradients with a mistake planted in them. */

/** A function of tensors with one result. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor;

/** A float64 input on the CPU that wants a gradient. */
export const input = (values: number[], shape = [values.length]): Tensor =>
  tensor(values, shape, { dtype: 'float64', device: 'cpu', requiresGrad: true });
/** Values without kinks and ties, [3, 3]. */
export const ordinary = (): Tensor => input([0.3, -1.2, 2.5, 0.7, -0.4, 1.1, -2.2, 0.9, 1.6], [3, 3]);

/** x, with what `vjp` makes of its gradient: put before or after any op it plants a mistake there. */
export function withVjp(name: string, vjp: (gradient: Tensor) => Tensor): TensorFunction {
  const op = defineOp<ViewOp<object>>({ name, view: true, inputs: ['x'], infer: ([x]) => [x], vjp: ([gradient]) => [vjp(gradient)] });
  return (x) => applyOp(op, [x], {})[0];
}

/** An op made for a test; it never runs on WebGPU. */
export function planted(
  name: string, inputs: string[], infer: KernelOp<object>['infer'], cpu: KernelOp<object>['cpu'], vjp: Vjp<object>,
): TensorFunction {
  const kernel = () => ({ launches: [] });
  const op = defineOp<KernelOp<object>>({ name, inputs, infer, cpu, kernel, saves: () => [...inputs, 'out'], vjp });
  return (...at) => applyOp(op, at, {})[0];
}

/** f element by element, with the slope that `slope` gives. */
export function elementwise(name: string, f: (x: number) => number, slope: (x: Tensor) => Tensor): TensorFunction {
  return planted(
    name, ['x'], ([x]) => [x],
    ([x], [out]) => x.data.forEach((value, i) => (out.data[i] = f(value))),
    ([gradient], { saved }) => [gradient.mul(slope(saved('x')))],
  );
}

/** Asserts the verdict, with the whole report as the message. */
export async function expectVerdict(verdict: GradcheckReport['verdict'], report: Promise<GradcheckReport>): Promise<GradcheckReport> {
  const found = await report;
  assert.is(found.verdict, verdict, found.details);
  return found;
}
