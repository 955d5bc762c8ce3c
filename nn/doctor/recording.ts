import type { Batch, HostArray } from '../../core/batch.js';
import { type TypedArray, isFloat } from '../../core/dtype.js';
import { scope } from '../../core/memory.js';
import { observeOps } from '../../core/observe.js';
import { getRandomState, setRandomState } from '../../core/random.js';
import { grad } from '../../core/backward.js';
import type { Tensor } from '../../core/tensor.js';
import { lossOf, upload } from '../evaluate.js';
import type { AnyModule, Module } from '../module.js';
import { remember } from '../remember.js';
import type { Loss } from '../training.js';

/** One result of one op. */
export interface OpResult extends HostArray {
  op: string;
  /** The innermost module that called it (`3 ReLU`), `the loss` or `backward`. */
  where: string;
  phase: 'model' | 'loss' | 'backward';
  /** Is it what the model gave? */
  isOutput: boolean;
}

/** A parameter that wants a gradient, and the gradient it got; null if the loss does not depend on it. */
export interface ParameterRecord {
  name: string;
  /** The module it belongs to: `0 Linear`. */
  where: string;
  values: TypedArray;
  gradient: TypedArray | null;
}

/** Everything that one forward and backward computed, on the host. */
export interface Recording {
  results: OpResult[];
  parameters: ParameterRecord[];
  outputShape: readonly number[];
  loss: number;
}

const label = (name: string, module: AnyModule) => `${name} ${module.constructor.name}`.trim();

/** Has every module put its label on `stack` while its `forward` runs. Returns a function that ends this. */
function followModules(model: Module, stack: string[]): () => void {
  const names = new Map(model.namedModules().map(([name, module]) => [module, name]));
  const undo = [...names].map(([module, name]) => {
    const own = Object.getOwnPropertyDescriptor(module, 'forward');
    const forward = module.forward;
    const follow = (...inputs: unknown[]) => {
      stack.push(label(name, module));
      try {
        return forward.apply(module, inputs);
      } finally {
        stack.pop();
      }
    };
    Object.defineProperty(module, 'forward', { value: follow, configurable: true });
    return () => (own ? Object.defineProperty(module, 'forward', own) : Reflect.deleteProperty(module, 'forward'));
  });
  return () => undo.forEach((restore) => restore());
}

/**
 * Runs model and loss once, forward and backward, and keeps every result. The model is left as it was: gradients, running
 * statistics and the random state included.
 */
export async function record(model: Module, batch: Batch, loss: Loss): Promise<Recording> {
  const random = getRandomState();
  const parameters = model.namedParameters().filter(([, t]) => t.requiresGrad);
  const owners = new Map(model.namedModules().flatMap(([name, module]) => module.ownTensors().map(([, t]) => [t, label(name, module)] as const)));

  return scope(async () => {
    const inputs = upload(batch.inputs, model);
    const targets = upload(batch.targets, model);
    const putBack = remember(model.buffers());
    const stack: string[] = [];
    let phase: OpResult['phase'] = 'model';
    const pending: (Omit<OpResult, 'data' | 'isOutput'> & { data: Promise<TypedArray>; storage: unknown })[] = [];
    const unfollow = followModules(model, stack);
    const stop = observeOps((op, outputs) => {
      for (const { dtype, shape, storage, backend } of outputs) {
        if (!isFloat(dtype)) continue;
        const where = { model: stack.at(-1) ?? 'the model', loss: 'the loss', backward: 'backward' }[phase];
        pending.push({ op: op.name, where, phase, shape, storage, data: backend.read(storage) });
      }
    });
    let output: Tensor;
    let value: Tensor;
    let gradients: (Tensor | null)[] = parameters.map(() => null);
    try {
      output = model.call(...inputs);
      phase = 'loss';
      value = lossOf('doctor', loss, output, targets);
      phase = 'backward';
      if (value.requiresGrad) gradients = grad(value, parameters.map(([, t]) => t), { allowUnused: true });
    } finally {
      stop();
      unfollow();
      putBack();
      setRandomState(random);
    }
    const records = parameters.map(async ([name, t], i): Promise<ParameterRecord> =>
      ({ name, where: owners.get(t)!, values: await t.data(), gradient: (await gradients[i]?.data()) ?? null }));
    const results = pending.map(async ({ data, storage, ...rest }): Promise<OpResult> =>
      ({ ...rest, data: await data, isOutput: storage === output.storage }));
    return {
      results: await Promise.all(results), parameters: await Promise.all(records), outputShape: output.shape, loss: await value.item(),
    };
  });
}
