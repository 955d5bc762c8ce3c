import { type Spec, specOf } from './backend.js';
import { bytesPerElement } from './dtype.js';
import { AutogradError } from './errors.js';
import { type Op, isDifferentiableOutput } from './op.js';
import { sizeOf } from './shape.js';
import type { Storage } from './storage.js';
import { Tensor, requireTensor } from './tensor.js';

/*
 * The tape is a Wengert list: recording an op appends one node with the next index, and a node only ever refers to
 * nodes with smaller indices. Walking reachable nodes by decreasing index is therefore a valid reverse order:
 * when a node's turn comes, every use of its outputs has already contributed. No recursion, no sorting by depth.
 */

/** One place where a gradient can go: output `output` of a recorded op, or a leaf tensor itself. */
export interface Edge {
  readonly source: TapeNode | Tensor;
  readonly output: number;
}

/**
 * May return a tensor that replaces the gradient. The gradient it is given belongs to the pass, and what it makes is freed after it:
 * to hold either, `keep(gradient.alias())`.
 */
export type GradientHook = (gradient: Tensor) => Tensor | void;

/** A value kept for backward: its storage, and where it stands on the tape (for higher orders). */
interface Saved extends Spec {
  readonly storage: Storage;
  readonly version: number;
  readonly edge: Edge | null;
}

let nextIndex = 0;

/**
 * The net under the tape: what a node saved goes back when JavaScript collects the node, whose handles were never disposed.
 * It holds storages alone. An edge would lead to a leaf, from there to its gradient, and with createGraph back to the node,
 * which then could never be collected.
 */
const net = new FinalizationRegistry<readonly Storage[]>((storages) => storages.forEach((storage) => storage.release()));

/** A recorded op: what it was called with, and what its vjp will need. */
export class TapeNode {
  readonly index = nextIndex++;
  private readonly saved = new Map<string, Saved>();
  /** Those of `saved`, for the net. */
  private readonly storages: Storage[] = [];
  private readonly hooks: GradientHook[][] = [];
  private consumed = false;
  /** Live handles on the outputs, and later nodes and saved values that lead here. */
  private references = 0;

  constructor(
    readonly op: Op,
    readonly attrs: object,
    /** Where each input's gradient goes; null for an input that wants none. */
    readonly edges: readonly (Edge | null)[],
    readonly inputs: readonly Spec[],
    readonly outputs: readonly Spec[],
  ) {
    for (const edge of edges) if (edge) retainEdge(edge);
  }

  /** Keeps a value for the vjp. An output leads back to this very node, which must not keep itself alive. */
  save(name: string, value: Tensor, edge: Edge | null): void {
    const { shape, dtype, storage } = value;
    if (this.storages.length === 0) net.register(this, this.storages, this);
    this.storages.push(storage.retain());
    this.saved.set(name, { shape, dtype, storage, version: storage.version, edge });
    if (edge && edge.source !== this) retainEdge(edge);
  }

  hooksOf(output: number): GradientHook[] {
    return (this.hooks[output] ??= []);
  }

  /** Bytes that this node keeps alive for backward. */
  get savedBytes(): number {
    let bytes = 0;
    for (const value of this.saved.values()) bytes += sizeOf(value.shape) * bytesPerElement(value.dtype);
    return bytes;
  }

  /** A saved value as a tensor, in its old place on the tape. */
  restore(name: string): Tensor {
    const value = this.saved.get(name);
    if (!value) {
      throw new AutogradError(
        this.consumed
          ? `${this.op.name}: backward for a second time, but its saved values were freed; pass { retainGraph: true } the first time`
          : `${this.op.name}: its vjp reads ${name}, which \`saves\` does not list`,
      );
    }
    if (value.storage.version !== value.version) {
      throw new AutogradError(
        `${this.op.name}: ${name} of shape [${value.shape}] was changed in place after it was saved for backward; ` +
          'call backward() before the optimiser step',
      );
    }
    return new Tensor({ ...value, storage: value.storage.retain() }, value.edge);
  }

  /** Frees what was saved. The edges stay, so a second backward can say what went wrong. */
  consume(): void {
    this.consumed = true;
    this.freeSaved();
  }

  retain(): void {
    this.references++;
  }

  /** Drops one reference. Nodes that nothing leads to any more are taken apart, parents after children. */
  release(): void {
    const unreachable: TapeNode[] = [];
    const drop = (node: TapeNode) => {
      if (--node.references === 0) unreachable.push(node);
    };
    drop(this);
    for (let node = unreachable.pop(); node; node = unreachable.pop()) {
      node.freeSaved(drop);
      for (const edge of node.edges) if (edge?.source instanceof TapeNode) drop(edge.source);
    }
  }

  private freeSaved(drop: (node: TapeNode) => void = (node) => node.release()): void {
    net.unregister(this);
    for (const { storage, edge } of this.saved.values()) {
      storage.release();
      if (edge?.source instanceof TapeNode && edge.source !== this) drop(edge.source);
    }
    this.saved.clear();
    this.storages.length = 0;
  }

  toString(): string {
    const show = (specs: readonly Spec[]) => specs.map((spec) => `[${spec.shape}]`).join(' ');
    const kept = [...this.saved].map(([name, value]) => `${name}[${value.shape}]`).join(' ') || 'nothing';
    return `#${this.index} ${this.op.name}: ${show(this.inputs)} -> ${show(this.outputs)}, saved ${kept} (${this.savedBytes} bytes)`;
  }
}

export function retainEdge(edge: Edge): void {
  if (edge.source instanceof TapeNode) edge.source.retain();
}

export function releaseEdge(edge: Edge): void {
  if (edge.source instanceof TapeNode) edge.source.release();
}

/** A node, and an edge for each of its outputs that can carry a gradient. */
export interface Recorded {
  readonly node: TapeNode;
  readonly edges: readonly (Edge | null)[];
}

/** Appends `op` to the tape. Internal. */
export function record(op: Op, attrs: object, inputs: readonly Tensor[], outputs: readonly Spec[]): Recorded {
  const node = new TapeNode(op, attrs, inputs.map((input) => input.gradientEdge()), inputs.map(specOf), outputs);
  const edges = outputs.map((spec, i) => (isDifferentiableOutput(op, i, spec) ? { source: node, output: i } : null));
  return { node, edges };
}

/** All nodes that `roots` lead to, latest first. */
export function reachable(roots: readonly Edge[]): TapeNode[] {
  const seen = new Set<TapeNode>();
  const stack: TapeNode[] = [];
  const visit = ({ source }: Edge) => {
    if (source instanceof TapeNode && !seen.has(source)) {
      seen.add(source);
      stack.push(source);
    }
  };
  roots.forEach(visit);
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const edge of node.edges) if (edge) visit(edge);
  }
  return [...seen].sort((a, b) => b.index - a.index);
}

/** The nodes that `t` was computed by, latest first: one line each, with what it saved and the bytes it holds. */
export function printTape(t: Tensor): string {
  requireTensor('printTape', 't', t);
  const edge = t.gradientEdge();
  return edge ? reachable([edge]).map(String).join('\n') : '';
}
