import type { DeviceName } from '../core/backend.js';
import type { DType } from '../core/dtype.js';
import { TapegradError } from '../core/errors.js';
import { noGrad } from '../core/gradMode.js';
import { keep } from '../core/memory.js';
import { readOptions, show } from '../core/options.js';
import type { Shape } from '../core/shape.js';
import { INSPECT, Tensor, describeTensor, isLike } from '../core/tensor.js';
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
 * Base of layers and models. A subclass keeps its tensors and submodules in attributes, or in arrays there, nested or not, and
 * computes in `forward`. They are found by looking: a tensor that requires a gradient is a parameter, one marked by `buffer()` a
 * buffer. Not looked into: private `#fields`, other objects, Map and Set; a module that is kept there is not trained. PyTorch's
 * name: `nn.Module`.
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
    return this.parts().filter((part): part is [string, AnyModule] => part[1] instanceof Module);
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
    requireState(this, state);
    noGrad(() => {
      for (const [name, t] of this.namedTensors()) {
        if (state[name].storage !== t.storage) assign(t, state[name]);
      }
    });
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
    for (const [, module] of this.namedModules()) replaceTensors(module, moved);
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

  /** This module's own parameters and buffers by attribute; those in an array as `name.0`, `name.1` ... */
  ownTensors(): [string, Tensor][] {
    return this.parts().filter((part): part is [string, Tensor] => part[1] instanceof Tensor && (isParameter(part[1]) || isBuffer(part[1])));
  }

  /** Every tensor and module of its own, by attribute. */
  private parts(): [string, Tensor | AnyModule][] {
    return Object.entries(this).flatMap(([name, value]) => partsOf(name, value));
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

/** The tensors and modules in an attribute: itself, or those of an array as `name.0`, `name.1` ... */
function partsOf(name: string, value: unknown): [string, Tensor | AnyModule][] {
  if (value instanceof Tensor || value instanceof Module) return [[name, value]];
  return Array.isArray(value) ? value.flatMap((item, i) => partsOf(`${name}.${i}`, item)) : [];
}

/** Puts the copies of tensors where `partsOf` finds the tensors. */
function replaceTensors(holder: object, copies: ReadonlyMap<Tensor, Tensor>): void {
  for (const [key, value] of Object.entries(holder)) {
    if (Array.isArray(value)) replaceTensors(value, copies);
    else if (copies.has(value)) Object.assign(holder, { [key]: copies.get(value) });
  }
}

/** Throws unless `value` is a module. */
export function requireModule(where: string, name: string, value: unknown): asserts value is AnyModule {
  if (value instanceof Module) return;
  throw new TapegradError(`${where}: ${name} must be a module, a Linear say or a Sequential, got ${show(value)}`);
}

/** Throws unless `state` has a tensor for each parameter and buffer of `module`, and nothing else: what `loadStateDict` takes. */
function requireState(module: AnyModule, state: Readonly<Record<string, unknown>>): asserts state is Record<string, Tensor> {
  if (typeof state !== 'object' || state === null) throw new TapegradError(`loadStateDict: the state must hold tensors by name, got ${show(state)}`);
  const own = module.stateDict();
  const describe = (value: unknown) => (value instanceof Tensor ? describeTensor(value) : show(value));
  const missing = Object.keys(own).filter((name) => !(name in state));
  const unexpected = Object.keys(state).filter((name) => !(name in own));
  const wrong = Object.keys(own).filter((name) => name in state && !(state[name] instanceof Tensor && isLike(own[name], state[name])));
  const problems = [
    ...(missing.length > 0 ? [`missing ${missing.join(', ')}`] : []),
    ...(unexpected.length > 0 ? [`unexpected ${unexpected.join(', ')}`] : []),
    ...wrong.map((name) => `${name} is ${describe(state[name])}, wanted ${describeTensor(own[name])}`),
  ];
  if (problems.length > 0) throw new TapegradError(`loadStateDict: the state does not fit this module: ${problems.join('; ')}`);
}
