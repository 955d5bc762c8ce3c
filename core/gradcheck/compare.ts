import type { DeviceName } from '../backend.js';
import type { TypedArray } from '../dtype.js';
import { DTypeError, ShapeError } from '../errors.js';
import { scope } from '../memory.js';
import { readOptions, requireChoice } from '../options.js';
import { Philox } from '../random.js';
import type { Shape } from '../shape.js';
import { reachable } from '../tape.js';
import { type Tensor, tensor } from '../tensor.js';
import { requireCall, requireTolerance } from './arguments.js';
import { largestFinite, relativeError, signedRandom, ulpsBetween } from './numeric.js';
import { type TensorFunction, outputsOf, pullBack } from './objective.js';
import { brackets, digitsApart, positionOf, rough, show, table, windowAround } from './text.js';

export interface CompareOptions {
  /** What is checked. Default `webgpu`; `init()` must have made it ready. */
  device?: DeviceName;
  /** Default float32. */
  dtype?: 'float32' | 'float64';
  /** Seeds the upstream gradient. Default 0. */
  seed?: number;
  /** A value may be off by this share of the largest of its tensor. Default 1e-5, WGSL's own tolerance for tanh. */
  relative?: number;
  /** And by this much. It can excuse, but not certify: where it exceeds 1 % of the values, nothing was checked. Default 1e-7. */
  absolute?: number;
  /** The command that makes this check again, for the report. Default: the call. */
  reproduce?: string;
}

/** The value that was furthest off, measured by the tolerance. */
export interface WorstValue {
  /** `output 0`, or `gradient of input 0`. */
  what: string;
  position: readonly number[];
  expected: number;
  actual: number;
  relativeError: number;
  /** Distance in units in the last place of the dtype checked. */
  ulp: number;
  /** Distance over what was allowed: above 1 in a failure. */
  overTolerance: number;
}

export interface CompareReport {
  /** UNCHECKED: every gradient is about zero, or below the tolerance. It is not a pass. */
  verdict: 'PASS' | 'FAIL' | 'UNCHECKED';
  message: string;
  details: string;
  seed: number;
  worst: WorstValue | null;
}

/** The share of the largest value by which a wrong one must be found. */
const RESOLUTION = 1e-2;

/** Where and how precisely something is computed. */
interface Side {
  device: DeviceName;
  dtype: 'float32' | 'float64';
}

interface Result {
  what: string;
  shape: Shape;
  values: ArrayLike<number>;
}

/** Throws unless all that leads to `outputs` was computed where and as `side` says. */
function requireSide(outputs: readonly Tensor[], side: Side): void {
  const refuse = (what: string) => {
    throw new DTypeError(
      `compareGradients: ${what}, of ${side.dtype} inputs on ${side.device}: fn must not convert; pass what it captures as an input`,
    );
  };
  for (const [i, { dtype, device }] of outputs.entries()) {
    if (dtype !== side.dtype || device !== side.device) refuse(`output ${i} is ${dtype} on ${device}`);
  }
  const edges = outputs.map((output) => output.gradientEdge()).filter((edge) => edge !== null);
  for (const { op, outputs } of reachable(edges)) {
    const other = outputs.find(({ dtype }) => dtype !== 'int32' && dtype !== side.dtype);
    if (other) refuse(`inside, ${op.name} gives ${other.dtype}`);
  }
}

/** Outputs, and gradients under a random signed upstream, as one side computes them. */
function run(fn: TensorFunction, inputs: readonly Tensor[], data: readonly TypedArray[], side: Side, seed: number): Promise<Result[]> {
  return scope(async () => {
    const here = inputs.map(({ shape, dtype, requiresGrad }, i) =>
      tensor(data[i], shape, { device: side.device, dtype: dtype === 'int32' ? dtype : side.dtype, requiresGrad }));
    const outputs = outputsOf('compareGradients', fn, here);
    requireSide(outputs, side);
    const upstream = signedRandom(outputs.reduce((size, output) => size + output.size, 0), new Philox(seed)).map(Math.fround);
    const gradients = await pullBack(outputs, upstream, here.map((input) => (input.requiresGrad ? input : null)));
    const results: Result[] = [];
    for (const [i, output] of outputs.entries()) results.push({ what: `output ${i}`, shape: output.shape, values: await output.data() });
    gradients.forEach((values, i) => values && results.push({ what: `gradient of input ${i}`, shape: inputs[i].shape, values }));
    return results;
  });
}

/** Throws unless both sides gave as many outputs, of the same shapes. */
function requireSameShapes(reference: readonly Result[], found: readonly Result[], side: string): void {
  const shapes = (results: readonly Result[]) =>
    results.filter(({ what }) => what.startsWith('output')).map(({ shape }) => `[${shape}]`).join(', ') || 'nothing';
  const [expected, actual] = [shapes(reference), shapes(found)];
  if (expected === actual) return;
  throw new ShapeError(`compareGradients: fn gives ${actual} on ${side}, ${expected} on cpu float64; it must give the same shapes on both`);
}

