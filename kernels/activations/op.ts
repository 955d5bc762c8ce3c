import { ShapeError, TapegradError } from '../../core/errors.js';
import { scope } from '../../core/memory.js';
import { readOptions, requireNumber } from '../../core/options.js';
import { normalizeAxis } from '../../core/shape.js';
import { type Tensor, requireTensors } from '../../core/tensor.js';
import { reshape } from '../reshape/op.js';
import { type SoftmaxOptions, softmax } from '../softmax/op.js';
import { narrow } from '../slice/op.js';
import { clamp } from '../unary/op.js';
import { where } from '../where/op.js';

/* Activations that are compositions of other ops. All keep shape and dtype (glu halves an axis), and take floats. */

/** x cut to [min, max]. The gradient passes where min <= x <= max. PyTorch's name: `torch.nn.functional.hardtanh`. */
export function hardtanh(x: Tensor, min = -1, max = 1): Tensor {
  return clamp(x, min, max);
}

/** x cut to [0, 6]. */
export function relu6(x: Tensor): Tensor {
  return clamp(x, 0, 6);
}

/** x where x > `limit`, else `value`; NaN stays NaN. PyTorch's name: `torch.nn.functional.threshold`. */
export function threshold(x: Tensor, limit: number, value: number): Tensor {
  requireTensors('threshold', { x });
  requireNumber('threshold', 'limit', limit);
  requireNumber('threshold', 'value', value);
  return scope(() => where(x.le(limit), value, x));
}

function checkLambda(op: string, lambda: number): void {
  if (!(lambda >= 0)) throw new TapegradError(`${op}: lambda must be at least 0, got ${lambda}`);
}

/** x where |x| > lambda, else 0. */
export function hardshrink(x: Tensor, lambda = 0.5): Tensor {
  requireTensors('hardshrink', { x });
  checkLambda('hardshrink', lambda);
  return scope(() => where(x.abs().le(lambda), 0, x));
}

/** x moved towards 0 by lambda, and 0 where |x| <= lambda. */
export function softshrink(x: Tensor, lambda = 0.5): Tensor {
  requireTensors('softshrink', { x });
  checkLambda('softshrink', lambda);
  return scope(() => x.sub(clamp(x, -lambda, lambda)));
}

/**
 * x where x > 0, else weight * x, with a learned weight [1], or [channels] for x [batch, channels, ...]. The slope at 0 is the
 * weight (He et al., arXiv 1502.01852). PyTorch's name: `torch.nn.functional.prelu`.
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  requireTensors('prelu', { x, weight });
  const channels = x.rank > 1 ? x.shape[1] : 1;
  if (weight.rank !== 1 || (weight.size !== 1 && weight.size !== channels)) {
    throw new ShapeError(`prelu: weight [${weight.shape}] must be [1], or [${channels}] for the channels of x [${x.shape}]`);
  }
  return scope(() => {
    const slope = weight.size === 1 ? weight : reshape(weight, [channels, ...x.shape.slice(2).map(() => 1)]);
    const isPositive = x.gt(0);
    // Where x passes, the weight meets 0, not x: its gradient there is 0 times that, which is NaN for infinity.
    return where(isPositive, x, where(isPositive, 0, x).mul(slope));
  });
}

export interface GluOptions {
  /** The axis that is halved; default the last. */
  axis?: number;
}

/** a sigmoid(b) for the halves a and b of an axis (Dauphin et al., arXiv 1612.08083). PyTorch's name: `torch.nn.functional.glu`. */
export function glu(x: Tensor, options: GluOptions = {}): Tensor {
  requireTensors('glu', { x });
  const { axis } = readOptions('glu', options, { axis: -1 });
  const at = normalizeAxis('glu', axis, x.rank);
  const half = x.shape[at] / 2;
  if (!Number.isInteger(half)) throw new ShapeError(`glu: axis ${at} of x [${x.shape}] has ${x.shape[at]} places, which do not halve`);
  return scope(() => narrow(x, at, 0, half).mul(narrow(x, at, half, half).sigmoid()));
}

/** softmax(-x) along an axis, default the last. */
export function softmin(x: Tensor, options: SoftmaxOptions = {}): Tensor {
  requireTensors('softmin', { x });
  const { axis } = readOptions('softmin', options, { axis: -1 });
  return scope(() => softmax(x.neg(), { axis }));
}
