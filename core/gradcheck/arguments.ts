import { AutogradError, TapegradError } from '../errors.js';
import { requireFunction, requireNumber, requireWhole, show } from '../options.js';
import { type Tensor, requireTensorArray } from '../tensor.js';
import type { GradcheckSettings } from './types.js';

/* Refuses arguments by name: of a tolerance that is no number, or an input that is not there, every slope would be right. */

/** Throws unless `fn` is a function and `inputs` tensors, of which one at least wants a gradient. */
export function requireCall(call: string, fn: unknown, inputs: readonly Tensor[]): void {
  requireFunction(call, 'fn', fn);
  requireTensorArray(call, 'inputs', inputs);
  if (!inputs.some((input) => input.requiresGrad)) throw new AutogradError(`${call}: no input has requiresGrad, there is nothing to check`);
}

function requireAtLeastZero(call: string, name: string, value: number): void {
  requireNumber(call, name, value);
  if (value < 0) throw new TapegradError(`${call}: ${name} must not be negative, got ${value}`);
}

/** What gradcheck, gradgradcheck and compareGradients have in common. */
export function requireTolerance(call: string, options: Pick<GradcheckSettings, 'seed' | 'relative' | 'absolute' | 'reproduce'>): void {
  requireWhole(call, 'seed', options.seed, 0, 2 ** 32 - 1);
  requireAtLeastZero(call, 'relative', options.relative);
  requireAtLeastZero(call, 'absolute', options.absolute);
  if (options.reproduce !== undefined && typeof options.reproduce !== 'string') {
    throw new TapegradError(`${call}: reproduce must be text, got ${show(options.reproduce)}`);
  }
}

/** Throws unless `only` names something to move. */
function requireOnly(call: string, only: NonNullable<GradcheckSettings['only']>, inputs: readonly Tensor[]): void {
  if (typeof only !== 'object' || only === null || 'index' in only === 'direction' in only) {
    throw new TapegradError(`${call}: only must be { input, index } or { input, direction }, got ${show(only)}`);
  }
  requireWhole(call, 'only.input', only.input, 0, inputs.length - 1);
  const input = inputs[only.input];
  if (!input.requiresGrad) throw new AutogradError(`${call}: only.input: input ${only.input} has no requiresGrad, it has no slopes`);
  if ('direction' in only) requireWhole(call, 'only.direction', only.direction, 0);
  else requireWhole(call, `only.index of input ${only.input} of shape [${input.shape}]`, only.index, 0, input.size - 1);
}

/** Throws unless all options of gradcheck or gradgradcheck can be used with `inputs`. */
export function requireSettings(call: string, settings: GradcheckSettings, inputs: readonly Tensor[]): void {
  requireTolerance(call, settings);
  requireAtLeastZero(call, 'maxJacobian', settings.maxJacobian);
  requireAtLeastZero(call, 'maxElements', settings.maxElements);
  requireWhole(call, 'directions', settings.directions, 1);
  if (settings.only !== undefined) requireOnly(call, settings.only, inputs);
}
