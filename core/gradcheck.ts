import { AutogradError, DTypeError } from './errors.js';
import { keep, scope } from './memory.js';
import { Philox } from './random.js';
import { enableGrad, grad, noGrad } from './tape.js';
import { Tensor, tensor } from './tensor.js';

/** Any function of tensors: an op, a layer, a whole model. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

export interface GradcheckOptions {
  /** Seeds the upstream gradients and the directions. Default 0. */
  seed?: number;
  /** An analytic slope may differ from the numeric one by this share of the largest slope of its input. Default 1e-7. */
  relative?: number;
  /** Inputs with more elements than this are checked along random directions instead. Default 256. */
  maxElements?: number;
  /** How many random directions. Default 8. */
  directions?: number;
}

/** Where the analytic and the numeric slope were furthest apart. */
export interface WorstSlope {
  input: number;
  /** Flat index of the element, or the number of the random direction. */
  index: number;
  analytic: number;
  numeric: number;
  /** What the extrapolation itself says it may be off by. */
  errorEstimate: number;
  step: number;
}

export interface GradcheckReport {
  /** UNCHECKED: nothing was learnt, because every slope is about zero or every point sat on a kink. It is not a pass. */
  verdict: 'PASS' | 'FAIL' | 'UNCHECKED';
  /** One line for people. */
  message: string;
  /** Slopes compared, and slopes left out because the function has a kink or a jump there. */
  compared: number;
  kinks: number;
  worst: WorstSlope | null;
}

/** h = eps^(1/5): where truncation O(h^4) and cancellation O(eps / h) of the extrapolated difference balance. */
const STEP = Number.EPSILON ** (1 / 5);

/** The extrapolation's two estimates disagree by more than this share of the slope: a kink, not curvature. */
const KINK_DISAGREEMENT = 1e-3;

/** One-sided slopes that differ by this share of themselves, and by more than a second derivative of 200 would explain. */
const KINK_ASYMMETRY = 0.2;
const KINK_CURVATURE = 200;

/** The outputs that can have slopes: positions and labels (int32) cannot. */
function outputsOf(fn: TensorFunction, inputs: readonly Tensor[]): readonly Tensor[] {
  const result = fn(...inputs);
  return (result instanceof Tensor ? [result] : result).filter((output) => output.dtype !== 'int32');
}

/** Random signs times values in [0.5, 1.5]: an upstream of ones would make the gradient of a softmax vanish. */
function signedRandom(length: number, random: Philox): Float64Array {
  return Float64Array.from({ length }, () => (random.uniform() < 0.5 ? -1 : 1) * (0.5 + random.uniform()));
}

/** sum over outputs of <output, upstream>, and its slopes. The upstream is drawn once, at the first call. */
class Objective {
  private upstream: Float64Array[] | null = null;

  constructor(private readonly fn: TensorFunction, private readonly random: Philox) {}

  private async weigh(outputs: readonly Tensor[]): Promise<number> {
    this.upstream ??= outputs.map((output) => signedRandom(output.size, this.random));
    let total = 0;
    for (const [k, output] of outputs.entries()) {
      const values = await output.data();
      for (let i = 0; i < values.length; i++) total += values[i] * this.upstream[k][i];
    }
    return total;
  }

  /** The value at `points`. */
  value(points: readonly Float64Array[], inputs: readonly Tensor[]): Promise<number> {
    return scope(async () => {
      const at = inputs.map((input, i) => (points[i] ? tensor(points[i], input.shape, { device: 'cpu' }) : input));
      return this.weigh(noGrad(() => outputsOf(this.fn, at)));
    });
  }

  /** The tape's gradient for each input. */
  analytic(inputs: readonly Tensor[]): Promise<Float64Array[]> {
    return scope(async () => {
      const outputs = outputsOf(this.fn, inputs);
      await this.weigh(outputs);
      const wanted = inputs.filter((input) => input.requiresGrad);
      // An output that depends on no input is a constant: its slopes are zero, and grad() would refuse it.
      const carriers = outputs.filter((output) => output.requiresGrad);
      const gradOutputs = carriers.map((output) => tensor(this.upstream![outputs.indexOf(output)], output.shape, { device: 'cpu' }));
      const gradients = carriers.length === 0 ? wanted.map(() => null) : grad(carriers, wanted, { gradOutputs, allowUnused: true });
      return Promise.all(
        gradients.map(async (gradient, i) => (gradient ? ((await gradient.data()) as Float64Array) : new Float64Array(wanted[i].size))),
      );
    });
  }
}

/**
 * Slope of f at 0 by Richardson's extrapolation of central differences: (4 D(h/2) - D(h)) / 3, error O(h^4).
 * The distance to D(h/2) estimates the error, and tells a kink from curvature.
 */
async function richardson(f: (t: number) => Promise<number>, h: number): Promise<{ slope: number; errorEstimate: number; kink: boolean }> {
  const wide = ((await f(h)) - (await f(-h))) / (2 * h);
  const below = await f(-h / 2);
  const above = await f(h / 2);
  const narrow = (above - below) / h;
  const slope = (4 * narrow - wide) / 3;
  const errorEstimate = Math.abs(slope - narrow);

  const centre = await f(0);
  const left = (centre - below) / (h / 2);
  const right = (above - centre) / (h / 2);
  const scale = Math.max(Math.abs(left), Math.abs(right), 1e-12);
  const bend = Math.abs(right - left);
  const kink = errorEstimate > KINK_DISAGREEMENT * scale || (bend > KINK_ASYMMETRY * scale && bend > KINK_CURVATURE * h);
  return { slope, errorEstimate, kink };
}

