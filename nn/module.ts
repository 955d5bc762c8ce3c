import type { DeviceName } from '../core/backend.js';
import type { DType } from '../core/dtype.js';
import { TapegradError } from '../core/errors.js';
import { noGrad } from '../core/gradMode.js';
import { keep } from '../core/memory.js';
import { readOptions } from '../core/options.js';
import { type Shape, sameShape } from '../core/shape.js';
import { INSPECT, Tensor } from '../core/tensor.js';
import { assign } from '../kernels/assign/op.js';
import { summarize } from './summary.js';

const markedParameters = new WeakSet<Tensor>();
const markedBuffers = new WeakSet<Tensor>();

/**
 * Makes a leaf tensor a parameter: it requires a gradient, no scope frees it, and it stays a parameter when frozen by
 * `requiresGrad = false`. PyTorch's name: `nn.Parameter`.
 */
export function parameter(t: Tensor): Tensor {
  keep(t).requiresGrad = true;
  markedParameters.add(t);
  return t;
}

/** Makes a tensor a buffer: saved with the module, moved with it, never trained. PyTorch's name: `register_buffer`. */
export function buffer(t: Tensor): Tensor {
  markedBuffers.add(keep(t));
  return t;
}

const isBuffer = (t: Tensor) => markedBuffers.has(t);
const isParameter = (t: Tensor) => markedParameters.has(t) || (t.isLeaf && t.requiresGrad && !isBuffer(t));

/** Sees the inputs and the output of one `call()`; of several outputs the first. */
export type ForwardHook = (module: Module, inputs: readonly Tensor[], output: Tensor) => void;

/** What `forward` may give: a tensor, or a list that starts with one (LSTM: output and state). */
export type ModuleOutput = Tensor | readonly [Tensor, ...unknown[]];

/** A module that takes and gives anything. */
export type AnyModule = Module<any[], any>;

/**
 * Base of layers and models. A subclass keeps its tensors and submodules in attributes, or submodules in arrays, and
 * computes in `forward`. Attributes are found by looking: a tensor that requires a gradient is a parameter, one marked
 * by `buffer()` a buffer. PyTorch's name: `nn.Module`.
 *
 *     class Residual extends Module {
 *       layers = [new Linear(8, 8), new Linear(8, 8)]; // parameters layers.0.weight, layers.0.bias ...
 *       forward(x: Tensor) { return x.add(this.layers[1].call(this.layers[0].call(x).relu())); }
 *     }
 */
export abstract class Module<Inputs extends unknown[] = Tensor[], Output extends ModuleOutput = Tensor> {
  /** Dropout and batch normalisation behave differently in training; see `train()` and `eval()`. */
  training = true;
  private readonly forwardHooks = new Set<ForwardHook>();

  abstract forward(...inputs: Inputs): Output;

  /** Runs `forward`, then the hooks. Layers call each other by this. PyTorch's name: `__call__`. */
  call(...inputs: Inputs): Output {
    const output = this.forward(...inputs);
    if (this.forwardHooks.size > 0) {
      const first = output instanceof Tensor ? output : output[0];
      const tensors = inputs.filter((input) => input instanceof Tensor);
      for (const hook of this.forwardHooks) hook(this as AnyModule, tensors, first);
    }
    return output;
  }

  /** Does someone watch what `call()` gives? */
  get hasForwardHooks(): boolean {
    return this.forwardHooks.size > 0;
  }

  /** Calls `hook` after every `call()`. Returns a function that removes it. */
  registerForwardHook(hook: ForwardHook): () => void {
    this.forwardHooks.add(hook);
    return () => this.forwardHooks.delete(hook);
  }

  /** Direct submodules by name; those in an array as `name.0`, `name.1` ... */
  namedChildren(): [string, AnyModule][] {
    return Object.entries(this).flatMap(([name, value]): [string, AnyModule][] => {
      if (value instanceof Module) return [[name, value]];
      if (!Array.isArray(value)) return [];
      return value.flatMap((item, i): [string, AnyModule][] => (item instanceof Module ? [[`${name}.${i}`, item]] : []));
    });
  }

  /** This module (named '') and all below it, parents first; a shared one under each of its names. */
  namedModules(prefix = ''): [string, AnyModule][] {
    const children = this.namedChildren().flatMap(([name, child]) => child.namedModules(joinName(prefix, name)));
    return [[prefix, this], ...children];
  }

  /** Parameters by name, `0.weight` in a Sequential; a shared one under its first name. */
  namedParameters(): [string, Tensor][] {
    return firstNames(this.namedTensors().filter(([, t]) => isParameter(t)));
  }

  parameters(): Tensor[] {
    return this.namedParameters().map(([, t]) => t);
  }

