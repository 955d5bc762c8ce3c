import { type HostTensor, permuteAxes } from '../hostTensor.js';
import { type TfjsEngine, openTfjs, tfjsVersion } from '../tfjs.js';
import { LacksOp, type LoadedRow, type OpContender, type Work, type WorkTable, workOf } from './contender.js';
import { type Layout, type Row, inputsOf } from './rows.js';

/** TensorFlow.js on WebGPU. Images are NHWC, its native order; gradients are its own kernels, called without the tape. */
export function tfjs(): OpContender {
  return new Tfjs();
}

interface Tensor {
  readonly shape: number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

interface LstmLayer {
  apply(x: Tensor): Tensor;
  /** Its variables: kernel [in, 4 hidden], recurrent kernel [hidden, 4 hidden], bias. */
  getWeights(): Tensor[];
  setWeights(weights: Tensor[]): void;
}

/** What is used of `@tensorflow/tfjs`. */
interface Engine extends TfjsEngine {
  engine(): {
    runKernel(name: string, inputs: Record<string, Tensor>, attrs: object): Tensor;
    gradients(f: () => Tensor, xs: Tensor[], dy: Tensor): { value: Tensor; grads: Tensor[] };
  };
  readonly layers: { lstm(options: object): LstmLayer };
  tidy<Result extends void | Tensor | Tensor[]>(body: () => Result): Result;
  tensor(values: Float32Array | Int32Array, shape: readonly number[], dtype: 'float32' | 'int32'): Tensor;
  add(a: Tensor, b: Tensor | number): Tensor;
  avgPool(x: Tensor, size: number, stride: number, padding: number): Tensor;
  conv2d(x: Tensor, weight: Tensor, stride: number, padding: number): Tensor;
  depthwiseConv2d(x: Tensor, weight: Tensor, stride: number, padding: number): Tensor;
  gather(x: Tensor, index: Tensor): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  maxPool(x: Tensor, size: number, stride: number, padding: number): Tensor;
  moments(x: Tensor, axis: number, keepDims: boolean): { mean: Tensor; variance: Tensor };
  mul(a: Tensor, b: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  reshape(x: Tensor, shape: number[]): Tensor;
  rsqrt(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  slice(x: Tensor, begin: number[], size: number[]): Tensor;
  softmax(x: Tensor): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  sum(x: Tensor, axis?: number): Tensor;
  tanh(x: Tensor): Tensor;
  transpose(x: Tensor): Tensor;
}

function worksOf(tf: Engine): WorkTable<Tensor> {
  const kernel = (name: string, inputs: Record<string, Tensor>, attrs: object) => tf.engine().runKernel(name, inputs, attrs);
  const common = { dataFormat: 'NHWC', dilations: 1 };
  return {
    matmul: ([a, b]) => () => tf.matMul(a, b),
    conv2d: ([x, weight], { stride, padding, groups }) => () =>
      groups === 1 ? tf.conv2d(x, weight, stride, padding) : tf.depthwiseConv2d(x, weight, stride, padding),
    conv2dGradInput([dy, filter], { stride: strides, padding: pad, groups, shape }) {
      const name = groups === 1 ? 'Conv2DBackpropInput' : 'DepthwiseConv2dNativeBackpropInput';
      const attrs = { ...common, strides, pad, inputShape: nativeShape(shape, 'image') };
      return () => kernel(name, { dy, filter }, attrs);
    },
    conv2dGradWeight([x, dy], { stride: strides, padding: pad, groups, shape }) {
      const name = groups === 1 ? 'Conv2DBackpropFilter' : 'DepthwiseConv2dNativeBackpropFilter';
      const attrs = { ...common, strides, pad, filterShape: nativeShape(shape, groups === 1 ? 'filter' : 'depthwiseFilter') };
      return () => kernel(name, { x, dy }, attrs);
    },
    maxPool2d: ([x], { size }) => () => tf.maxPool(x, size, size, 0),
    avgPool2d: ([x], { size }) => () => tf.avgPool(x, size, size, 0),
    maxPool2dGrad(held, { size }) {
      const [dy, input] = held;
      const output = tf.maxPool(input, size, size, 0);
      held.push(output);
      return () => kernel('MaxPoolGrad', { dy, input, output }, { filterSize: size, strides: size, pad: 0 });
    },
    avgPool2dGrad: ([dy, input], { size }) => () => kernel('AvgPoolGrad', { dy, input }, { filterSize: size, strides: size, pad: 0 }),
    softmax: ([x]) => () => tf.softmax(x),
    layerNorm: ([x, weight, bias]) => () => {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), weight), bias);
    },
    mulAddRelu: ([x, y, z]) => () => tf.relu(tf.add(tf.mul(x, y), z)),
    gate: ([x, y]) => () => tf.mul(tf.sigmoid(x), tf.tanh(y)),
    add: ([a, b]) => () => tf.add(a, b),
    sum: ([x], { axis }) => () => tf.sum(x, axis ?? undefined),
    transpose: ([x]) => () => tf.transpose(x),
    indexSelect: ([x, index]) => () => tf.gather(x, index),
    gather() {
      throw new LacksOp('no gather along an axis; gatherND needs the place of every value spelled out');
    },
    lstm(held) {
      const [x, kernel, recurrentKernel, bias, gradient] = held;
      const layer = tf.layers.lstm({ units: recurrentKernel.shape[0], recurrentActivation: 'sigmoid', recurrentInitializer: 'zeros', returnSequences: true });
      layer.apply(x).dispose(); // makes its variables
      layer.setWeights([kernel, recurrentKernel, bias]);
      held.push(...layer.getWeights());
      return () => {
        const { value, grads } = tf.engine().gradients(() => layer.apply(x), [x, ...layer.getWeights()], gradient);
        return [value, ...grads];
      };
    },
  };
}