function differentiableInputs(inputs: readonly Tensor[]): Tensor[] {
  const wanted = inputs.filter((input) => input.requiresGrad);
  if (wanted.length === 0) throw new AutogradError('gradcheck: no input has requiresGrad, there is nothing to check');
  for (const input of inputs) {
    if (input.dtype === 'float32' || input.device !== 'cpu') {
      throw new DTypeError(
        `gradcheck: inputs must be float64 on the CPU (differences in float32 carry errors of 1e-2), got ${input.dtype} on ${input.device}`,
      );
    }
  }
  return wanted;
}

/**
 * Compares the tape's gradient with a numeric one: float64, random signed upstream gradient, Richardson's extrapolation.
 * `inputs` are float64 tensors on the CPU; those with `requiresGrad` are checked. PyTorch's name: `torch.autograd.gradcheck`.
 */
export async function gradcheck(fn: TensorFunction, inputs: readonly Tensor[], options: GradcheckOptions = {}): Promise<GradcheckReport> {
  const wanted = differentiableInputs(inputs);
  const { seed = 0, relative = 1e-7, maxElements = 256, directions = 8 } = options;
  const random = new Philox(seed, 1);
  const objective = new Objective(fn, random);
  const analytic = await objective.analytic(inputs);
  const base = await Promise.all(inputs.map(async (input) => (input.requiresGrad ? ((await input.data()) as Float64Array) : null)));

  let compared = 0;
  let kinks = 0;
  let largest = 0;
  let worst: WorstSlope | null = null;
  let worstExcess = 0;

  for (const [k, input] of wanted.entries()) {
    const position = inputs.indexOf(input);
    const values = base[position]!;
    const scale = analytic[k].reduce((max, slope) => Math.max(max, Math.abs(slope)), 0);
    const projected = input.size > maxElements;
    for (let index = 0; index < (projected ? directions : input.size); index++) {
      const direction = projected ? signedRandom(input.size, random) : null;
      const step = STEP * (direction ? 1 : Math.max(1, Math.abs(values[index])));
      const moved = (t: number) => {
        const points = base.map((point) => point as Float64Array);
        points[position] = direction ? values.map((value, i) => value + t * direction[i]) : values.with(index, values[index] + t);
        return objective.value(points, inputs);
      };
      const { slope, errorEstimate, kink } = await richardson(moved, step);
      if (kink) {
        kinks++;
        continue;
      }
      compared++;
      const expected = direction ? analytic[k].reduce((sum, slope, i) => sum + slope * direction[i], 0) : analytic[k][index];
      largest = Math.max(largest, Math.abs(slope));
      const allowed = relative * Math.max(scale, Math.abs(slope)) * (direction ? Math.sqrt(input.size) : 1) + 10 * errorEstimate + 1e-11;
      const excess = Math.abs(expected - slope) / allowed;
      if (!(excess <= worstExcess)) {
        worstExcess = Number.isNaN(excess) ? Infinity : excess;
        worst = { input: position, index, analytic: expected, numeric: slope, errorEstimate, step };
      }
    }
  }

  const at = worst ? `input ${worst.input}, ${worst.index}: analytic ${worst.analytic}, numeric ${worst.numeric} (+- ${worst.errorEstimate})` : '';
  if (worstExcess > 1) return { verdict: 'FAIL', message: `gradients differ at ${at}`, compared, kinks, worst };
  if (compared === 0) return { verdict: 'UNCHECKED', message: `every point sat on a kink (${kinks})`, compared, kinks, worst };
  if (largest < 1e-9) return { verdict: 'UNCHECKED', message: 'every slope is about zero', compared, kinks, worst };
  return { verdict: 'PASS', message: `${compared} slopes agree; furthest apart at ${at}`, compared, kinks, worst };
}

/**
 * The same for second derivatives: checks the gradient of <gradient, v> for random v.
 * PyTorch's name: `torch.autograd.gradgradcheck`.
 */
export function gradgradcheck(fn: TensorFunction, inputs: readonly Tensor[], options: GradcheckOptions = {}): Promise<GradcheckReport> {
  const random = new Philox(options.seed ?? 0, 2);
  const upstream: Tensor[] = [];
  const first: TensorFunction = (...at) =>
    enableGrad(() => {
      const tracked = at.map((t, i) => (inputs[i].requiresGrad && !t.requiresGrad ? requiringGrad(t) : t));
      const outputs = outputsOf(fn, tracked).filter((output) => output.requiresGrad);
      if (upstream.length === 0) {
        for (const output of outputs) upstream.push(keep(tensor(signedRandom(output.size, random), output.shape, { device: 'cpu' })));
      }
      const wanted = tracked.filter((t) => t.requiresGrad);
      const gradients = grad(outputs, wanted, { gradOutputs: upstream, createGraph: true, allowUnused: true });
      return gradients.filter((gradient): gradient is Tensor => gradient !== null);
    });
  return gradcheck(first, inputs, options).finally(() => upstream.forEach((t) => t.dispose()));
}

function requiringGrad(t: Tensor): Tensor {
  const leaf = t.detach();
  leaf.requiresGrad = true;
  return leaf;
}