  /** Buffers by name: running statistics and their kin. */
  namedBuffers(): [string, Tensor][] {
    return firstNames(this.namedTensors().filter(([, t]) => isBuffer(t)));
  }

  buffers(): Tensor[] {
    return this.namedBuffers().map(([, t]) => t);
  }

  /** Switches this module and all below it to training mode, or off it. */
  train(training = true): this {
    for (const [, module] of this.namedModules()) module.training = training;
    return this;
  }

  /** Switches to evaluation mode: no dropout, running statistics. */
  eval(): this {
    return this.train(false);
  }

  /** Drops the gradients of all parameters. */
  zeroGrad(): void {
    for (const t of this.parameters()) t.zeroGrad();
  }

  /** Parameters and buffers by name. They are the module's own: they change with training, and are not to be disposed. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries(this.namedTensors());
  }

  /**
   * Copies the values of `state` into the parameters and buffers of the same names. Throws, and changes nothing, unless
   * names, shapes, dtypes and devices all agree.
   */
  loadStateDict(state: Record<string, Tensor>): void {
    const own = this.stateDict();
    const missing = Object.keys(own).filter((name) => !(name in state));
    const unexpected = Object.keys(state).filter((name) => !(name in own));
    const wrong = Object.keys(own).filter((name) => name in state && !isLike(own[name], state[name]));
    const problems = [
      ...(missing.length > 0 ? [`missing ${missing.join(', ')}`] : []),
      ...(unexpected.length > 0 ? [`unexpected ${unexpected.join(', ')}`] : []),
      ...wrong.map((name) => `${name} is ${show(state[name])}, wanted ${show(own[name])}`),
    ];
    if (problems.length > 0) throw new TapegradError(`loadStateDict: the state does not fit this module: ${problems.join('; ')}`);
    for (const [name, t] of Object.entries(own)) {
      if (state[name].storage !== t.storage) noGrad(() => assign(t, state[name]));
    }
  }

  /**
   * Moves parameters and buffers to another device, without their gradients. They become other tensors: make optimisers
   * afterwards. PyTorch's name: `module.to`.
   */
  async to(device: DeviceName): Promise<this> {
    const moved = new Map<Tensor, Tensor>();
    for (const t of new Set(Object.values(this.stateDict()))) {
      if (t.device === device) continue;
      const copy = await t.toDevice(device);
      if (isBuffer(t)) buffer(copy);
      else parameter(copy).requiresGrad = t.requiresGrad;
      moved.set(t, copy);
    }
    for (const [, module] of this.namedModules()) {
      for (const [name, t] of module.ownTensors()) {
        const copy = moved.get(t);
        if (copy) Object.assign(module, { [name]: copy });
      }
    }
    for (const t of moved.keys()) t.dispose();
    return this;
  }

  /**
   * A table of the layers: name and type, output shape for an input of `inputShape` (batch included), parameters.
   * Runs the module once, in evaluation mode. Layers that are reached by `forward` rather than `call` show no shape.
   */
  summary(inputShape: Shape, options: { dtype?: DType } = {}): string {
    return summarize(this as AnyModule, inputShape, readOptions('summary', options, { dtype: undefined }));
  }

  /** The modules as a tree, each with the shapes of its own parameters and buffers. */
  toString(): string {
    const own = this.ownTensors().map(([name, { shape }]) => `${name} [${shape}]`).join(', ');
    const children = this.namedChildren().map(([name, child]) => `\n${name}: ${child}`.replaceAll('\n', '\n  '));
    return `${this.constructor.name}(${own}${children.join('')}${children.length > 0 ? '\n' : ''})`;
  }

  /** What `console.log` shows in Node. */
  [INSPECT](): string {
    return String(this);
  }

  /** Frees parameters, buffers and gradients. */
  dispose(): void {
    for (const t of Object.values(this.stateDict())) t.dispose();
  }

  /** This module's own parameters and buffers by attribute. */
  ownTensors(): [string, Tensor][] {
    return Object.entries(this).filter(([, value]) => value instanceof Tensor && (isParameter(value) || isBuffer(value)));
  }

  /** Parameters and buffers of all modules; a shared one under each of its names. */
  private namedTensors(): [string, Tensor][] {
    return this.namedModules().flatMap(([prefix, module]) =>
      module.ownTensors().map(([name, t]): [string, Tensor] => [joinName(prefix, name), t]));
  }
}

function joinName(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

function firstNames(named: readonly [string, Tensor][]): [string, Tensor][] {
  const seen = new Set<Tensor>();
  return named.filter(([, t]) => !seen.has(t) && seen.add(t));
}

function isLike(a: Tensor, b: Tensor): boolean {
  return sameShape(a.shape, b.shape) && a.dtype === b.dtype && a.device === b.device;
}

function show({ dtype, shape, device }: Tensor): string {
  return `${dtype} [${shape}] on ${device}`;
}
