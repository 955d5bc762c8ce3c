import { callOp, makeZeros } from './apply.js';
import { AutogradError, DTypeError, ShapeError } from './errors.js';
import { withGrad } from './gradMode.js';
import { keep, scope } from './memory.js';
import type { VjpContext } from './op.js';
import { readOptions, requireArray } from './options.js';
import { broadcastAxes, sameShape } from './shape.js';
import { type Edge, type GradientHook, TapeNode, reachable } from './tape.js';
import { Tensor, requireTensor } from './tensor.js';

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

/** Runs one node's vjp: gradients of the outputs in, gradients of the inputs out (null where none is wanted). */
function applyVjp(node: TapeNode, gradients: readonly (Tensor | null)[]): (Tensor | null)[] {
  const { vjp } = node.op;
  if (typeof vjp !== 'function') throw new AutogradError(`${node.op.name}: not differentiable: ${vjp.notDifferentiable}`);
  const needs = node.edges.map((edge) => edge !== null);
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
  return needs.map((needed, input) => {
    if (!needed) return null;
    const result = results[input];
    if (!result) throw new AutogradError(`${node.op.name}: its vjp gave no gradient for input ${input}; return one, or declare why not`);
    const gradient = node.op.broadcasts ? unbroadcast(result, node.inputs[input].shape) : result;
    checkGradient(node, input, gradient);
    return gradient;
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
    const before = slots[output];
    slots[output] = keep(before ? callOp('add', [before, gradient], {}) : gradient.alias());
    before?.dispose();
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
  applyHooks(edge: Edge, hooks: readonly GradientHook[]): void {
    const slots = this.slots.get(edge.source);
    for (const hook of hooks) {
      const gradient = slots?.[edge.output];
      if (!gradient) return;
      const replacement = hook(gradient);
      if (!replacement || replacement === gradient) continue;
      if (!sameShape(replacement.shape, gradient.shape)) {
        throw new ShapeError(`hook: returned shape [${replacement.shape}] for a gradient of shape [${gradient.shape}]`);
      }
      slots[edge.output] = keep(replacement.alias());
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

function upstreamFor(root: Tensor, gradient: Tensor | undefined): Tensor {
  if (!root.requiresGrad) {
    throw new AutogradError(`backward: the tensor of shape [${root.shape}] depends on no tensor with requiresGrad`);
  }
  root.assertAlive('backward');
  if (!gradient) {
    if (root.size !== 1) {
      throw new ShapeError(`backward: shape [${root.shape}] is not a scalar; pass an upstream gradient of that shape`);
    }
    return callOp('fill', [], { shape: root.shape, dtype: root.dtype, value: 1 }, root.backend);
  }
  if (!sameShape(gradient.shape, root.shape) || gradient.dtype !== root.dtype) {
    throw new ShapeError(
      `backward: the upstream gradient is ${gradient.dtype} [${gradient.shape}], the tensor ${root.dtype} [${root.shape}]`,
    );
  }
  return gradient;
}

/**
 * The reverse pass. Visits the nodes that `roots` lead to by decreasing index, and hands `onNode` each node before
 * its vjp runs, when the gradients of its outputs are complete.
 */
function reversePass(
  roots: readonly { tensor: Tensor; gradient: Tensor | undefined }[],
  { createGraph, retainGraph = createGraph }: GraphSettings,
  pending: Pending,
  onNode: (node: TapeNode) => void,
): void {
  withGrad(createGraph, () => {
    const edges = roots.map(({ tensor, gradient }) => {
      const edge = scope(() => {
        const upstream = upstreamFor(tensor, gradient);
        const target = tensor.gradientEdge()!;
        pending.add(target, upstream);
        return target;
      });
      return edge;
    });
    for (const node of reachable(edges)) {
      for (let output = 0; output < node.outputs.length; output++) {
        pending.applyHooks({ source: node, output }, node.hooksOf(output));
      }
      onNode(node);
      const gradients = pending.take(node);
      if (!gradients) continue;
      try {
        scope(() => {
          applyVjp(node, gradients).forEach((gradient, input) => {
            if (gradient) pending.add(node.edges[input]!, gradient);
          });
        });
      } finally {
        for (const gradient of gradients) gradient?.dispose();
      }
      if (!retainGraph) node.consume();
    }
    for (const leaf of pending.leaves()) pending.applyHooks({ source: leaf, output: 0 }, leaf.hooks);
  });
}

/** See `Tensor.backward`. */
export function backward(root: Tensor, gradient: Tensor | undefined, options: BackwardOptions): void {
  const settings = readOptions('backward', options, GRAPH_DEFAULTS);
  const pending = new Pending();
  try {
    reversePass([{ tensor: root, gradient }], settings, pending, () => {});
    withGrad(settings.createGraph, () => {
      for (const leaf of pending.leaves()) {
        const [arrived] = pending.take(leaf)!;
        if (leaf.disposed) {
          arrived!.dispose();
        } else if (leaf.grad) {
          const before = leaf.grad;
          leaf.grad = keep(callOp('add', [before, arrived!], {}));
          before.dispose();
          arrived!.dispose();
        } else {
          leaf.grad = arrived;
        }
      }
    });
  } finally {
    pending.dispose();
  }
}

export interface GradOptions extends BackwardOptions {
  /** Upstream gradients of the outputs; needed for those that are not scalars. */
  gradOutputs?: readonly Tensor[];
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
  if (!(outputs instanceof Tensor)) requireArray('grad', 'outputs', outputs);
  requireArray('grad', 'inputs', inputs);
  const roots = (outputs instanceof Tensor ? [outputs] : outputs).map((tensor, i) => {
    requireTensor('grad', `output ${i}`, tensor);
    return { tensor, gradient: gradOutputs?.[i] };
  });
  const edges = inputs.map((input, i) => {
    requireTensor('grad', `input ${i}`, input);
    const edge = input.gradientEdge();
    if (!edge) throw new AutogradError(`grad: input ${i} of shape [${input.shape}] does not require a gradient`);
    return edge;
  });
  const found = new Array<Tensor | null>(inputs.length).fill(null);
  const pending = new Pending();
  const capture = (source: TapeNode | Tensor) => {
    edges.forEach((edge, i) => {
      if (edge.source === source) found[i] = pending.peek(edge)?.alias() ?? null;
    });
  };
  try {
    reversePass(roots, settings, pending, capture);
    for (const leaf of pending.leaves()) capture(leaf);
  } finally {
    pending.dispose();
  }
  found.forEach((gradient, i) => {
    if (!gradient && !allowUnused) {
      throw new AutogradError(`grad: the outputs do not depend on input ${i} of shape [${inputs[i].shape}]; pass { allowUnused: true } to get null`);
    }
  });
  return found;
}
