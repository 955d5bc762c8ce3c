import { callOp, makeZeros } from './apply.js';
import { AutogradError, DTypeError, DeviceError, ShapeError } from './errors.js';
import { withGrad } from './gradMode.js';
import { keep, scope } from './memory.js';
import type { VjpContext } from './op.js';
import { readOptions, requireArray } from './options.js';
import { broadcastAxes, sameShape } from './shape.js';
import { type Edge, type GradientHook, TapeNode, reachable } from './tape.js';
import { Tensor, describeTensor, requireTensor, requireTensorArray } from './tensor.js';

/* The reverse pass over the tape: gradients of outputs in, gradients of leaves and inputs out. */

export interface BackwardOptions {
  /** Keep saved values for another backward over the same nodes. Default: `createGraph`. */
  retainGraph?: boolean;
  /** Record the backward itself, so that the gradients can be differentiated. */
  createGraph?: boolean;
}

const GRAPH_DEFAULTS = { retainGraph: undefined, createGraph: false };

type GraphSettings = BackwardOptions & { createGraph: boolean };

/** Sums `gradient` over the axes along which a value of `shape` was stretched: broadcasting, undone. */
function unbroadcast(gradient: Tensor, shape: readonly number[]): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const axes = broadcastAxes(shape, gradient.shape);
  const summed = callOp('sum', [gradient], { axes, keepDim: false });
  return sameShape(summed.shape, shape) ? summed : callOp('reshape', [summed], { shape });
}

function checkGradient(node: TapeNode, input: number, gradient: Tensor): void {
  const expected = node.inputs[input];
  const where = `${node.op.name}: the gradient of input ${input}`;
  if (!sameShape(gradient.shape, expected.shape)) {
    throw new ShapeError(`${where} has shape [${gradient.shape}], the input has [${expected.shape}]; mend the op's vjp`);
  }
  if (gradient.dtype !== expected.dtype) {
    throw new DTypeError(`${where} has dtype ${gradient.dtype}, the input has ${expected.dtype}; mend the op's vjp`);
  }
}

/** Runs one node's vjp: gradients of the outputs in, gradients of the inputs out (null where `needs` wants none). */
function applyVjp(node: TapeNode, gradients: readonly (Tensor | null)[], needs: readonly boolean[]): (Tensor | null)[] {
  const { vjp } = node.op;
  if (typeof vjp !== 'function') throw new AutogradError(`${node.op.name}: not differentiable: ${vjp.notDifferentiable}`);
  const context: VjpContext<object> = {
    attrs: node.attrs,
    inputs: node.inputs,
    outputs: node.outputs,
    needs,
    saved: (name) => node.restore(name),
  };
  const backend = gradients.find((gradient) => gradient !== null)!.backend;
  const upstream = gradients.map((gradient, i) => gradient ?? makeZeros(node.outputs[i], backend));
  const results = vjp(upstream, context);
  const most = Math.max(needs.length, node.op.inputs.length); // one may be given for an optional input that this call left out
  if (results.length > most) {
    throw new AutogradError(`${node.op.name}: its vjp gave ${results.length} gradients for ${most} inputs; mend the op's vjp`);
  }
  return needs.map((needed, input) => {
    if (!needed) return null;
    const result = results[input];
    if (!result) throw new AutogradError(`${node.op.name}: its vjp gave no gradient for input ${input}; return one, or declare why not`);
    requireTensor(node.op.name, `the gradient of input ${input}`, result);
    const gradient = node.op.broadcasts ? unbroadcast(result, node.inputs[input].shape) : result;
    checkGradient(node, input, gradient);
    return gradient;
  });
}

/** `before`, if there is any, plus `gradient`: a handle that no scope frees. Frees `before`; `gradient` stays the caller's. */
function accumulate(before: Tensor | null, gradient: Tensor): Tensor {
  const total = keep(before ? callOp('add', [before, gradient], {}) : gradient.alias());
  before?.dispose();
  return total;
}

/** What `hook` gives for `gradient`, kept; null where it gives nothing. */
function replacementBy(hook: GradientHook, gradient: Tensor): Tensor | null {
  return scope(() => {
    const replacement = hook(gradient);
    if (!replacement || replacement === gradient) return null;
    requireTensor('hook', 'what it returns', replacement);
    if (!sameShape(replacement.shape, gradient.shape)) {
      throw new ShapeError(`hook: returned shape [${replacement.shape}] for a gradient of shape [${gradient.shape}]`);
    }
    if (replacement.dtype !== gradient.dtype) {
      throw new DTypeError(`hook: returned ${replacement.dtype} for a gradient of ${gradient.dtype}; convert with .to('${gradient.dtype}')`);
    }
    return keep(replacement.alias());
  });
}

