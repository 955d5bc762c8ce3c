import { grad } from './backward.js';
import { DTypeError } from './errors.js';
import { requireCall, requireSettings, requireTolerance } from './gradcheck/arguments.js';
import { judge, worstOf } from './gradcheck/judge.js';
import { locateElement } from './gradcheck/locate.js';
import { oneHot, signedRandom } from './gradcheck/numeric.js';
import { type Gradients, Objective, type Point, type TensorFunction, outputsOf } from './gradcheck/objective.js';
import { reportOf } from './gradcheck/report.js';
import {
  type Change, type Column, type Slope, changeBetween, elementColumn, measure, randomColumn, randomUpstream,
} from './gradcheck/slopes.js';
import type { GradcheckOptions, GradcheckReport, GradcheckSettings } from './gradcheck/types.js';
import { scope } from './memory.js';
import { readOptions } from './options.js';
import { Philox } from './random.js';
import { type Tensor, tensor } from './tensor.js';

export { type CompareOptions, type CompareReport, type WorstValue, compareGradients } from './gradcheck/compare.js';
export type { TensorFunction } from './gradcheck/objective.js';
export type { GradcheckOptions, GradcheckReport, WorstSlope } from './gradcheck/types.js';

const DEFAULTS = {
  seed: 0, relative: 1e-7, absolute: 1e-11, maxJacobian: 1024, maxElements: 256, directions: 8, only: undefined, reproduce: undefined,
};

function requireFloat64(call: string, inputs: readonly Tensor[]): void {
  for (const { dtype, device } of inputs) {
    if (dtype !== 'float32' && device === 'cpu') continue;
    throw new DTypeError(
      `${call}: inputs must be float64 on the CPU (differences in float32 carry errors of 1e-2), got ${dtype} on ${device}; ` +
        'compareGradients() checks float32 and WebGPU',
    );
  }
}

function columnsOf(point: Point, gradient: Gradients, { seed, maxElements, directions, only }: GradcheckSettings): Column[] {
  const element = (input: number, index: number) => elementColumn(input, index, point[input]!);
  const direction = (input: number, index: number) => randomColumn(input, index, gradient[input]!, seed);
  if (only) return ['index' in only ? element(only.input, only.index) : direction(only.input, only.direction)];
  return point.flatMap((values, input) => {
    if (!values) return [];
    return values.length > maxElements
      ? Array.from({ length: directions }, (_, i) => direction(input, i))
      : [...values.keys()].map((i) => element(input, i));
  });
}

async function check(call: string, fn: TensorFunction, inputs: readonly Tensor[], options: GradcheckSettings): Promise<GradcheckReport> {
  requireCall(call, fn, inputs);
  requireFloat64(call, inputs);
  requireSettings(call, options, inputs);
  const { seed, maxJacobian } = options;
  const objective = new Objective(call, fn, inputs);
  const point: Point = await Promise.all(inputs.map(async (input) => (input.requiresGrad ? ((await input.data()) as Float64Array) : null)));
  const values = await objective.evaluate(point);
  const again = await objective.evaluate(point);
  const varies = values.length !== again.length || values.some((value, i) => !Object.is(value, again[i]));

  const elements = point.reduce((total, part) => total + (part?.length ?? 0), 0);
  const isWhole = values.length * elements <= maxJacobian;
  const upstreams = [randomUpstream(values.length, seed)];
  if (isWhole) values.forEach((_, row) => upstreams.push(oneHot(values.length, row)));

  const slopes: Slope[] = [];
  let changed: Change | null = null;
  let kinks = 0;
  let moved = 0;
  if (!varies && values.length > 0) {
    // One backward pass more than needed, over the same tape: what a vjp remembers of the first shows in the last.
    const gradients = await objective.gradients(point, [...upstreams, upstreams[0]]);
    changed = changeBetween(gradients[0], gradients.pop()!);
    for (const column of changed ? [] : columnsOf(point, gradients[0], options)) {
      const found = await measure(objective, upstreams, { point, values, gradients }, column, seed);
      if (!found) kinks++;
      else if (found[0].point !== point) moved++;
      slopes.push(...(found ?? []));
    }
  }
  const judged = judge(slopes, options);
  let worst = worstOf(judged);
  if (worst && worst.excess > 1 && !worst.slope.column.isElement) {
    const [element] = judge([await locateElement(objective, upstreams[worst.slope.row], worst.slope)], options);
    if (element.excess > 1) worst = element;
  }
  const jacobian = isWhole ? ([values.length, elements] as const) : null;
  return reportOf({ call, objective, options, jacobian, judged, worst, kinks, moved, varies, changed });
}

/**
 * Compares the tape's gradient with a numeric one: float64, random signed upstream gradient, Richardson's extrapolation; for
 * small functions each entry of the Jacobian besides. A point on a kink is moved a little. Everything is seeded. The gradient is
 * taken twice, for one backward pass more, and must be the same bit for bit.
 *
 * `inputs` are float64 tensors on the CPU; those with `requiresGrad` are checked. What `fn` captures stays fixed. Throws
 * DTypeError for float32: its differences say nothing; `compareGradients` checks what float32 and WebGPU compute.
 * PyTorch's name: `torch.autograd.gradcheck`.
 */
export async function gradcheck(fn: TensorFunction, inputs: readonly Tensor[], options: GradcheckOptions = {}): Promise<GradcheckReport> {
  const settings = readOptions('gradcheck', options, DEFAULTS);
  return scope(() => check('gradcheck', fn, inputs, settings));
}

/**
 * The same for second derivatives: checks the gradient of the gradients, with respect to the inputs and to the upstream
 * gradients, which follow the inputs in the report's numbering. PyTorch's name: `torch.autograd.gradgradcheck`.
 */
export async function gradgradcheck(fn: TensorFunction, inputs: readonly Tensor[], options: GradcheckOptions = {}): Promise<GradcheckReport> {
  const settings = readOptions('gradgradcheck', options, DEFAULTS);
  return scope(async () => {
    requireCall('gradgradcheck', fn, inputs);
    requireFloat64('gradgradcheck', inputs);
    requireTolerance('gradgradcheck', settings);
    const random = new Philox(settings.seed);
    const tracked = (at: readonly Tensor[]) => outputsOf('gradgradcheck', fn, at).filter((output) => output.requiresGrad);
    const upstreams = tracked(inputs).map((output) =>
      tensor(signedRandom(output.size, random), output.shape, { device: 'cpu', requiresGrad: true }));
    const gradients: TensorFunction = (...at) => {
      const own = at.slice(0, inputs.length);
      const wanted = own.filter((t) => t.requiresGrad);
      const found = grad(tracked(own), wanted, { gradOutputs: at.slice(inputs.length), createGraph: true, allowUnused: true });
      return found.filter((gradient): gradient is Tensor => gradient !== null);
    };
    return check('gradgradcheck', gradients, [...inputs, ...upstreams], settings);
  });
}