type NativeLayout = Layout | 'depthwiseFilter';

/** Where each axis of its order stands in ours: [batch, height, width, channels], [height, width, in, out], [in, out]. */
const NATIVE_AXES: Record<NativeLayout, readonly number[]> = {
  image: [0, 2, 3, 1],
  filter: [2, 3, 1, 0],
  depthwiseFilter: [2, 3, 0, 1],
  dense: [1, 0],
};

const nativeShape = (shape: readonly number[], layout: NativeLayout) => NATIVE_AXES[layout].map((axis) => shape[axis]);

function axesOf(row: Row, layout: Layout): readonly number[] {
  const isDepthwise = layout === 'filter' && 'groups' in row.attrs && row.attrs.groups > 1;
  return NATIVE_AXES[isDepthwise ? 'depthwiseFilter' : layout];
}

class Tfjs implements OpContender {
  readonly name = 'tfjs webgpu';
  readonly version = tfjsVersion();
  private tf!: Engine;
  private works!: WorkTable<Tensor>;

  async prepare(): Promise<void> {
    this.tf = await openTfjs<Engine>('webgpu');
    this.works = worksOf(this.tf);
  }

  async load(row: Row): Promise<LoadedRow> {
    const { tf } = this;
    const held = inputsOf(row).map((input, i) => {
      const { layout } = row.inputs[i];
      const { data, shape } = layout ? permuteAxes(input, axesOf(row, layout)) : input;
      return tf.tensor(data, shape, data instanceof Int32Array ? 'int32' : 'float32');
    });
    const work = workOf(this.works, row, held);
    return {
      outputs: () => this.outputsOf(work, row),
      run: (calls) => this.run(work, calls),
      dispose: () => held.forEach((t) => t.dispose()),
    };
  }

  dispose(): void {
    this.tf.removeBackend('webgpu');
  }

  private async outputsOf(work: Work<Tensor>, row: Row): Promise<Float32Array[]> {
    const outputs = [this.tf.tidy(work)].flat();
    const native = await Promise.all(outputs.map(async (t): Promise<HostTensor> => ({ shape: t.shape, data: await t.data() })));
    outputs.forEach((t) => t.dispose());
    return native.map((output, i) => {
      const layout = row.layouts?.[i];
      const axes = layout ? axesOf(row, layout) : output.shape.map((_, axis) => axis);
      return permuteAxes(output, axes.map((_, axis) => axes.indexOf(axis))).data;
    });
  }

  private async run(work: Work<Tensor>, calls: number): Promise<void> {
    const { tf } = this;
    for (let i = 1; i < calls; i++) tf.tidy(() => void work());
    const first = tf.tidy(() => {
      const [output] = [work()].flat();
      return tf.slice(tf.reshape(output, [-1]), [0], [1]);
    });
    await first.data();
    first.dispose();
  }
}
