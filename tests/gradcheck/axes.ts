import type { Op } from '../../core/op.js';
import type { SuiteOptions } from './check.js';
import { reasonForNoFold } from './fold.js';
import { reasonForNoLockstep } from './lockstep.js';
import { reasonForNoNaN } from './nonFinite.js';

/** A column of the coverage matrix. */
export interface Axis {
  readonly name: string;
  /** What it compares with what. */
  readonly title: string;
  /** The device that it needs: without it there is nothing to check. */
  readonly device: 'cpu' | 'webgpu' | 'both';
  /** Left out of the short run in the test command. */
  readonly slow?: boolean;
  /** Why an op has no check here; null if it ought to have one. */
  reasonForNone(op: Op): string | null;
}

/** Why no gradient of an op can be checked; null if one can. */
export function reasonForNoGradient(op: Op): string | null {
  return typeof op.vjp === 'function' ? null : `not differentiable: ${op.vjp.notDifferentiable}`;
}

const never = () => null;

export const AXES: readonly Axis[] = [
  { name: 'f64 numeric', title: 'CPU f64 gradient against a numeric one', device: 'cpu', reasonForNone: reasonForNoGradient },
  { name: 'second order', title: 'CPU f64 gradient of the gradient against a numeric one', device: 'cpu', reasonForNone: reasonForNoGradient },
  { name: 'f32 cpu', title: 'CPU f32 against CPU f64, forward and backward', device: 'cpu', reasonForNone: never },
  { name: 'webgpu forward', title: 'WebGPU against CPU f64', device: 'webgpu', reasonForNone: never },
  { name: 'webgpu backward', title: 'gradients on WebGPU against CPU f64', device: 'webgpu', reasonForNone: reasonForNoGradient },
  { name: 'NaN', title: 'NaN in an input reaches the same results on WebGPU as on CPU f64', device: 'webgpu', reasonForNone: reasonForNoNaN },
  { name: 'Infinity', title: 'infinity in an input leaves the same results without a number', device: 'webgpu', slow: true, reasonForNone: reasonForNoNaN },
  { name: 'repeat', title: 'the same bits again, and inputs unchanged', device: 'both', reasonForNone: never },
  { name: 'accumulate', title: 'inputs used twice get exactly twice the gradient', device: 'both', reasonForNone: reasonForNoGradient },
  { name: 'zero upstream', title: 'an upstream of zero gives exactly zero', device: 'both', reasonForNone: reasonForNoGradient },
  { name: 'lockstep', title: 'each kernel statement by statement: races, writes past the end, values against CPU f64', device: 'cpu', reasonForNone: reasonForNoLockstep },
  { name: 'fold', title: 'a grid past 65,535 workgroups, WebGPU against CPU f64', device: 'webgpu', slow: true, reasonForNone: reasonForNoFold },
];

/** Why a cell is empty: the axis does not apply to the op, or this run left it out. Null: it should not be empty. */
export function reasonForEmpty(axis: Axis, op: Op, options: SuiteOptions): string | null {
  if (options.seeds > 0 && axis.name !== 'f64 numeric') return 'this run is over seeds of the f64 numeric axis only';
  if (axis.device !== 'both' && !options.devices.includes(axis.device)) return `this run is on ${options.devices.join()} only`;
  if (axis.slow && !options.slow) return 'slow: npm run gradcheck makes it, npm test does not';
  return axis.reasonForNone(op);
}
