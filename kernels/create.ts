import { applyOp } from '../core/apply.js';
import { backendFor, defaultBackend } from '../core/device.js';
import type { Op } from '../core/op.js';
import type { Tensor, TensorOptions } from '../core/tensor.js';

/** Calls an op that has no inputs, on the device that `options` name. */
export function create(op: Op, attrs: object, options: TensorOptions): Tensor {
  const backend = options.device ? backendFor(options.device) : defaultBackend();
  const [out] = applyOp(op, [], attrs, backend);
  if (options.requiresGrad) out.requiresGrad = true;
  return out;
}
