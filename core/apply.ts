import { type Backend, type Operand, type Spec, requireSupported, specOf } from './backend.js';
import { AutogradError, DeviceError, TapegradError } from './errors.js';
import { isGradEnabled } from './gradMode.js';
import { notifyObservers } from './observe.js';
import { type Op, getOp, inputNames, isInPlace, isView, outputNames } from './op.js';
import { type Recorded, record } from './tape.js';
import { Tensor, requireTensor } from './tensor.js';

function commonBackend(op: Op, names: readonly string[], inputs: readonly Tensor[]): Backend {
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    requireTensor(op.name, names[i], input);
    input.assertAlive(op.name);
    if (input.backend !== inputs[0].backend) {
      const [here, there] = [inputs[0].device, input.device];
      const way = here === there ? 'one was made before init() opened it anew: make it again' : `move one with await t.toDevice('${here}')`;
      throw new DeviceError(`${op.name}: inputs are on ${here} and ${here === there ? `another ${there}` : there}; ${way}`);
    }
  }
  if (inputs.length === 0) throw new TapegradError(`${op.name}: takes at least one tensor, got none`);
  return inputs[0].backend;
}

/** Memory for each output; that of a view is its input's. Where there is none for one of them, the others' is given back. */
function allocateOutputs(op: Op, inputs: readonly Tensor[], specs: readonly Spec[], backend: Backend): Operand[] {
  const outputs: Operand[] = [];
  try {
    for (const spec of specs) {
      const storage = isView(op) ? inputs[0].storage.retain() : backend.allocate(op.name, spec);
      outputs.push({ ...spec, storage });
    }
  } catch (error) {
    for (const { storage } of outputs) storage.release();
    throw error;
  }
  return outputs;
}

/**
 * Runs an op: shape rule, outputs, kernel, tape. Every call of every op comes through here.
 * `on` is needed only by ops without inputs.
 */
export function applyOp(op: Op, inputs: readonly Tensor[], attrs: object, on?: Backend): Tensor[] {
  const names = inputNames(op, inputs.length);
  const backend = on ?? commonBackend(op, names, inputs);
  const specs = op.infer(inputs.map(specOf), attrs).map(specOf);
  for (const { dtype } of specs) requireSupported(op.name, backend, dtype);
  const records = isGradEnabled() && inputs.some((input) => input.requiresGrad);
  if (records) refuseInPlace(op, names, inputs);

  const operands = allocateOutputs(op, inputs, specs, backend);
  const recorded = records && typeof op.vjp === 'function' ? record(op, attrs, inputs, specs) : null;
  const outputs = operands.map((operand, i) => new Tensor(operand, recorded?.edges[i] ?? null));
  if (!isView(op)) {
    try {
      backend.run(op, inputs, operands, attrs);
    } catch (error) {
      outputs.forEach((output) => output.dispose());
      throw error;
    }
    op.mutates?.forEach((name) => inputs[names.indexOf(name)]?.storage.markChanged());
  }

  if (recorded) saveForBackward(recorded, names, inputs, outputs);
  notifyObservers(op, outputs);
  return outputs;
}

/** The tape cannot take back what an op did in place: the gradient would be that of the old values, or be lost. */
function refuseInPlace(op: Op, names: readonly string[], inputs: readonly Tensor[]): void {
  if (!isInPlace(op)) return;
  const wanting = inputs.findIndex((input) => input.requiresGrad);
  throw new AutogradError(
    `${op.name}: changes ${op.mutates.join(', ')} in place, which the tape cannot record, and ${names[wanting]} of shape ` +
      `[${inputs[wanting].shape}] requires a gradient; call it inside noGrad()`,
  );
}

/** Gives the node the values that its vjp will read. */
function saveForBackward({ node, edges }: Recorded, names: readonly string[], inputs: readonly Tensor[], outputs: readonly Tensor[]): void {
  const wanted = node.op.saves?.(node.edges.map((edge) => edge !== null), node.attrs) ?? [];
  for (const name of wanted) {
    if (name === false) continue;
    const input = names.indexOf(name);
    if (input >= 0) node.save(name, inputs[input], inputs[input].gradientEdge());
    else {
      const output = outputNames(node.op, outputs.length).indexOf(name);
      node.save(name, outputs[output], edges[output]);
    }
  }
}

/** Runs a registered op by name and gives its first output. How core reaches ops that live in `kernels/`. */
export function callOp(name: string, inputs: readonly Tensor[], attrs: object, backend?: Backend): Tensor {
  return applyOp(getOp(name), inputs, attrs, backend)[0];
}

/** Zeros of the given shape and dtype. */
export function makeZeros(spec: Spec, backend: Backend): Tensor {
  return callOp('fill', [], { shape: spec.shape, dtype: spec.dtype, value: 0 }, backend);
}
