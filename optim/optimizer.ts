import { TapegradError } from '../core/errors.js';
import { noGrad } from '../core/gradMode.js';
import { keep } from '../core/memory.js';
import { readOptions, requireArray, requireOptions, show } from '../core/options.js';
import { Tensor, requireTensor } from '../core/tensor.js';
import { assign } from '../kernels/assign/op.js';
import { full } from '../kernels/fill/op.js';
import { StateReader } from './stateReader.js';

/** Parameters to optimise: a list, or groups with options of their own. */
export type Params<Options> = readonly Tensor[] | readonly (Group & Options)[];

type Group = { readonly params: readonly Tensor[] };

/** Parameters that share their settings. A scheduler changes `settings.lr`. */
export interface ParameterGroup<Settings> {
  readonly params: readonly Tensor[];
  readonly settings: Settings;
}

/** What an optimiser remembers of one parameter. */
export interface ParameterState {
  /** Steps taken. */
  step: number;
  /** By name, of the parameter's shape. */
  readonly tensors: Record<string, Tensor>;
}

/**
 * Everything that, with the parameters, an optimiser needs to continue: tensors as `3.expAvg` (of the fourth parameter),
 * numbers as `3.step` and `groups.0.lr`.
 */
export interface OptimizerState {
  tensors: Record<string, Tensor>;
  numbers: Record<string, number>;
}

/** Throws unless `value` is a number from 0 to below `limit`. `where` is an optimiser, or a schedule. */
export function requireSetting(where: string, name: string, value: unknown, limit = Infinity): void {
  if (typeof value === 'number' && value >= 0 && value < limit) return;
  const range = limit === Infinity ? 'a finite number from 0' : `from 0 to below ${limit}`;
  throw new TapegradError(`${where}: ${name} must be ${range}, got ${show(value)}`);
}

/** The two averages of the Adam family: each beta must be from 0 to below 1. */
export function readBetas(optimizer: string, betas: readonly [number, number]): { beta1: number; beta2: number } {
  requireArray(optimizer, 'betas', betas);
  const [beta1, beta2] = betas;
  requireSetting(optimizer, 'betas[0]', beta1, 1);
  requireSetting(optimizer, 'betas[1]', beta2, 1);
  return { beta1, beta2 };
}

/**
 * Base of the optimisers: groups, gradients, state. PyTorch's name: `torch.optim.Optimizer`.
 * A subclass says which settings its options stand for, which state tensors they need, and how a parameter is changed.
 */
export abstract class Optimizer<Options extends object, Settings extends { lr: number }> {
  readonly groups: readonly ParameterGroup<Settings>[];
  private states = new Map<Tensor, ParameterState>();

  constructor(params: Params<Options>, options = {} as Options) {
    this.groups = this.makeGroups(params, options);
    this.checkParameters();
  }

  /** Named in errors. */
  protected abstract get name(): string;

  /** Options with their defaults, checked. */
  protected abstract settingsFor(options: Options): Settings;

  /** Options with their defaults. Numbers must be finite and not below 0; those that `fractions` names, below 1. */
  protected read(options: Options, defaults: Required<Options>, fractions: readonly string[] = []): Required<Options> {
    const settings = readOptions(this.name, options, defaults) as Required<Options>;
    for (const [name, fallback] of Object.entries(defaults)) {
      if (typeof fallback !== 'number') continue;
      requireSetting(this.name, name, settings[name as keyof Options], fractions.includes(name) ? 1 : Infinity);
    }
    return settings;
  }

  /** Names of the state tensors that a parameter needs under `settings`. */
  protected abstract stateNames(settings: Settings): readonly string[];

  /** What the state tensors are filled with before the first step. */
  protected initialState(_settings: Settings): number {
    return 0;
  }

  /** Changes one parameter in place. `state.step` counts this step already. */
  protected abstract update(parameter: Tensor, gradient: Tensor, state: ParameterState, settings: Settings): void;

  /** The learning rate of the first group; setting it sets that of every group. */
  get lr(): number {
    return this.groups[0].settings.lr;
  }

  set lr(value: number) {
    requireSetting(this.name, 'lr', value);
    for (const { settings } of this.groups) settings.lr = value;
  }

  /** Changes every parameter that has a gradient. */
  step(): void {
    noGrad(() => {
      for (const { params, settings } of this.groups) {
        for (const parameter of params) {
          if (!parameter.grad) continue;
          const state = this.stateOf(parameter, settings);
          state.step++;
          this.update(parameter, parameter.grad, state, settings);
        }
      }
    });
  }

