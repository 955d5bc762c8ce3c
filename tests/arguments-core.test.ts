import { test } from 'uvu';
import {
  DTypeError, DeviceError, ShapeError, TapegradError, detectAnomaly, enableGrad, init, keep, manualSeed, noGrad, observeOps, ones, printTape,
  reportLeaks, scope, setRandomState, shutdown, tensor, zeros,
} from '../index.js';
import { rejectsWith, throwsError } from './fixtures/expect.js';

/* What core's own functions say to arguments of the wrong kind, from JavaScript: one line that names the function and the argument. */

await init({ device: 'cpu' });

const x = tensor([[1, 2], [3, 4]]);
const wrong = (value: unknown) => value as never;

const refusals: readonly (readonly [call: () => unknown, message: RegExp, type?: new (...args: never[]) => Error])[] = [
  [() => keep(wrong([x, x])), /^keep: t must be a tensor, got \[/],
  [() => scope(wrong(undefined)), /^scope: body must be a function, got undefined$/],
  [() => noGrad(wrong(x)), /^noGrad: body must be a function, got Tensor/],
  [() => enableGrad(wrong(1)), /^enableGrad: body must be a function, got 1$/],
  [() => observeOps(wrong(3)), /^observeOps: observer must be a function, got 3$/],
  [() => reportLeaks(wrong('yes')), /^reportLeaks: listener must be a function, got 'yes'$/],
  [() => printTape(wrong(3)), /^printTape: t must be a tensor, got 3/],
  [() => x.registerHook(wrong(3)), /^registerHook: hook must be a function, got 3$/],
  [() => manualSeed(2 ** 32), /^manualSeed: seed must be a whole number from 0 to 4294967295, got 4294967296$/],
  [() => setRandomState(wrong(undefined)), /^setRandomState: options must be an object, got undefined$/],
  [() => setRandomState(wrong({})), /^setRandomState: seed must be a whole number from 0 to 4294967295, got undefined$/],
  [() => shutdown(wrong('gpu')), /^shutdown: device must be one of cpu, webgpu, got 'gpu'$/],
  [() => zeros([2], { device: wrong('gpu') }), /^tensor: device must be one of cpu, webgpu, got 'gpu'$/],
  [() => zeros([2], { device: 'webgpu' }), /^device webgpu is not ready: call await init\(\{ device: 'webgpu' \}\) first$/, DeviceError],
  [() => zeros([2], { requiresGrad: wrong('yes') }), /^fill: requiresGrad must be true or false, got 'yes'$/],
  [() => tensor([1, undefined] as never), /^tensor: values must be numbers, or nested arrays of numbers, got undefined$/],
  [() => tensor([1, '2'] as never), /^tensor: values must be numbers, or nested arrays of numbers, got '2'$/],
  [() => tensor([1, [2]]), /^tensor: nested arrays have unequal depths$/, ShapeError],
  [() => x.to(wrong('bool')), /^cast: cpu has no dtype 'bool', it has float32, float64, int32$/, DTypeError],
  [() => x.to(wrong('constructor')), /^cast: cpu has no dtype 'constructor', it has float32, float64, int32$/, DTypeError],
];

for (const [call, message, type = TapegradError] of refusals) {
  test(String(call), () => throwsError(call, type, message));
}

test('detectAnomaly without a function', () =>
  rejectsWith(detectAnomaly(wrong(ones([1]))), TapegradError, /^detectAnomaly: body must be a function, got Tensor/));

test.run();