/** Gradients on their way: for each node one slot an output, for each leaf one slot. */
class Pending {
  private readonly slots = new Map<TapeNode | Tensor, (Tensor | null)[]>();

  /** Adds to what has already arrived at `edge`. Takes its own handle, so the caller's may be disposed. */
  add({ source, output }: Edge, gradient: Tensor): void {
    const width = source instanceof TapeNode ? source.outputs.length : 1;
    let slots = this.slots.get(source);
    if (!slots) this.slots.set(source, (slots = new Array<Tensor | null>(width).fill(null)));
    slots[output] = accumulate(slots[output], gradient);
  }

  peek({ source, output }: Edge): Tensor | null {
    return this.slots.get(source)?.[output] ?? null;
  }

  take(source: TapeNode | Tensor): (Tensor | null)[] | undefined {
    const slots = this.slots.get(source);
    this.slots.delete(source);
    return slots;
  }

  /** Runs hooks on a complete gradient, which may replace it. */
  applyHooks({ source, output }: Edge, hooks: readonly GradientHook[]): void {
    const slots = this.slots.get(source);
    for (const hook of [...hooks]) { // a hook may remove itself
      const gradient = slots?.[output];
      if (!gradient) return;
      const replacement = replacementBy(hook, gradient);
      if (!replacement) continue;
      slots[output] = replacement;
      gradient.dispose();
    }
  }

  leaves(): Tensor[] {
    return [...this.slots.keys()].filter((source): source is Tensor => source instanceof Tensor);
  }

  dispose(): void {
    for (const slots of this.slots.values()) for (const gradient of slots) gradient?.dispose();
    this.slots.clear();
  }
}

/** An output that a pass starts from, and its upstream gradient. */
interface Root {
  readonly tensor: Tensor;
  readonly gradient: Tensor | undefined;
}

/** The upstream gradient of `root`: what was given, checked, or 1 for a scalar. `caller` is named in errors. */
function upstreamFor(caller: string, { tensor, gradient }: Root): Tensor {
  if (!tensor.requiresGrad) {
    throw new AutogradError(`${caller}: the tensor of shape [${tensor.shape}] depends on no tensor with requiresGrad`);
  }
  tensor.assertAlive(caller);
  if (gradient === undefined) {
    if (tensor.size !== 1) {
      throw new ShapeError(`${caller}: shape [${tensor.shape}] is not a scalar; pass an upstream gradient of that shape`);
    }
    return callOp('fill', [], { shape: tensor.shape, dtype: tensor.dtype, value: 1 }, tensor.backend);
  }
  requireTensor(caller, 'the upstream gradient', gradient);
  gradient.assertAlive(caller);
  const problem = `${caller}: the upstream gradient is ${describeTensor(gradient)}, the tensor ${describeTensor(tensor)}`;
  if (!sameShape(gradient.shape, tensor.shape) || gradient.dtype !== tensor.dtype) throw new ShapeError(problem);
  if (gradient.backend !== tensor.backend) throw new DeviceError(`${problem}; move one with toDevice()`);
  return gradient;
}

/** Of `nodes`, latest first, and leaves: those that are wanted, or lead to one that is. */
function leadingTo(wanted: readonly Edge[], nodes: readonly TapeNode[]): Set<TapeNode | Tensor> {
  const leading = new Set<TapeNode | Tensor>(wanted.map(({ source }) => source));
  for (const node of [...nodes].reverse()) {
    if (node.edges.some((edge) => edge && leading.has(edge.source))) leading.add(node);
  }
  return leading;
}

/** What is asked of a pass; `caller` is named in errors. */
interface Pass extends GraphSettings {
  readonly caller: string;
  readonly roots: readonly Root[];
  /** Where gradients are wanted; default every leaf. Nodes that lead to none of these are left alone. */
  readonly wanted?: readonly Edge[];
}

/**
 * The reverse pass. Visits the nodes that the roots lead to by decreasing index, and hands `onNode` each node before
 * its vjp runs, when the gradients of its outputs are complete. Those of leaves are left in `pending`.
 */
function reversePass(
  { caller, roots, wanted, createGraph, retainGraph = createGraph }: Pass,
  pending: Pending,
  onNode: (node: TapeNode) => void = () => {},
): void {
  withGrad(createGraph, () => {
    const edges = roots.map((root) => scope(() => {
      const upstream = upstreamFor(caller, root);
      const edge = root.tensor.gradientEdge()!;
      pending.add(edge, upstream);
      return edge;
    }));
    const nodes = reachable(edges);
    const leading = wanted && leadingTo(wanted, nodes);
    for (const node of nodes) {
      if (leading && !leading.has(node)) continue;
      for (let output = 0; output < node.outputs.length; output++) {
        pending.applyHooks({ source: node, output }, node.hooksOf(output));
      }
      onNode(node);
      const gradients = pending.take(node);
      if (!gradients) continue;
      const needs = node.edges.map((edge) => edge !== null && (!leading || leading.has(edge.source)));
      try {
        if (!needs.includes(true)) continue;
        scope(() => {
          applyVjp(node, gradients, needs).forEach((gradient, input) => {
            if (gradient) pending.add(node.edges[input]!, gradient);
          });
        });
        if (!retainGraph) node.consume();
      } finally {
        for (const gradient of gradients) gradient?.dispose();
      }
    }
    for (const leaf of pending.leaves()) pending.applyHooks({ source: leaf, output: 0 }, leaf.hooks);
  });
}

