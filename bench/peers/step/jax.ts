import type { DeviceName } from '../../../index.js';
import { permuteAxes } from '../hostTensor.js';
import { type JaxBackend, type JaxEngine, jaxBackend, jaxVersion, openJax } from '../jax.js';
import type { Contender } from './contender.js';
import { ADAM, CLASSES, type ParameterName, initialParameters, trainingBatches } from './workload.js';

/** jax-js: its webgpu backend, or wasm. The whole step is one jitted function, as its authors advise. */
export function jax(device: DeviceName): Contender {
  return new Jax(device);
}

type Values = Record<ParameterName, NdArray>;
type Loss = (values: Values, x: NdArray, labels: NdArray) => NdArray;

/** What one step hands to the next. */
interface State {
  parameters: Values;
  expAvg: Values;
  expAvgSq: Values;
}

interface NdArray {
  readonly shape: number[];
  readonly ref: NdArray;
  add(other: NdArray | number): NdArray;
  sub(other: NdArray | number): NdArray;
  mul(other: NdArray | number): NdArray;
  div(other: NdArray | number): NdArray;
  reshape(shape: number[]): NdArray;
  sum(): NdArray;
  jsAsync(): Promise<number>;
  dispose(): void;
}

/** What is used of `@jax-js/jax`. */
interface Engine extends JaxEngine {
  blockUntilReady(state: State): Promise<unknown>;
  jit<Args extends unknown[], Result>(f: (...args: Args) => Result): ((...args: Args) => Result) & { dispose(): void };
  valueAndGrad(loss: Loss): (...args: Parameters<Loss>) => [loss: NdArray, gradients: Values];
  readonly tree: { ref(values: Values): Values; dispose(state: State): void };
  readonly numpy: {
    readonly int32: 'int32';
    array(values: number | Float32Array | Int32Array, options?: { shape?: number[]; dtype?: 'int32' }): NdArray;
    zeros(shape: number[]): NdArray;
    dot(a: NdArray, b: NdArray): NdArray;
    max(x: NdArray): NdArray;
    sqrt(x: NdArray): NdArray;
    square(x: NdArray): NdArray;
  };
  readonly lax: {
    convGeneralDilated(x: NdArray, weight: NdArray, strides: number[], padding: 'VALID'): NdArray;
    reduceWindow(x: NdArray, reduce: (window: NdArray) => NdArray, size: number[], strides: number[]): NdArray;
  };
  readonly nn: {
    logSoftmax(x: NdArray): NdArray;
    oneHot(labels: NdArray, classes: number): NdArray;
    relu(x: NdArray): NdArray;
  };
}

/** Its functions consume their arguments; `.ref` keeps one for a further use. */
class Jax implements Contender {
  readonly name: string;
  readonly version = jaxVersion();
  private readonly backend: JaxBackend;
  private readonly batches = trainingBatches();
  private steps = 0;
  private engine!: Engine;
  private state!: State;
  private train!: ReturnType<typeof makeTrainStep>;

  constructor(device: DeviceName) {
    this.backend = jaxBackend(device);
    this.name = `jax-js ${this.backend}`;
  }

  async prepare(): Promise<void> {
    const engine = (this.engine = await openJax<Engine>(this.backend));
    const { numpy: np } = engine;
    const host = initialParameters();
    for (const name of ['7.weight', '9.weight'] as const) host[name] = permuteAxes(host[name], [1, 0]);
    for (const name of ['0.bias', '3.bias'] as const) host[name] = { shape: [host[name].shape[0], 1, 1], data: host[name].data };
    const each = (make: (name: ParameterName) => NdArray) =>
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
  const block = (x: NdArray, weight: NdArray, bias: NdArray) =>
    lax.reduceWindow(nn.relu(lax.convGeneralDilated(x, weight, [1, 1], 'VALID').add(bias)), np.max, [2, 2], [2, 2]);

  const lossOf: Loss = (v, x, labels) => {
    const features = block(block(x, v['0.weight'], v['0.bias']), v['3.weight'], v['3.bias']);
    const hidden = nn.relu(np.dot(features.reshape([labels.shape[0], -1]), v['7.weight']).add(v['7.bias']));
    const logits = np.dot(hidden, v['9.weight']).add(v['9.bias']);
    const scale = -1 / labels.shape[0];
    return nn.logSoftmax(logits).mul(nn.oneHot(labels, CLASSES)).sum().mul(scale);
  };

  /** p -= lr * (m / correction1) / (sqrt(v / correction2) + eps), corrections 1 - beta^step. */
  const trainStep = (
    { parameters, expAvg, expAvgSq }: State, x: NdArray, labels: NdArray, correction1: NdArray, correction2: NdArray,
  ): [NdArray, State] => {
    const [loss, gradients] = valueAndGrad(lossOf)(tree.ref(parameters), x, labels);
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
