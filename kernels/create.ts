import { applyOp } from '../core/apply.js';
import { backendFor, defaultBackend } from '../core/device.js';
import type { Op } from '../core/op.js';
import { readOptions } from '../core/options.js';
import { TENSOR_DEFAULTS, type Tensor, type TensorOptions } from '../core/tensor.js';

/** Calls an op that has no inputs, on the device that `options` name. */
export function create(op: Op, attrs: object, options: TensorOptions): Tensor {
  const { device, requiresGrad } = readOptions(op.name, options, TENSOR_DEFAULTS);
  const backend = device ? backendFor(device) : defaultBackend();
  const [out] = applyOp(op, [], attrs, backend);
  if (requiresGrad) out.requiresGrad = true;
  return out;
}
