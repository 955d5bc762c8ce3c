import { callOp } from '../../core/apply.js';
import { requireFloat } from '../../core/dtype.js';
import { TapegradError } from '../../core/errors.js';
import { type KernelOp, defineOp } from '../../core/op.js';
import { readOptions, requireNumber } from '../../core/options.js';
import { reserveRandom } from '../../core/random.js';
import { sizeOf } from '../../core/shape.js';
import { type Tensor, requireTensors } from '../../core/tensor.js';
import { type StreamStart, checkStream, nextStream, planRandom } from '../random/stream.js';
import { RUN_VARIANTS } from '../runs.js';
import { dropoutCpu } from './cpu.js';

function checkProbability(p: number): void {
  requireNumber('dropout', 'p', p);
  if (!(p >= 0 && p < 1)) throw new TapegradError(`dropout: p must be at least 0 and below 1, got ${p}`);
}

/** The mask is never stored: the stream's start is in the attributes, and the vjp draws it again. */
export const dropoutOp = defineOp<KernelOp<StreamStart & { p: number }>>({
  name: 'dropout',
  inputs: ['x'],
  infer([x], { p, ...start }) {
    requireFloat('dropout', 'x', x.dtype);
    checkProbability(p);
    checkStream('dropout', start);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  cpu: dropoutCpu,
  kernel: ({ outputs: [out], attrs, variant }) =>
    // uniform < p is (top 24 bits) < p 2^24: compared as whole numbers, so that no rounding of p splits CPU and GPU.
    planRandom('dropout', sizeOf(out.shape), attrs, variant, { threshold: Math.ceil(attrs.p * 2 ** 24), scale: 1 / (1 - attrs.p) }),
  variants: RUN_VARIANTS,
  vjp: ([gradient], { attrs }) => [callOp('dropout', [gradient], attrs)],
});

/**
 * In training, sets each element to 0 with probability p, and divides the others by 1 - p so that the mean stays.
 * Otherwise gives x itself. The choice comes from the generator that `manualSeed` seeds. Throws a TapegradError for p
 * outside [0, 1). Unlike PyTorch's, an element that is dropped is 0 even if it was NaN.
 * PyTorch's name: `torch.nn.functional.dropout`.
 */
export function dropout(x: Tensor, options: { p?: number; training?: boolean } = {}): Tensor {
  requireTensors('dropout', { x });
  const { p, training } = readOptions('dropout', options, { p: 0.5, training: true });
  checkProbability(p);
  if (!training || p === 0) return x.alias();
  requireFloat('dropout', 'x', x.dtype);
  const out = callOp('dropout', [x], { p, ...nextStream() });
  reserveRandom(x.size);
  return out;
}
