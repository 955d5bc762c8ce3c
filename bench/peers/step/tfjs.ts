import type { DeviceName } from '../../../index.js';
import { permuteAxes } from '../hostTensor.js';
import { type TfjsEngine, openTfjs, tfjsVersion } from '../tfjs.js';
import type { Contender } from './contender.js';
import { ADAM, CLASSES, type ParameterName, initialParameters, trainingBatches } from './workload.js';

/** TensorFlow.js: its webgpu backend, or plain JavaScript. Its wasm backend has no gradients of conv2d. */
export function tfjs(device: DeviceName): Contender {
  return new Tfjs(device);
}

interface Tensor {
  readonly shape: number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

interface Adam {
  minimize(loss: () => Tensor, returnCost: true, variables: Tensor[]): Tensor | null;
  dispose(): void;
}

/** What is used of `@tensorflow/tfjs`. */
interface Engine extends TfjsEngine {
  readonly train: { adam(lr: number, beta1: number, beta2: number, eps: number): Adam };
  readonly losses: { softmaxCrossEntropy(labels: Tensor, logits: Tensor): Tensor };
  tidy(body: () => Tensor): Tensor;
  tensor(values: Float32Array | Int32Array, shape: number[], dtype?: 'int32'): Tensor;
  variable(initial: Tensor): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  conv2d(x: Tensor, weight: Tensor, stride: number, padding: 'valid'): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  maxPool(x: Tensor, size: number, stride: number, padding: 'valid'): Tensor;
  oneHot(labels: Tensor, classes: number): Tensor;
  relu(x: Tensor): Tensor;
  reshape(x: Tensor, shape: number[]): Tensor;
}

/** It differentiates convolutions in NHWC only: kernels are [height, width, in, out], dense weights [in, out]. */
class Tfjs implements Contender {
  readonly name: string;
  readonly version = tfjsVersion();
  private readonly batches = trainingBatches();
  private tf!: Engine;
  private variables!: Record<ParameterName, Tensor>;
  private optimizer!: Adam;

  constructor(private readonly device: DeviceName) {
    this.name = `tfjs ${device}`;
  }

  async prepare(): Promise<void> {
    const tf = (this.tf = await openTfjs<Engine>(this.device));
    const host = initialParameters();
    for (const name of ['0.weight', '3.weight'] as const) host[name] = permuteAxes(host[name], [2, 3, 1, 0]);
    // Its rows follow the flattened image, whose channels come last here.
    const firstDense = permuteAxes({ shape: [128, 64, 5, 5], data: host['7.weight'].data }, [2, 3, 1, 0]);
    host['7.weight'] = { shape: [1600, 128], data: firstDense.data };
    host['9.weight'] = permuteAxes(host['9.weight'], [1, 0]);
    const variables = Object.entries(host).map(([name, { shape, data }]) => [name, tf.variable(tf.tensor(data, [...shape]))]);
    this.variables = Object.fromEntries(variables);
    this.optimizer = tf.train.adam(ADAM.lr, ADAM.beta1, ADAM.beta2, ADAM.eps);
  }

  async step(): Promise<number> {
    const { tf, variables, optimizer } = this;
    const batch = this.batches.next().value;
    const loss = tf.tidy(() => {
      // One channel: NCHW and NHWC are the same bytes.
      const x = tf.tensor(batch.inputs, [batch.targets.length, 28, 28, 1]);
      const labels = tf.oneHot(tf.tensor(batch.targets, [batch.targets.length], 'int32'), CLASSES);
      return optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, this.forward(x)), true, Object.values(variables))!;
    });
    const [value] = await loss.data();
    loss.dispose();
    return value;
  }

  dispose(): void {
    Object.values(this.variables).forEach((variable) => variable.dispose());
    this.optimizer.dispose();
    this.tf.removeBackend(this.device);
  }

  private forward(x: Tensor): Tensor {
    const { tf, variables: v } = this;
    const block = (input: Tensor, weight: Tensor, bias: Tensor) =>
      tf.maxPool(tf.relu(tf.add(tf.conv2d(input, weight, 1, 'valid'), bias)), 2, 2, 'valid');
    const features = block(block(x, v['0.weight'], v['0.bias']), v['3.weight'], v['3.bias']);
    const hidden = tf.relu(tf.add(tf.matMul(tf.reshape(features, [x.shape[0], -1]), v['7.weight']), v['7.bias']));
    return tf.add(tf.matMul(hidden, v['9.weight']), v['9.bias']);
  }
}