/** A gradient for a leaf to own: memory that anything else holds too (another leaf, the caller, the tape) is copied. */
function ownGradient(arrived: Tensor): Tensor {
  return keep(arrived.storage.isShared ? callOp('cast', [arrived], { dtype: arrived.dtype }) : arrived.alias());
}

/** See `Tensor.backward`. */
export function backward(root: Tensor, gradient: Tensor | undefined, options: BackwardOptions): void {
  const settings = readOptions('backward', options, GRAPH_DEFAULTS);
  const pending = new Pending();
  try {
    reversePass({ caller: 'backward', roots: [{ tensor: root, gradient }], ...settings }, pending);
    withGrad(settings.createGraph, () => {
      for (const leaf of pending.leaves()) {
        const arrived = pending.take(leaf)![0]!;
        if (!leaf.disposed) leaf.grad = leaf.grad ? accumulate(leaf.grad, arrived) : ownGradient(arrived);
        arrived.dispose();
      }
    });
  } finally {
    pending.dispose();
  }
}

export interface GradOptions extends BackwardOptions {
  /** Upstream gradients of the outputs, one each, or the one of the only output; needed for those that are not scalars. */
  gradOutputs?: Tensor | readonly (Tensor | undefined)[];
  /** Give null, instead of an error, for an input that the outputs do not depend on. */
  allowUnused?: boolean;
}

/**
 * The gradients of `outputs` with respect to `inputs` (leaves or results), without touching anyone's `grad`.
 * PyTorch's name: `torch.autograd.grad`.
 */
export function grad(outputs: Tensor | readonly Tensor[], inputs: readonly Tensor[], options: GradOptions & { allowUnused: true }): (Tensor | null)[];
export function grad(outputs: Tensor | readonly Tensor[], inputs: readonly Tensor[], options?: GradOptions): Tensor[];
export function grad(outputs: Tensor | readonly Tensor[], inputs: readonly Tensor[], options: GradOptions = {}): (Tensor | null)[] {
  const { gradOutputs, allowUnused, ...settings } = readOptions('grad', options, { ...GRAPH_DEFAULTS, gradOutputs: undefined, allowUnused: false });
  const roots = rootsOf(outputs, gradOutputs);
  requireTensorArray('grad', 'inputs', inputs);
  const wanted = inputs.map((input, i) => {
    const edge = input.gradientEdge();
    if (!edge) throw new AutogradError(`grad: input ${i} of shape [${input.shape}] does not require a gradient`);
    return edge;
  });
  const found = new Array<Tensor | null>(inputs.length).fill(null);
  const pending = new Pending();
  const capture = (source: TapeNode | Tensor) => {
    wanted.forEach((edge, i) => {
      if (edge.source === source) found[i] = pending.peek(edge)?.alias() ?? null;
    });
  };
  try {
    reversePass({ caller: 'grad', roots, wanted, ...settings }, pending, capture);
    pending.leaves().forEach(capture);
    const unused = found.indexOf(null);
    if (unused >= 0 && !allowUnused) {
      const { shape } = inputs[unused];
      throw new AutogradError(`grad: the outputs do not depend on input ${unused} of shape [${shape}]; pass { allowUnused: true } to get null`);
    }
  } catch (error) {
    for (const gradient of found) gradient?.dispose();
    throw error;
  } finally {
    pending.dispose();
  }
  return found;
}

/** The outputs of `grad`, each with its upstream gradient. */
function rootsOf(outputs: Tensor | readonly Tensor[], gradOutputs: GradOptions['gradOutputs']): Root[] {
  const tensors = outputs instanceof Tensor ? [outputs] : outputs;
  const upstreams = gradOutputs instanceof Tensor ? [gradOutputs] : gradOutputs;
  requireTensorArray('grad', 'outputs', tensors);
  if (upstreams) {
    requireArray('grad', 'gradOutputs', upstreams);
    if (upstreams.length !== tensors.length) {
      throw new ShapeError(`grad: ${upstreams.length} gradOutputs do not fit ${tensors.length} outputs; give one each`);
    }
  }
  return tensors.map((tensor, i) => ({ tensor, gradient: upstreams?.[i] }));
}
