import { type JaxEngine, jaxVersion, openJax } from '../jax.js';
import { LacksOp, type LoadedRow, type OpContender, type Work, type WorkTable, workOf } from './contender.js';
import { type Row, type Works, inputsOf } from './rows.js';

/** jax-js on WebGPU, each row's work jitted. Gradients are the pullbacks of its own forward functions. */
export function jax(): OpContender {
  return new Jax();
}

interface NdArray {
  readonly ref: NdArray;
  readonly shape: number[];
  add(other: NdArray): NdArray;
  mul(other: NdArray): NdArray;
  ravel(): NdArray;
  slice(range: [number, number]): NdArray;
  sum(axis: number | null): NdArray;
  transpose(): NdArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

type Jitted = ((...args: NdArray[]) => NdArray) & { dispose(): void };
type Pullback = ((gradient: NdArray) => NdArray[]) & { dispose(): void };

/** What is used of `@jax-js/jax`. */
interface Engine extends JaxEngine {
  blockUntilReady(results: NdArray[]): Promise<unknown>;
  jit(f: (...args: NdArray[]) => NdArray): Jitted;
  vjp(f: (...args: NdArray[]) => NdArray, primals: NdArray[]): [result: NdArray, pullback: Pullback];
  readonly numpy: {
    readonly int32: 'int32';
    readonly float32: 'float32';
    array(values: Float32Array | Int32Array, options: { shape: number[]; dtype: 'int32' | 'float32' }): NdArray;
    zeros(shape: number[]): NdArray;
    matmul(a: NdArray, b: NdArray): NdArray;
    max(x: NdArray): NdArray;
    mean(x: NdArray): NdArray;
    take(x: NdArray, index: NdArray, axis: number): NdArray;
    takeAlongAxis(x: NdArray, index: NdArray, axis: number): NdArray;
    tanh(x: NdArray): NdArray;
  };
  readonly lax: {
    convGeneralDilated(
      x: NdArray, weight: NdArray, strides: number[], padding: [number, number][], options: { featureGroupCount: number },
    ): NdArray;
    reduceWindow(x: NdArray, reduce: (window: NdArray) => NdArray, size: number[], strides: number[]): NdArray;
  };
  readonly nn: {
    relu(x: NdArray): NdArray;
    sigmoid(x: NdArray): NdArray;
    softmax(x: NdArray, axis: number): NdArray;
    standardize(x: NdArray, axis: number, options: { epsilon: number }): NdArray;
  };
}

class Jax implements OpContender {
  readonly name = 'jax-js webgpu';
  readonly version = jaxVersion();
  private engine!: Engine;
  private first!: Jitted;

  async prepare(): Promise<void> {
    this.engine = await openJax<Engine>('webgpu');
    this.first = this.engine.jit((x) => x.ravel().slice([0, 1]));
  }

  async load(row: Row): Promise<LoadedRow> {
    const { numpy: np } = this.engine;
    const held = inputsOf(row).map(({ shape, data }) => np.array(data, { shape: [...shape], dtype: data instanceof Int32Array ? np.int32 : np.float32 }));
    const disposables: { dispose(): void }[] = [];
    const work = workOf(worksOf(this.engine, disposables), row, held);
    return {
      outputs: () => Promise.all([work()].flat().map((output) => output.data())),
      run: (calls) => this.run(work, calls),
      dispose: () => [...disposables, ...held].forEach((each) => each.dispose()),
    };
  }

  dispose(): void {
    this.first.dispose();
  }

  /** A result that is disposed before it was asked for is never computed: hence they are all kept until they are ready. */
  private async run(work: Work<NdArray>, calls: number): Promise<void> {
    const outputs = Array.from({ length: calls }, () => [work()].flat()[0]);
    await this.engine.blockUntilReady(outputs);
    outputs.slice(0, -1).forEach((output) => output.dispose());
    await this.first(outputs[calls - 1]).data();
  }
}

/** Its functions consume their arguments; `.ref` keeps one for a further use. Jitted functions go onto `disposables`. */
function worksOf(engine: Engine, disposables: { dispose(): void }[]): WorkTable<NdArray> {
  const { lax, nn, numpy: np } = engine;
  const jitted = (f: (...args: NdArray[]) => NdArray, inputs: NdArray[]) => {
    const compiled = engine.jit(f);
    disposables.push(compiled);
    return () => compiled(...inputs.map((input) => input.ref));
  };
  /** The gradient of f's only argument, with all that does not depend on the output's gradient computed beforehand. */
  const pulledBack = (f: (x: NdArray) => NdArray, at: NdArray, gradient: NdArray) => {
    const [result, pullback] = engine.vjp(f, [at]);
    result.dispose();
    disposables.push(pullback);
    return jitted((g) => pullback(g)[0], [gradient]);
  };
  const convolve = (x: NdArray, weight: NdArray, { stride, padding, groups }: Works['conv2d']) =>
    lax.convGeneralDilated(x, weight, [stride, stride], [[padding, padding], [padding, padding]], { featureGroupCount: groups });
  const pool = (x: NdArray, reduce: (window: NdArray) => NdArray, size: number) => lax.reduceWindow(x, reduce, [size, size], [size, size]);
  return {
    matmul: (held) => jitted(np.matmul, held),
    conv2d: (held, attrs) => jitted((x, weight) => convolve(x, weight, attrs), held),
    conv2dGradInput: ([gradient, weight], attrs) => pulledBack((x) => convolve(x, weight.ref, attrs), np.zeros([...attrs.shape]), gradient),
    conv2dGradWeight: ([x, gradient], attrs) => pulledBack((weight) => convolve(x.ref, weight, attrs), np.zeros([...attrs.shape]), gradient),
    maxPool2d: (held, { size }) => jitted((x) => pool(x, np.max, size), held),
    avgPool2d: (held, { size }) => jitted((x) => pool(x, np.mean, size), held),
    maxPool2dGrad: ([gradient, x], { size }) => pulledBack((at) => pool(at, np.max, size), x.ref, gradient),
    avgPool2dGrad: ([gradient, x], { size }) => pulledBack((at) => pool(at, np.mean, size), x.ref, gradient),
    softmax: (held) => jitted((x) => nn.softmax(x, -1), held),
    layerNorm: (held) => jitted((x, weight, bias) => nn.standardize(x, -1, { epsilon: 1e-5 }).mul(weight).add(bias), held),
    mulAddRelu: (held) => jitted((x, y, z) => nn.relu(x.mul(y).add(z)), held),
    gate: (held) => jitted((x, y) => nn.sigmoid(x).mul(np.tanh(y)), held),
    add: (held) => jitted((a, b) => a.add(b), held),
    sum: (held, { axis }) => jitted((x) => x.sum(axis), held),
    transpose: (held) => jitted((x) => x.transpose(), held),
    indexSelect: (held) => jitted((x, index) => np.take(x, index, 0), held),
    gather: (held) => jitted((x, index) => np.takeAlongAxis(x, index, 1), held),
    lstm() {
      throw new LacksOp('it has no loop that can be differentiated, and its jit does not get through 64 steps written out within minutes');
    },
  };
}