  /** Drops the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.zeroGrad();
  }

  /** The state by name. The tensors are the optimiser's own: they change with each step, and are not to be disposed. */
  stateDict(): OptimizerState {
    const tensors: [string, Tensor][] = [];
    const numbers: [string, number][] = [];
    this.groups.forEach(({ settings }, g) => {
      for (const [name, value] of Object.entries(settings)) numbers.push([`groups.${g}.${name}`, Number(value)]);
    });
    this.parameters().forEach((parameter, i) => {
      const state = this.states.get(parameter);
      if (!state) return;
      numbers.push([`${i}.step`, state.step]);
      for (const [name, tensor] of Object.entries(state.tensors)) tensors.push([`${i}.${name}`, tensor]);
    });
    return { tensors: Object.fromEntries(tensors), numbers: Object.fromEntries(numbers) };
  }

  /**
   * Takes over a state saved by `stateDict()` of an optimiser for parameters of the same shapes in the same order;
   * settings included. Values are copied. Throws, and changes nothing, if anything is missing, left over or misshapen.
   */
  loadStateDict(state: OptimizerState): void {
    const reader = new StateReader(this.name, state);
    const settings = this.groups.map((group, g) => readSettings(reader, `groups.${g}`, group.settings));
    const saved: { parameter: Tensor; step: number; tensors: [string, Tensor][] }[] = [];
    let index = 0;
    this.groups.forEach(({ params }, g) => {
      for (const parameter of params) {
        const prefix = `${index++}.`;
        if (!reader.has(`${prefix}step`)) continue;
        const tensors = this.stateNames(settings[g]).map((name): [string, Tensor] => [name, reader.tensor(prefix + name, parameter)]);
        saved.push({ parameter, step: reader.number(`${prefix}step`), tensors });
      }
    });
    reader.finish();

    // Copied before anything is freed: the state may be this optimiser's own.
    const states = saved.map(({ parameter, step, tensors }): [Tensor, ParameterState] => {
      const copies = tensors.map(([name, tensor]) => [name, copyState(tensor)]);
      return [parameter, { step, tensors: Object.fromEntries(copies) }];
    });
    this.dispose();
    this.states = new Map(states);
    this.groups.forEach((group, g) => Object.assign(group.settings, settings[g]));
  }

  /** Frees the state; the parameters stay. The next step would start afresh. */
  dispose(): void {
    for (const { tensors } of this.states.values()) Object.values(tensors).forEach((tensor) => tensor.dispose());
    this.states.clear();
  }

  private parameters(): Tensor[] {
    return this.groups.flatMap(({ params }) => params);
  }

  private stateOf(parameter: Tensor, settings: Settings): ParameterState {
    let state = this.states.get(parameter);
    if (!state) this.states.set(parameter, (state = { step: 0, tensors: {} }));
    for (const name of this.stateNames(settings)) state.tensors[name] ??= makeState(parameter, this.initialState(settings));
    return state;
  }

  private makeGroups(params: Params<Options>, options: Options): ParameterGroup<Settings>[] {
    requireOptions(this.name, options); // spread below, where a learning rate in their place would vanish
    return this.groupsOf(params).map(({ params, ...own }) => {
      return { params: [...params], settings: this.settingsFor({ ...options, ...own }) };
    });
  }

  /** What was given as groups; a list is one. */
  private groupsOf(params: Params<Options>): readonly (Group & Options)[] {
    requireArray(this.name, 'params', params);
    const grouped = params.every((entry) => !(entry instanceof Tensor));
    const groups = (grouped ? params : [{ params }]) as readonly (Group & Options)[];
    groups.forEach((group, g) => {
      requireArray(this.name, `params of group ${g}`, group?.params);
      group.params.forEach((parameter, i) => requireTensor(this.name, `parameter ${i} of group ${g}`, parameter));
    });
    return groups;
  }

  private checkParameters(): void {
    const parameters = this.parameters();
    if (parameters.length === 0) throw new TapegradError(`${this.name}: there are no parameters to optimise`);
    parameters.forEach((parameter, i) => {
      if (!parameter.isLeaf) {
        throw new TapegradError(`${this.name}: parameter ${i} of shape [${parameter.shape}] is the result of an op; give leaf tensors`);
      }
      if (parameters.indexOf(parameter) !== i) {
        throw new TapegradError(`${this.name}: parameter ${i} of shape [${parameter.shape}] is listed twice`);
      }
    });
  }
}

/** A tensor like `parameter` filled with `value`, which no scope frees. */
function makeState({ shape, dtype, device }: Tensor, value: number): Tensor {
  return keep(full(shape, value, { dtype, device }));
}

function copyState(source: Tensor): Tensor {
  const copy = makeState(source, 0);
  noGrad(() => assign(copy, source));
  return copy;
}

/** Saved settings under `prefix`, as many and of the same types as `like`. */
function readSettings<Settings extends object>(reader: StateReader, prefix: string, like: Settings): Settings {
  const saved = Object.entries(like).map(([name, value]) => {
    const number = reader.number(`${prefix}.${name}`);
    return [name, typeof value === 'boolean' ? number !== 0 : number];
  });
  return Object.fromEntries(saved) as Settings;
}