/** The value furthest off, what lies beside it, and whether any gradient was large enough to judge. */
function compare(
  reference: readonly Result[], found: readonly Result[], dtype: Side['dtype'],
  { relative, absolute }: Pick<Required<CompareOptions>, 'relative' | 'absolute'>,
): { worst: WorstValue | null; nearby: readonly number[][]; isLearnt: boolean } {
  let worst: WorstValue | null = null;
  let nearby: readonly number[][] = [];
  let isLearnt = false;
  for (const [k, { what, shape, values: expected }] of reference.entries()) {
    const actual = found[k].values;
    const scale = largestFinite(expected);
    const allowed = absolute + relative * scale;
    isLearnt ||= what.startsWith('gradient') && allowed <= RESOLUTION * scale;
    for (let i = 0; i < expected.length; i++) {
      const isSame = Object.is(actual[i], expected[i]) || actual[i] === expected[i];
      const distance = isSame ? 0 : Math.abs(actual[i] - expected[i]) / allowed;
      const overTolerance = Number.isNaN(distance) ? Infinity : distance;
      if (worst && overTolerance <= worst.overTolerance) continue;
      worst = {
        what, position: positionOf(i, shape), expected: expected[i], actual: actual[i], overTolerance,
        relativeError: relativeError(actual[i], expected[i]), ulp: ulpsBetween(actual[i], expected[i], dtype),
      };
      const around = windowAround(i, expected.length);
      nearby = [around.map((at) => expected[at]), around.map((at) => actual[at])];
    }
  }
  return { worst, nearby, isLearnt };
}

/**
 * Checks what a device computes in a dtype, outputs and gradients, against float64 on the CPU: how a WGSL kernel is checked.
 * Differences in float32 would carry errors of 1e-2; so check the formula with `gradcheck` first, then the device with this.
 * `fn` must reach everything it needs through `inputs` (any device and dtype), and be deterministic.
 */
export async function compareGradients(
  fn: TensorFunction, inputs: readonly Tensor[], options: CompareOptions = {},
): Promise<CompareReport> {
  const { device, dtype, seed, reproduce, ...tolerance } = readOptions('compareGradients', options, {
    device: 'webgpu', dtype: 'float32', seed: 0, relative: 1e-5, absolute: 1e-7, reproduce: undefined,
  });
  requireCall('compareGradients', fn, inputs);
  requireChoice('compareGradients', 'device', device, ['cpu', 'webgpu']);
  requireChoice('compareGradients', 'dtype', dtype, ['float32', 'float64']);
  requireTolerance('compareGradients', { seed, reproduce, ...tolerance });
  // Both sides start from the same numbers: those that the dtype can hold.
  const data = await Promise.all(inputs.map(async (input) => {
    const values = await input.data();
    return dtype === 'float32' && input.dtype === 'float64' ? Float32Array.from(values) : values;
  }));
  const reference = await run(fn, inputs, data, { device: 'cpu', dtype: 'float64' }, seed);
  const found = await run(fn, inputs, data, { device, dtype }, seed);
  requireSameShapes(reference, found, `${device} ${dtype}`);
  const { worst, nearby, isLearnt } = compare(reference, found, dtype, tolerance);

  const verdict = worst && worst.overTolerance > 1 ? 'FAIL' : isLearnt ? 'PASS' : 'UNCHECKED';
  const side = `${device} ${dtype}`;
  const rows: [string, string][] = [];
  let at = '';
  if (worst) {
    const name = `${worst.what}${brackets(worst.position)}`;
    const digits = verdict === 'FAIL' ? digitsApart(worst.actual, worst.expected) : 6;
    at = `${name}: ${show(worst.actual, digits)} on ${side}, ${show(worst.expected, digits)} in float64`;
    const ulp = `${rough(worst.ulp)} ULP of ${dtype}`;
    rows.push(
      ['value', name],
      [side, show(worst.actual, digits)],
      ['cpu float64', show(worst.expected, digits)],
      ['apart', `relative ${rough(worst.relativeError)}, ${ulp}, ${rough(worst.overTolerance)} times the tolerance`],
      ['nearby', `${nearby.map((values) => values.map((value) => show(value, digits)).join(' ')).join(' | ')} (cpu float64 | ${side})`],
    );
  }
  rows.push(['again', reproduce ?? `compareGradients(fn, inputs, { device: '${device}', dtype: '${dtype}', seed: ${seed} })`]);
  const message = {
    PASS: `agree; furthest apart at ${at}`,
    FAIL: `differ at ${at}`,
    UNCHECKED: 'every gradient is about zero, or below the tolerance',
  }[verdict];
  return { verdict, message, details: `${verdict}: ${message}\n${table(rows)}`, seed, worst };
}
