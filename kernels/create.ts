import { applyOp } from '../core/apply.js';
import { backendFor, defaultBackend } from '../core/device.js';
import type { DType } from '../core/dtype.js';
import type { Op } from '../core/op.js';
import { readOptions } from '../core/options.js';
import { TENSOR_DEFAULTS, type Tensor, type TensorOptions, requireGradientDType } from '../core/tensor.js';

/** Calls an op that has no inputs, on the device and with the dtype that `options` name; `otherwise` is the dtype where they name none. */
export function create(op: Op, attrs: object, options: TensorOptions, otherwise: DType = 'float32'): Tensor {
  const { dtype = otherwise, device, requiresGrad } = readOptions(op.name, options, TENSOR_DEFAULTS);
  if (requiresGrad) requireGradientDType(dtype);
  const backend = device ? backendFor(device) : defaultBackend();
  const [out] = applyOp(op, [], { ...attrs, dtype }, backend);
  if (requiresGrad) out.requiresGrad = true;
  return out;
}
