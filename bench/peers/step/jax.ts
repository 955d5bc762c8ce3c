import type { numpy as Numpy } from '@jax-js/jax';
import type { DeviceName } from '../../../index.js';
import { versionOf } from '../../environment.js';
import { provideWebGpu } from '../webgpu.js';
import type { Contender } from './contender.js';
import { ADAM, CLASSES, type ParameterName, initialParameters, permuteAxes, trainingBatches } from './workload.js';

/** jax-js: its webgpu backend, or wasm. The whole step is one jitted function, as its authors advise. */
export function jax(device: DeviceName): Contender {
  return new Jax(device);
}

type Engine = typeof import('@jax-js/jax');
type Values = Record<ParameterName, Numpy.Array>;

/** What one step hands to the next. (An interface would be no JsTree: it has no index signature.) */
type State = { parameters: Values; expAvg: Values; expAvgSq: Values };

/** Its functions consume their arguments; `.ref` keeps one for a further use. */
class Jax implements Contender {
  readonly name: string;
  readonly version = versionOf('@jax-js/jax');
  private readonly backend: 'webgpu' | 'wasm';
  private readonly batches = trainingBatches();
  private steps = 0;
  private engine!: Engine;
  private state!: State;
  private train!: ReturnType<typeof makeTrainStep>;

  constructor(device: DeviceName) {
    this.backend = device === 'webgpu' ? 'webgpu' : 'wasm';
    this.name = `jax-js ${this.backend}`;
  }

  async prepare(): Promise<void> {
    if (this.backend === 'webgpu') provideWebGpu();
    const engine = (this.engine = await import('@jax-js/jax'));
    const ready = await engine.init(this.backend);
    if (!ready.includes(this.backend)) throw new Error(`jax-js: the backend ${this.backend} did not start`);
    engine.defaultDevice(this.backend);

    const { numpy: np } = engine;
    const host = initialParameters();
    for (const name of ['7.weight', '9.weight'] as const) host[name] = permuteAxes(host[name], [1, 0]);
    for (const name of ['0.bias', '3.bias'] as const) host[name] = { shape: [host[name].shape[0], 1, 1], data: host[name].data };
    const each = (make: (name: ParameterName) => Numpy.Array) =>
      Object.fromEntries(Object.keys(host).map((name) => [name, make(name as ParameterName)])) as Values;
    this.state = {
      parameters: each((name) => np.array(host[name].data, { shape: [...host[name].shape] })),
      expAvg: each((name) => np.zeros([...host[name].shape])),
      expAvgSq: each((name) => np.zeros([...host[name].shape])),
    };
    this.train = makeTrainStep(engine);
  }

  async step(): Promise<number> {
    const { numpy: np } = this.engine;
    const batch = this.batches.next().value;
    this.steps++;
    const x = np.array(batch.inputs, { shape: [...batch.shape] });
    const labels = np.array(batch.targets, { dtype: np.int32 });
    const corrections = [ADAM.beta1, ADAM.beta2].map((beta) => np.array(1 - beta ** this.steps));
    const [loss, state] = this.train(this.state, x, labels, corrections[0], corrections[1]);
    this.state = state;
    const value = await loss.jsAsync();
    await this.engine.blockUntilReady(state);
    return value;
  }

  dispose(): void {
    this.engine.tree.dispose(this.state);
    this.train.dispose();
  }
}

function makeTrainStep({ jit, lax, nn, numpy: np, tree, valueAndGrad }: Engine) {
  const block = (x: Numpy.Array, weight: Numpy.Array, bias: Numpy.Array) =>
    lax.reduceWindow(nn.relu(lax.convGeneralDilated(x, weight, [1, 1], 'VALID').add(bias)), np.max, [2, 2], [2, 2]);

  const lossOf = (v: Values, x: Numpy.Array, labels: Numpy.Array): Numpy.Array => {
    const features = block(block(x, v['0.weight'], v['0.bias']), v['3.weight'], v['3.bias']);
    const hidden = nn.relu(np.dot(features.reshape([labels.shape[0], -1]), v['7.weight']).add(v['7.bias']));
    const logits = np.dot(hidden, v['9.weight']).add(v['9.bias']);
    const scale = -1 / labels.shape[0];
    return nn.logSoftmax(logits).mul(nn.oneHot(labels, CLASSES)).sum().mul(scale);
  };

  /** p -= lr * (m / correction1) / (sqrt(v / correction2) + eps), corrections 1 - beta^step. */
  const trainStep = (
    { parameters, expAvg, expAvgSq }: State, x: Numpy.Array, labels: Numpy.Array, correction1: Numpy.Array, correction2: Numpy.Array,
  ): [Numpy.Array, State] => {
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(parameters), x, labels) as [Numpy.Array, Values];
    const next = { parameters: {}, expAvg: {}, expAvgSq: {} } as State;
    for (const name of Object.keys(parameters) as ParameterName[]) {
      const gradient = gradients[name];
      const m = expAvg[name].mul(ADAM.beta1).add(gradient.ref.mul(1 - ADAM.beta1));
      const v = expAvgSq[name].mul(ADAM.beta2).add(np.square(gradient).mul(1 - ADAM.beta2));
      const scale = np.sqrt(v.ref.div(correction2.ref)).add(ADAM.eps);
      next.parameters[name] = parameters[name].sub(m.ref.div(correction1.ref).mul(ADAM.lr).div(scale));
      next.expAvg[name] = m;
      next.expAvgSq[name] = v;
    }
    correction1.dispose();
    correction2.dispose();
    return [loss, next];
  };
  return jit(trainStep);
}
